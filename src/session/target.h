/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_TARGET_H
#define SSHDIAL_SESSION_TARGET_H

#include "session/stream.h"
#include "ssh/lookup.h"

/* The destination of streams that the server has opened: a port of a host on
 * this side, by TCP. */
struct target {
	const char *host;
	int port;
	struct streams *streams;
	struct stream_group *group;
	struct lookup lookup;
	struct lookup_answer answer; /* the last one */
	int64_t answered_at;	     /* 0: there is none */
	int tried[STREAMS_MAX];	     /* addresses that a stream has tried, or
					-1 while it waits for the first */
};

/* Connects the socket of a pending stream to the target, and opens it.  If
 * that cannot be done, complains and closes the stream. */
void target_connect(struct target *to, struct stream *st);

/* Ends the lookup that may be under way. */
void target_stop(struct target *to);

#endif
