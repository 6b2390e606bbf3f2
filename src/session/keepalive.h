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
 * Finds out whether the server is still there, and measures the round trip.
 * keepalive.c says how.
 */
struct keepalive {
	struct loop *loop;
	struct channel *channel;
	struct failure *f;
	int64_t interval; /* ms; 0: off */
	int64_t limit;	  /* ms of silence that end the session */
	int64_t sent_us;
	int64_t probe_until; /* 0, or a deadline for one byte */
	uint64_t probe_mark; /* bytes received when it was set */
	bool pinging;
	uint64_t answers; /* so far */
	uint64_t rtt_us;  /* of the last answer, 0 before the first */
	struct {
		bool pinging;
		uint64_t mark;	 /* bytes received when it was pinged */
	} hop[CONF_TARGETS_MAX]; /* the last one first */
	int64_t hops_pinged_at;
	struct timer timer;
};

/* Starts; f gets REASON_KEEPALIVE, and the loop is ended, on silence. */
void keepalive_start(struct keepalive *a, struct loop *l, struct channel *ch,
		     const struct conf *c, struct failure *f);

/* Stops pinging; silence is no failure any more. */
void keepalive_stop(struct keepalive *a);

/* Takes the answer of a ping if it has come; once a turn of the session. */
void keepalive_turn(struct keepalive *a);

/* Pings now, unless a ping is under way: for rtt_us and answers. */
void keepalive_ping(struct keepalive *a);

/* After a suspend: ends the session unless a byte comes within ms. */
void keepalive_require_byte(struct keepalive *a, int64_t ms);

#endif
