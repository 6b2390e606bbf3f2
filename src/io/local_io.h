/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_LOCAL_IO_H
#define SSHDIAL_IO_LOCAL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The local descriptor of a pump: a line (a pty or pipe of pppd), or a standard
 * stream.  Reads and writes never wait.
 */
struct local_io {
	int fd;	      /* to read and write; -1 once it is closed */
	int given;    /* the descriptor that it was made from */
	bool socket;  /* to be asked not to wait at each call */
	bool restore; /* O_NONBLOCK is ours, to be taken back */
	bool cut;     /* a line: skip to the beginning of a frame */
};

/* Makes one of a line, which becomes non-blocking.  0 or -errno. */
int local_io_line(struct local_io *e, int fd);

/* Makes one of a standard stream that is read or, if `writing', written.  0 or
 * -errno. */
int local_io_stdio(struct local_io *e, int fd, bool writing);

/*
 * Drops all that waits to be read on a line, and the rest of the frame that
 * this has cut: reading goes on at the next flag (7e, RFC 1662, 3.1).
 */
void local_io_discard(struct local_io *e);

/* For pumps, as struct pump_source has it; ctx is a struct local_io. */
ssize_t local_io_read(void *ctx, void *buf, size_t len);

/* For pumps, as struct pump_sink has it. */
ssize_t local_io_write(void *ctx, const void *buf, size_t len);

/* For pumps: closes it, so that the program at the other side sees the end.
 * Always 0. */
int local_io_close(void *ctx);

/* Takes back O_NONBLOCK if it was set here. */
void local_io_restore(struct local_io *e);

#endif
