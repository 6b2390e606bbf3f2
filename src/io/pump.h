/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_PUMP_H
#define SSHDIAL_IO_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "io/ring.h"

/*
 * A pump moves bytes one way, from a source to a sink, through a ring.  It
 * knows neither: a pty, a pipe, an SSH channel and a test are the same to it.
 * It allocates nothing and never waits.  It reads the source only while
 * PUMP_READ_MIN bytes of the ring are free, so that writes to the sink are
 * large.  No function of a source or sink may return -EINTR: it would end the
 * pump like any other error.
 */

#define PUMP_RING_SIZE 65536
#define PUMP_READ_MIN  8192

struct pump_source {
	/* Over 0: bytes read; 0: the end; -EAGAIN: nothing now; -errno. */
	ssize_t (*read)(void *ctx, void *buf, size_t len);
	void *ctx;
};

struct pump_sink {
	/* Over 0: bytes taken; 0 or -EAGAIN: nothing now; -errno.  After
	 * -EAGAIN the same bytes come again, as many, at the same address
	 * (libssh2_channel_write_ex(3)). */
	ssize_t (*write)(void *ctx, const void *buf, size_t len);
	/* No more will be written: 0, -EAGAIN (asked again later), -errno.
	 * NULL if there is nothing to do. */
	int (*shut)(void *ctx);
	void *ctx;
};

enum pump_state {
	PUMP_OPEN,
	PUMP_DRAINING, /* the source has ended, bytes are left in the ring */
	PUMP_SHUTTING, /* all written, the sink has yet to be shut */
	PUMP_DONE,     /* the sink was shut */
	PUMP_FAILED,   /* see error and failed_sink; the ring stays as it is */
};

struct pump {
	struct pump_source source;
	struct pump_sink sink;
	struct ring ring;
	enum pump_state state;
	bool source_blocked; /* last read gave -EAGAIN: wait for the source */
	bool sink_blocked;   /* last write gave nothing: wait for the sink */
	bool failed_sink;
	int error;	/* PUMP_FAILED: -errno */
	size_t pending; /* length of the write that gave -EAGAIN, or 0 */
	uint64_t bytes; /* taken by the sink so far */
	uint8_t memory[PUMP_RING_SIZE];
};

/* A pump with an empty ring; source and sink are copied. */
void pump_init(struct pump *p, struct pump_source source,
	       struct pump_sink sink);

/*
 * Moves what can be moved, at most four rings full, so that other pumps get
 * their turn.  True if that bound ended it: call again without waiting.
 */
bool pump_run(struct pump *p);

/*
 * What to wait for after pump_run(): until the source has bytes, until the sink
 * has room.  Both are false once the pump is done or has failed.
 */
bool pump_wants_source(const struct pump *p);
bool pump_wants_sink(const struct pump *p);

/* True once it is done or has failed. */
bool pump_is_over(const struct pump *p);

/*
 * Adds bytes behind those in the ring, as if the source had given them now.
 * All or none: 0, -ENOBUFS (no room), -EPIPE (the source has ended).
 */
int pump_put(struct pump *p, const void *bytes, size_t len);

#endif
