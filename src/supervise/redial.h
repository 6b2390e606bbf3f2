/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_REDIAL_H
#define SSHDIAL_REDIAL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/reason.h"
#include "conf/conf.h"

/*
 * When to dial again: a function of what has happened and of nothing else.
 * Times are in milliseconds; chance is any number, for the jitter.
 *
 *   - A session whose link stayed up for gate-time is followed by the next at
 *     once, and only such a link makes the history forget.
 *   - After the n-th failure in a row the wait is a random time between
 *     redial-min and redial-min * 2^(n-1), at most redial-max.  How long a
 *     failure took plays no part.
 *   - A permanent reason ends it, unless a link was up before; then somebody
 *     may mend it, and the wait is redial-max.
 *   - A refused login is followed by 15 s, then 30, and so on to 10 min:
 *     sshd blocks a source that is refused too often (PerSourcePenalties,
 *     sshd_config(5)).
 */

#define REDIAL_REFUSED_MIN (15 * 1000)
#define REDIAL_REFUSED_MAX (10 * 60 * 1000)

struct redial {
	const struct conf *conf;
	uint64_t sessions;     /* that have ended */
	unsigned int failures; /* in a row */
	unsigned int refusals; /* in a row */
	bool was_up;	       /* some link has been up */
};

struct redial_verdict {
	bool give_up;
	enum reason reason; /* give_up: why; what was given or GAVE_UP */
	int64_t wait;	    /* otherwise: how long until the next try */
};

void redial_init(struct redial *r, const struct conf *c);

/* A session has ended for `reason`; its link was up for up_ms, or was never
 * up: -1. */
struct redial_verdict redial_next(struct redial *r, enum reason reason,
				  int64_t up_ms, uint32_t chance);

#endif
