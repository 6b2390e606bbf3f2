// SPDX-License-Identifier: ISC
#include "session/share.h"

#define SHARE_MIN   ((size_t)32 * 1024)
#define SHARE_MAX   ((size_t)2 * 1024 * 1024)
#define SHARE_STEP  ((size_t)8 * 1024)
#define BEST_PERIOD 30000 /* ms */
#define SLACK_US    1000  /* that a round trip may vary by anyway */

void share_start(struct share *s, struct alive *a, bool line)
{
	*s = (struct share){
		.alive = a, .on = line, .bytes = line ? SHARE_MIN : SHARE_MAX};
	if (line)
		alive_ask(a);
}

static uint64_t best(struct share *s, uint64_t rtt)
{
	int64_t now = loop_now();

	if (now - s->best_since > BEST_PERIOD) {
		s->best_before_us = s->best_us;
		s->best_us = rtt;
		s->best_since = now;
	}
	if (rtt < s->best_us)
		s->best_us = rtt;
	return s->best_before_us && s->best_before_us < s->best_us
		       ? s->best_before_us
		       : s->best_us;
}

static void adapt(struct share *s, bool busy)
{
	uint64_t rtt = s->alive->rtt_us;
	uint64_t good = best(s, rtt), limit = good + good / 2 + SLACK_US;

	if (!busy)
		return;
	if (rtt > limit)
		s->bytes -= s->bytes / 8;
	else
		s->bytes += SHARE_STEP;
	if (s->bytes < SHARE_MIN)
		s->bytes = SHARE_MIN;
	if (s->bytes > SHARE_MAX)
		s->bytes = SHARE_MAX;
}

void share_turn(struct share *s)
{
	if (!s->on)
		return;
	if (s->alive->answers != s->answers) {
		adapt(s, s->acked != s->mark || s->taken != s->taken_mark);
		s->answers = s->alive->answers;
		s->acked = s->mark;
	}
	if ((s->sent == s->acked && s->taken == s->taken_mark) ||
	    s->alive->pinging)
		return;
	s->mark = s->sent;
	s->taken_mark = s->taken;
	alive_ask(s->alive);
}

bool share_may_send(const struct share *s)
{
	return !s->on || s->sent - s->acked < s->bytes;
}

size_t share_window(const struct share *s)
{
	return s->bytes;
}
