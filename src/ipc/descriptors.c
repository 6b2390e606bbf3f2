// SPDX-License-Identifier: ISC
#include "ipc/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE (DESCRIPTORS_SENT_MAX * sizeof(int))

int descriptors_send(int fd, const void *buf, size_t len, const int *sent,
		     size_t n)
{
	union {
		const void *from;
		void *to;
	} b = {.from = buf}; /* sendmsg(2) does not write there */
	struct iovec bytes = {.iov_base = b.to, .iov_len = len};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(SIZE)] = {0};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t rc;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), sent, n * sizeof(int));
	do {
		rc = sendmsg(fd, &m, MSG_NOSIGNAL);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

/*
 * The buffer's length is CMSG_LEN, not CMSG_SPACE: the latter is padded to
 * whole words, and the kernel would put one descriptor more into the padding
 * without setting MSG_CTRUNC.  With CMSG_LEN the kernel installs
 * DESCRIPTORS_SENT_MAX at most and drops the others itself.
 */
ssize_t descriptors_receive(int fd, void *buf, size_t size, int *received,
			    size_t *n)
{
	struct iovec bytes = {.iov_base = buf, .iov_len = size};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(SIZE)];
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_LEN(SIZE)};
	struct cmsghdr *c;
	ssize_t rc;

	*n = 0;
	do {
		rc = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		memcpy(received, CMSG_DATA(c), len);
		*n = len / sizeof(int);
	}
	/* A record that was cut off is no record, but what came with it is
	 * open already. */
	if (!(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return rc;
	descriptors_close(received, *n);
	*n = 0;
	return -EMSGSIZE;
}

void descriptors_close(const int *received, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(received[i]);
}
