// SPDX-License-Identifier: ISC
/*
 * For LD_PRELOAD: a kernel that refuses to wait for events, as one that is out
 * of memory may.
 */
#include <errno.h>
#include <sys/epoll.h>

int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
	(void)epfd;
	(void)events;
	(void)max;
	(void)timeout;
	errno = ENOMEM;
	return -1;
}
