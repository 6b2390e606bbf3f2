/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_LOCAL_IO_H
#define SSHDIAL_IO_LOCAL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A local end of a pump: a line, or a standard stream of exec.  A standard
 * stream may be shared with other programs, which must not find it
 * non-blocking: pipes and terminals are opened anew, sockets are asked
 * not to wait at each call, and only where neither can be done is O_NONBLOCK
 * set and taken back at the end.
 */
struct local_io {
	int fd;
	int given; /* the descriptor that we were given */
	bool socket;
	bool restore;
	bool stale; /* a line: skip to the next frame */
};

/* A line: set non-blocking as it is. 0 or -errno. */
int local_io_line(struct local_io *e, int fd);

/* A standard stream; writing tells its direction.  0 or -errno. */
int local_io_stdio(struct local_io *e, int fd, bool writing);

/*
 * Drops what waits to be read on a line, and what follows of the frame that
 * this has cut: reading goes on at the next flag (7e, RFC 1662, 3.1).
 */
void local_io_discard(struct local_io *e);

/* For pumps; ctx is a struct local_io. */
ssize_t local_io_read(void *ctx, void *buf, size_t len);
ssize_t local_io_write(void *ctx, const void *buf, size_t len);

/* Closes it, so that the program at the other side sees the end.  0. */
int local_io_close(void *ctx);

/* Takes back O_NONBLOCK where we set it. */
void local_io_restore(struct local_io *e);

#endif
