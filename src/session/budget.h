/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_BUDGET_H
#define SSHDIAL_SESSION_BUDGET_H

#include "session/keepalive.h"

/*
 * How many bytes of streams may be under way beside a line, so that the line's
 * packets do not wait behind them.  budget.c says how that is found out.
 */
#define BUDGET_MIN	  ((size_t)8 * 1024) /* bytes each way, all streams */
#define BUDGET_START	  ((size_t)32 * 1024)
#define BUDGET_MAX	  ((size_t)2 * 1024 * 1024)
#define BUDGET_WINDOW_MIN ((size_t)2 * 1024) /* bytes, of one stream */
#define BUDGET_PROBES	  16		     /* answers, at most */

struct budget {
	struct keepalive *keepalive;
	bool on;      /* there is a line; else nothing is limited */
	size_t bytes; /* that may be under way, each way */

	/* Pings: what had been sent and taken at the last one and when the last
	 * answer came. */
	uint64_t sent, taken; /* bytes so far */
	uint64_t sent_at_ping, taken_at_ping;
	uint64_t acked; /* of sent: the server has read them */
	uint64_t taken_at_answer;
	uint64_t answers;
	uint64_t period;    /* grows with each answer */
	bool answer_wanted; /* whether or not anything moves */
	int64_t idle_since; /* 0: not idle */

	/* Upwards: tokens are bytes that may be sent at once. */
	size_t tokens;
	int64_t tokens_at; /* when they were added last */
	bool refused;	   /* for want of tokens, since budget_wait_ms() */
	uint64_t mean_us;  /* round trip, smoothed */

	/* A round is ROUND_ANSWERS answers. */
	int round;	   /* answers of it so far */
	uint64_t round_us; /* the shortest of them */
	bool exhausted;	   /* all of the bytes were used in it */
	int too_slow; /* rounds in a row that took too long at BUDGET_MIN */

	/* The base: the shortest round trip without streams. */
	uint64_t base_us;   /* 0: none yet */
	int64_t base_at;    /* when it was seen last */
	uint64_t spread_us; /* round trips without us are longer by that */
	bool probing;	    /* for a base */
	int probes;	    /* answers so far; -1: the first does not count */
	uint64_t probe_us[BUDGET_PROBES]; /* the shortest first */
	size_t bytes_before_probe;

	/* Streams that took bytes in this period and in the one before. */
	unsigned int active, active_before;
};

/* Begins; without a line nothing is limited and the server is not pinged. */
void budget_start(struct budget *b, struct keepalive *a, bool line);

/* Takes an answer, and pings again if bytes have moved; once a turn.  now: of
 * loop_now(). */
void budget_turn(struct budget *b, int64_t now);

/* How many bytes may be sent now. */
size_t budget_room(const struct budget *b);

/* n bytes were sent. */
void budget_sent(struct budget *b, size_t n);

/* A stream wanted to send more than there was room for. */
void budget_refused(struct budget *b);

/* In how many ms bytes may be sent that were refused.  0: none were, or only an
 * answer can tell. */
int64_t budget_wait_ms(struct budget *b);

/* A stream took n bytes from its channel.  *period is kept for it, and 0 at its
 * beginning, which counts as taking 0 bytes. */
void budget_taken(struct budget *b, uint64_t *period, size_t n);

/* A stream waits for the next answer. */
void budget_want_answer(struct budget *b);

/* How many bytes may come unread on the channel of one stream. */
size_t budget_window(const struct budget *b);

#endif
