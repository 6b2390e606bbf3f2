/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SHARE_H
#define SSHDIAL_SHARE_H

#include "session/alive.h"

/*
 * How much forwarded ports may have under way beside a line, so that its
 * packets do not wait behind them: not in the network only, but also in
 * sshd's socket, which TCP cannot see.  While forwards move bytes the server is
 * asked a question after each share, its answer tells that all before has been
 * read, and how long that took makes the share smaller or larger.
 */
struct share {
	struct alive *alive;
	bool on;	      /* there is a line */
	size_t bytes;	      /* that may be under way, each way */
	uint64_t sent, taken; /* so far; whoever moves bytes adds here */
	uint64_t acked, mark; /* of sent: known to be read; when last asked */
	uint64_t taken_mark;
	uint64_t answers;
	uint64_t best_us, best_before_us; /* round trips, of half a minute */
	int64_t best_since;
};

/* Begins; without a line there is no limit and nothing is asked. */
void share_start(struct share *s, struct alive *a, bool line);

/* Takes an answer, asks again where bytes have moved; once a turn. */
void share_turn(struct share *s);

/* Whether bytes may be sent, and how many may come unread. */
bool share_may_send(const struct share *s);
size_t share_window(const struct share *s);

#endif
