/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_BUDGET_H
#define SSHDIAL_SESSION_BUDGET_H

#include "session/keepalive.h"

/*
 * How much forwarded ports may have under way beside a line, so that its
 * packets do not wait behind them: not in the network only, but also in
 * sshd's socket, which TCP cannot see.  While forwards move bytes the server is
 * asked one question after the other; an answer tells that all before has been
 * read, and how long the shortest of three took makes the share smaller or
 * larger:
 *
 *	up to 9/8 of the base	larger by an eighth, where it was used
 *	up to 5/4		as it is
 *	above			smaller, in proportion, by a half at most
 *
 * The base is the shortest round trip; where they vary without us, by radio
 * or by what the line itself carries, twice as much as that is allowed above
 * it.  A base that has not been seen again for BASE_PERIOD may be that of
 * another way, and one that even the smallest share does not come near is not
 * of this one: then the share is the smallest for some answers, and those tell
 * both.
 *
 * Upwards the share goes out evenly over a round trip, since the next answer
 * would let it go all at once; downwards it is the window of the channels.
 */
#define BUDGET_MIN	  ((size_t)8 * 1024) /* bytes each way */
#define BUDGET_START	  ((size_t)32 * 1024)
#define BUDGET_MAX	  ((size_t)2 * 1024 * 1024)
#define BUDGET_WINDOW_MIN ((size_t)2 * 1024) /* of a connection */
#define PROBE_MOST	  16		     /* answers */

struct budget {
	struct keepalive *keepalive;
	bool on;	      /* there is a line */
	size_t bytes;	      /* that may be under way, each way */
	uint64_t sent, taken; /* so far */
	uint64_t acked, mark; /* of sent: known to be read; when last asked */
	uint64_t taken_mark,
		taken_before; /* at the last question, and answer */
	uint64_t answers;
	bool wanted;   /* an answer, whether or not anything moves */
	size_t tokens; /* bytes that may go up at once */
	int64_t filled_at;
	bool used;	   /* up to the end, in this round */
	int round;	   /* answers of it */
	uint64_t round_us; /* the shortest */
	uint64_t mean_us;
	bool short_of; /* tokens, since budget_wait_ms() */
	int64_t idle_since;
	uint64_t base_us; /* 0: none yet */
	int64_t base_at;
	uint64_t spread_us; /* of round trips, without us, above it */
	bool probing;	    /* for a base */
	int probes;	    /* answers so far; -1: the first does not count */
	uint64_t probe_us[PROBE_MOST]; /* the shortest first */
	int smallest;	 /* rounds that took too long with the smallest share */
	size_t kept;	 /* bytes before the probe */
	uint64_t period; /* grows with each answer */
	unsigned int active, active_before; /* connections that take, in it */
};

/* Begins; without a line there is no limit and nothing is asked. */
void budget_start(struct budget *b, struct keepalive *a, bool line);

/* Takes an answer, asks again where bytes have moved; once a turn.  now: of
 * loop_now(). */
void budget_turn(struct budget *b, int64_t now);

/* How many bytes may be sent now. */
size_t budget_room(const struct budget *b);

/* n bytes were sent; or none, though somebody wanted to. */
void budget_sent(struct budget *b, size_t n);
void budget_refused(struct budget *b);

/* In how many ms bytes may be sent that were refused; 0: an answer tells, or
 * there are none. */
int64_t budget_wait_ms(struct budget *b);

/* n bytes were taken by the connection whose last period is *period, or it
 * begins (0). */
void budget_taken(struct budget *b, uint64_t *period, size_t n);

/* Somebody waits for an answer. */
void budget_want_answer(struct budget *b);

/* How many bytes may come unread by one of those that take. */
size_t budget_window(const struct budget *b);

#endif
