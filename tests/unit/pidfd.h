/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_PIDFD_H
#define SSHDIAL_PIDFD_H

/*
 * Valgrind 3.19 lacks pidfd_open(2).  This one takes the place of libc's
 * in a test: if the kernel seems not to have it, a process of its own looks in
 * /proc until the child is a zombie, and then the pipe that we return ends.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool has_not_ended(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state != 'Z';
}

int pidfd_open(pid_t pid, unsigned int flags)
{
	long fd = syscall(SYS_pidfd_open, pid, flags);
	pid_t first;
	int end[2];

	if (fd >= 0 || errno != ENOSYS || pipe2(end, O_CLOEXEC) < 0)
		return (int)fd;
	first = fork();
	if (!first) {
		if (fork())
			_exit(0);
		while (has_not_ended(pid))
			usleep(10000);
		_exit(0);
	}
	close(end[1]);
	waitpid(first, NULL, 0);
	return end[0];
}

#endif
