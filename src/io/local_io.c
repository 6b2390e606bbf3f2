// SPDX-License-Identifier: ISC
/*
 * A standard stream may be shared with other programs, which must not find it
 * non-blocking: O_NONBLOCK is a property of the open file, not of the
 * descriptor.  So pipes and terminals are opened anew through /proc, which
 * gives an open file of our own; sockets are asked not to wait at each call;
 * only if neither is possible O_NONBLOCK is set, and taken back at the end.
 */
#include "io/local_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/util.h"

int local_io_line(struct local_io *e, int fd)
{
	*e = (struct local_io){.fd = fd, .given = fd};
	return fd_nonblock(fd, true);
}

int local_io_stdio(struct local_io *e, int fd, bool writing)
{
	int flags = (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC |
		    O_NOCTTY;
	struct stat st;
	char path[32];

	*e = (struct local_io){.fd = fd, .given = fd};
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISSOCK(st.st_mode)) {
		e->socket = true;
		return 0;
	}
	/* A new open file for the same pipe or terminal; but the pty
	 * multiplexer would give another pty. */
	if (S_ISFIFO(st.st_mode) ||
	    (isatty(fd) && st.st_rdev != makedev(5, 2))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		e->fd = open(path, flags);
		if (e->fd >= 0)
			return 0;
		e->fd = fd;
	}
	flags = fcntl(fd, F_GETFL);
	e->restore = flags >= 0 && !(flags & O_NONBLOCK);
	return fd_nonblock(fd, true);
}

static ssize_t read_some(const struct local_io *e, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = e->socket ? recv(e->fd, buf, len, MSG_DONTWAIT)
			      : read(e->fd, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void local_io_discard(struct local_io *e)
{
	char buf[4096];

	while (read_some(e, buf, sizeof(buf)) > 0)
		e->cut = true;
}

ssize_t local_io_read(void *ctx, void *buf, size_t len)
{
	struct local_io *e = ctx;
	ssize_t n = read_some(e, buf, len);
	const char *flag;

	if (n <= 0 || !e->cut)
		return n;
	flag = memchr(buf, 0x7e, (size_t)n);
	if (!flag)
		return -EAGAIN;
	e->cut = false;
	n -= flag - (char *)buf;
	memmove(buf, flag, (size_t)n);
	return n;
}

ssize_t local_io_write(void *ctx, const void *buf, size_t len)
{
	struct local_io *e = ctx;
	ssize_t n;

	do {
		n = e->socket
			    ? send(e->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			    : write(e->fd, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int local_io_close(void *ctx)
{
	struct local_io *e = ctx;

	if (e->socket)
		shutdown(e->fd, SHUT_WR);
	local_io_restore(e);
	if (e->given != e->fd)
		close(e->given);
	close(e->fd);
	e->fd = -1;
	e->given = -1;
	return 0;
}

void local_io_restore(struct local_io *e)
{
	if (e->restore)
		fd_nonblock(e->fd, false);
	e->restore = false;
}
