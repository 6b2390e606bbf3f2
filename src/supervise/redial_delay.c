// SPDX-License-Identifier: ISC
#include "supervise/redial_delay.h"

void redial_init(struct redial *r, const struct conf *c)
{
	*r = (struct redial){.conf = c};
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* start * 2^n, but not over max */
static int64_t doubled(int64_t start, uint64_t n, int64_t max)
{
	while (n-- && start < max)
		start *= 2;
	return start < max ? start : max;
}

/* The wait behind a session whose link was no good one. */
static int64_t wait_after_failure(const struct redial *r, enum reason reason,
				  uint32_t chance)
{
	int64_t low = r->conf->redial_min, high = r->conf->redial_max;

	if (reason_permanent(reason))
		low = high;
	else
		high = doubled(low, r->failures - 1, high);
	if (reason == REASON_LOGIN_REFUSED)
		low = larger(low, doubled(REDIAL_REFUSED_MIN, r->refusals - 1,
					  REDIAL_REFUSED_MAX));
	else if (reason == REASON_LOGIN_CLOSED)
		low = larger(low, REDIAL_REFUSED_MIN);
	/* A number from low to high, both included: when a server comes back,
	 * not all of its clients are to dial in the same second. */
	high = larger(low, high);
	return low + chance % (high - low + 1);
}

/* True if no other session is to follow; *reason is why. */
static bool is_last(const struct redial *r, enum reason *reason)
{
	const struct conf *c = r->conf;

	if (*reason == REASON_REDIAL)
		return false;
	if (reason_permanent(*reason) && !r->was_up)
		return true;
	if (!c->redial_first && !r->was_good)
		return true;
	if (!c->max_redials ||
	    r->sessions - r->asked <= (uint64_t)c->max_redials)
		return false;
	*reason = REASON_GAVE_UP;
	return true;
}

struct redial_verdict redial_next(struct redial *r, enum reason reason,
				  int64_t up_ms, uint32_t chance)
{
	const struct conf *c = r->conf;
	bool good = up_ms >= c->gate_time;
	struct redial_verdict v = {.reason = reason};

	r->was_up |= up_ms >= 0;
	r->was_good |= good;
	r->sessions++;
	if (good)
		r->failures = r->refusals = 0;
	if (reason == REASON_REDIAL) { /* asked for: nobody has failed */
		r->asked++;
	} else if (!good) {
		r->failures++;
		r->refusals += reason == REASON_LOGIN_REFUSED;
	}
	v.give_up = is_last(r, &v.reason);
	if (v.give_up || reason == REASON_REDIAL)
		return v;
	if (good)
		v.wait = larger(0, c->redial_min - up_ms);
	else
		v.wait = wait_after_failure(r, reason, chance);
	return v;
}
