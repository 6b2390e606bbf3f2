/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_REDIAL_H
#define SSHDIAL_SUPERVISE_REDIAL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/reason.h"
#include "conf/conf.h"

/*
 * When to dial again: a function of what has happened and of nothing else.
 * Times are in milliseconds; chance is any number, for the jitter.
 *
 *   - A link that stayed up for gate-time was a good one: the next session
 *     follows at once, and only such a link makes the history forget.  Where
 *     gate-time is shorter than redial-min, what is missing to that is waited.
 *   - After the n-th failure since then the wait is a random time between
 *     redial-min and redial-min * 2^(n-1), at most redial-max.  How long a
 *     failure took plays no part.
 *   - A permanent reason ends it, unless a link was up before; then somebody
 *     may mend it, and the wait is redial-max.
 *   - With redial-first no, a first session without a good link ends it.
 *   - A login that the server hung up on is followed by at least 15 s.
 *   - A refused login is followed by at least 15 s, the next by 30, and so on
 *     to 10 min, also where redial-max is less: sshd blocks a source that is
 *     refused too often (PerSourcePenalties, sshd_config(5)).
 *   - REASON_REDIAL is nobody's failure: the next session follows at once, is
 *     not counted by max-redials, and the history stays.
 *   - max-redials counts all others since the start, good links or not, as
 *     autossh does with AUTOSSH_MAXSTART; sshdial(8) then ends with status 6.
 */

#define REDIAL_REFUSED_MIN (INT64_C(15) * 1000)
#define REDIAL_REFUSED_MAX (INT64_C(600) * 1000)

struct redial {
	const struct conf *conf;
	uint64_t sessions; /* that have ended */
	uint64_t asked;	   /* of these, for REASON_REDIAL */
	uint64_t failures; /* since the last good link */
	uint64_t refusals; /* of the login, since the last good link */
	bool was_up;	   /* some link has been up */
	bool was_good;	   /* and some for gate-time */
};

struct redial_verdict {
	bool give_up;
	enum reason reason; /* give_up: why; what was given or GAVE_UP */
	int64_t wait;	    /* otherwise: how long until the next try */
};

/* Nothing has happened yet. */
void redial_init(struct redial *r, const struct conf *c);

/* A session has ended for `reason`; its link was up for up_ms, or was never
 * up: -1. */
struct redial_verdict redial_next(struct redial *r, enum reason reason,
				  int64_t up_ms, uint32_t chance);

#endif
