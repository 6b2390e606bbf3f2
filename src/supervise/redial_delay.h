/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_REDIAL_DELAY_H
#define SSHDIAL_SUPERVISE_REDIAL_DELAY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/reason.h"
#include "conf/conf.h"

/*
 * When to dial again, as a function of the history and a random number alone.
 * Times are in milliseconds.
 *
 *   - A link that stayed up for gate-time was a good one: the next session
 *     follows at once, and the history before it is forgotten.  If gate-time
 *     is shorter than redial-min, the rest of redial-min is waited.
 *   - After the n-th failure since then the wait is a random time between
 *     redial-min and redial-min * 2^(n-1), at most redial-max.  How long a
 *     failure took does not matter.
 *   - A permanent reason ends the call, unless a link was up before; then
 *     somebody may repair it, and the wait is redial-max.
 *   - With redial-first no, a first session without a good link ends the call.
 *   - A login that the server hung up on is followed by at least 15 s.
 *   - A refused login is followed by at least 15 s, the next by 30, and so on
 *     to 10 min, even if redial-max is less, because sshd blocks a source that
 *     it has to refuse too often (PerSourcePenalties, sshd_config(5)).
 *   - REASON_REDIAL is no failure: the next session follows at once, is not
 *     counted by max-redials, and the history stays.
 *   - max-redials counts all other sessions since the start, good links or
 *     not, as autossh does with AUTOSSH_MAXSTART; then sshdial(8) ends with
 *     status 6.
 */

#define REDIAL_REFUSED_MIN (INT64_C(15) * 1000)
#define REDIAL_REFUSED_MAX (INT64_C(600) * 1000)

struct redial {
	const struct conf *conf;
	uint64_t sessions; /* that have ended */
	uint64_t asked;	   /* those of them that had REASON_REDIAL */
	uint64_t failures; /* since the last good link */
	uint64_t refusals; /* refused logins since the last good link */
	bool was_up;	   /* there has been a link */
	bool was_good;	   /* and a good one */
};

struct redial_verdict {
	bool give_up;
	enum reason reason; /* if give_up: the session's, or GAVE_UP */
	int64_t wait;	    /* if not: ms until the next try */
};

/* Begins with an empty history. */
void redial_init(struct redial *r, const struct conf *c);

/* A session has ended for `reason`; its link was up for up_ms, or for -1 if it
 * was never up.  `chance` is any number, for the jitter. */
struct redial_verdict redial_next(struct redial *r, enum reason reason,
				  int64_t up_ms, uint32_t chance);

#endif
