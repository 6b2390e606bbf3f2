/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_KEEPALIVE_H
#define SSHDIAL_SESSION_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/failure.h"
#include "base/loop.h"
#include "conf/ssh_targets.h"
#include "ssh/channel.h"

/*
 * Whether the server is still there.  Every keepalive-interval a ping goes out
 * on the session, and any byte that comes back counts, of the answer or of
 * anything else: where nothing has come for keepalive-count intervals, the
 * session is dead.  After half of that time the hops are asked as well, each
 * on the channel that leads through it: the outermost that is silent is named.
 */
struct keepalive {
	struct loop *loop;
	struct channel *channel;
	struct failure *f;
	int64_t interval; /* ms; 0: off */
	int64_t limit;	  /* ms of silence that are too much */
	int64_t sent_us;
	int64_t probe_until; /* 0, or a deadline for one byte */
	uint64_t probe_mark; /* bytes received when it was set */
	bool pinging;
	uint64_t answers; /* so far */
	uint64_t rtt_us;  /* of the last answer, 0 before the first */
	struct {
		bool pinging;
		uint64_t mark;	 /* bytes received when it was asked */
	} hop[CONF_TARGETS_MAX]; /* the last one first */
	int64_t hops_asked_at;
	struct timer timer;
};

/* Starts; f gets REASON_KEEPALIVE, and the loop is ended, on silence. */
void keepalive_start(struct keepalive *a, struct loop *l, struct channel *ch,
		     const struct conf *c, struct failure *f);

/* No more pings, and silence is none. */
void keepalive_stop(struct keepalive *a);

/* Moves a ping on that is under way; once a turn of the session. */
void keepalive_turn(struct keepalive *a);

/* Asks now, unless a question is under way: for rtt_us and answers. */
void keepalive_ping(struct keepalive *a);

/* A byte has to come within ms, or the session is dead: after a suspend. */
void keepalive_require_byte(struct keepalive *a, int64_t ms);

#endif
