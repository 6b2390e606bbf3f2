/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_PUMP_H
#define SSHDIAL_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "line/ring.h"

/*
 * Moves bytes one way, from a source to a sink, through a ring.  It knows
 * neither: a pty, a pipe, an SSH channel, a test are all the same to it.
 * It allocates nothing, never waits, and reads the source only when there is
 * room for at least PUMP_READ_MIN bytes, so that writes to the sink are
 * large.
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
	 * -EAGAIN the same bytes come again at the same address, perhaps with
	 * more behind them. */
	ssize_t (*write)(void *ctx, const void *buf, size_t len);
	/* No more will be written: 0, -EAGAIN (asked again later), -errno.
	 * NULL where there is nothing to do. */
	int (*shut)(void *ctx);
	void *ctx;
};

enum pump_state {
	PUMP_OPEN,
	PUMP_DRAINING, /* the source has ended, bytes are left in the ring */
	PUMP_SHUTTING, /* all written, the sink has yet to be shut */
	PUMP_DONE,     /* the sink was shut */
	PUMP_FAILED,   /* see error and failed_sink */
};

struct pump {
	struct pump_source source;
	struct pump_sink sink;
	struct ring ring;
	enum pump_state state;
	bool source_blocked; /* last read gave -EAGAIN: wait for the source */
	bool sink_blocked;   /* last write gave nothing: wait for the sink */
	bool failed_sink;
	int error;	     /* PUMP_FAILED: -errno */
	uint64_t bytes;	     /* taken by the sink so far */
	uint8_t memory[PUMP_RING_SIZE];
};

void pump_init(struct pump *p, struct pump_source source,
	       struct pump_sink sink);

/*
 * Moves what can be moved, at most four rings full, so that others get their
 * turn.  True where something moved and more may be possible at once.
 */
bool pump_run(struct pump *p);

/* What to wait for: the source is worth reading, the sink has to take. */
bool pump_wants_source(const struct pump *p);
bool pump_wants_sink(const struct pump *p);

/* Puts bytes in front of what the source gives; only while the ring is empty
 * or they follow what was put there.  0 or -ENOBUFS. */
int pump_put(struct pump *p, const void *bytes, size_t len);

#endif
