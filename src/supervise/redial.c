// SPDX-License-Identifier: ISC
#include "supervise/redial.h"

#define DOUBLINGS_MAX 30

void redial_init(struct redial *r, const struct conf *c)
{
	*r = (struct redial){.conf = c};
}

/* start * 2^n, at most max */
static int64_t doubled(int64_t start, unsigned int n, int64_t max)
{
	while (n-- && start < max)
		start *= 2;
	return start < max ? start : max;
}

static int64_t between(int64_t low, int64_t high, uint32_t chance)
{
	return high <= low ? low : low + chance % (high - low + 1);
}

static int64_t wait_for(const struct redial *r, enum reason reason,
			uint32_t chance)
{
	const struct conf *c = r->conf;
	int64_t high, floor;

	if (!r->failures)
		return 0;
	high = doubled(c->redial_min, r->failures - 1, c->redial_max);
	if (reason_permanent(reason))
		high = c->redial_max;
	if (reason != REASON_LOGIN_REFUSED)
		return between(reason_permanent(reason) ? high : c->redial_min,
			       high, chance);
	floor = doubled(REDIAL_REFUSED_MIN, r->refusals - 1,
			REDIAL_REFUSED_MAX);
	if (floor < high)
		floor = high;
	return between(floor, floor + floor / 10, chance);
}

static void remember(struct redial *r, enum reason reason, int64_t up_ms)
{
	r->sessions++;
	if (up_ms >= 0)
		r->was_up = true;
	if (up_ms >= r->conf->gate_time) {
		r->failures = 0;
		r->refusals = 0;
		return;
	}
	if (r->failures < DOUBLINGS_MAX)
		r->failures++;
	if (reason == REASON_LOGIN_REFUSED && r->refusals < DOUBLINGS_MAX)
		r->refusals++;
}

struct redial_verdict redial_next(struct redial *r, enum reason reason,
				  int64_t up_ms, uint32_t chance)
{
	const struct conf *c = r->conf;
	bool first = !r->sessions;
	struct redial_verdict v = {.reason = reason};

	remember(r, reason, up_ms);
	if (reason_permanent(reason) && !r->was_up)
		v.give_up = true;
	if (first && !c->redial_first && r->failures)
		v.give_up = true;
	if (!v.give_up && c->max_redials &&
	    r->sessions > (uint64_t)c->max_redials) {
		v.give_up = true;
		v.reason = REASON_GAVE_UP;
	}
	if (!v.give_up)
		v.wait = wait_for(r, reason, chance);
	return v;
}
