// SPDX-License-Identifier: ISC
#include "session/share.h"

#define BASE_PERIOD	20000 /* ms */
#define IDLE_PERIOD	1000  /* ms, after which the network may be another */
#define PROBE_LEAST	4     /* answers */
#define SMALLEST_ROUNDS 4
#define ROUND_ANSWERS	3    /* a queue delays all of them, chance but some */
#define SLACK_US	1000 /* that a round trip may vary by anyway */
#define BURST_MS	10   /* for timers that are late */
#define BURST_MIN	2048 /* bytes */

/* ---- the size ---- */

static void begin_probe(struct share *s)
{
	s->probing = true;
	s->probes = -1;
	s->kept = s->bytes;
	s->bytes = SHARE_MIN;
}

void share_start(struct share *s, struct keepalive *a, bool line)
{
	*s = (struct share){.keepalive = a,
			    .on = line,
			    .bytes = line ? SHARE_START : SHARE_MAX,
			    .period = 1};
	if (!line)
		return;
	begin_probe(s);
	keepalive_ping(a);
}

static void sort_in(struct share *s, uint64_t rtt)
{
	int i = s->probes++;

	for (; i > 0 && s->probe_us[i - 1] > rtt; i--)
		s->probe_us[i] = s->probe_us[i - 1];
	s->probe_us[i] = rtt;
}

/*
 * The first answer is late by what was under way.  Some others may be late by
 * what is not always there, such as a program that starts on either host: where
 * more than three of four are alike they tell enough, else there must be more,
 * and what the seventh of sixteen was late by is the network's.
 */
static void probe(struct share *s, uint64_t rtt, int64_t now)
{
	const uint64_t *us = s->probe_us;

	if (s->probes < 0) {
		s->probes = 0;
		return;
	}
	sort_in(s, rtt);
	if (s->probes < PROBE_LEAST ||
	    (s->probes < PROBE_MOST &&
	     us[s->probes * 3 / 4] - us[0] > us[0] / 8))
		return;
	s->probing = false;
	s->bytes = s->kept;
	s->base_us = us[0];
	s->spread_us = us[s->probes * 3 / 8] - us[0];
	s->base_at = now;
	s->smallest = s->round = 0;
}

/* Whether the way is another one. */
static bool take_base(struct share *s, uint64_t rtt, int64_t now)
{
	if (rtt <= s->base_us + s->base_us / 16)
		s->base_at = now;
	if (rtt >= s->base_us)
		return now - s->base_at > BASE_PERIOD;
	s->spread_us += s->base_us - rtt;
	s->base_us = rtt;
	return s->spread_us > rtt;
}

static void grow(struct share *s)
{
	s->bytes += s->bytes / 8;
	if (s->bytes > SHARE_MAX)
		s->bytes = SHARE_MAX;
}

static void shrink(struct share *s, uint64_t limit, uint64_t rtt)
{
	size_t fit = (size_t)(s->bytes * limit / rtt);

	s->bytes = fit < s->bytes / 2 ? s->bytes / 2 : fit;
	if (s->bytes < SHARE_MIN)
		s->bytes = SHARE_MIN;
}

/* Where the share was not used, the round trip says nothing about a larger
 * one. */
static void end_round(struct share *s)
{
	uint64_t rtt = s->round_us, base = s->base_us, limit = base / 4;

	if (limit < 2 * s->spread_us)
		limit = 2 * s->spread_us;
	limit += base + SLACK_US;
	s->smallest =
		rtt > limit && s->bytes == SHARE_MIN ? s->smallest + 1 : 0;
	if (rtt > limit)
		shrink(s, limit, rtt);
	else if (s->used && rtt <= base + (limit - base) / 2)
		grow(s);
	s->round = 0;
	s->used = false;
}

static void adapt(struct share *s, int64_t now)
{
	uint64_t rtt = s->keepalive->rtt_us;
	bool another;

	if (s->probing) {
		probe(s, rtt, now);
		return;
	}
	another = take_base(s, rtt, now);
	if (!s->round || rtt < s->round_us)
		s->round_us = rtt;
	if (++s->round == ROUND_ANSWERS)
		end_round(s);
	/* At its smallest, it is not our bytes that are waited for. */
	if (another || s->smallest == SMALLEST_ROUNDS)
		begin_probe(s);
}

static void take_answer(struct share *s, int64_t now)
{
	uint64_t down = s->taken - s->taken_before;

	s->mean_us = s->mean_us ? (7 * s->mean_us + s->keepalive->rtt_us) / 8
				: s->keepalive->rtt_us;
	if (down >= s->bytes / 2)
		s->used = true;
	if (s->mark != s->acked || down)
		adapt(s, now);
	s->answers = s->keepalive->answers;
	s->acked = s->mark;
	s->taken_before = s->taken;
	s->period++;
	s->active_before = s->active;
	s->active = 0;
}

/* ---- upwards ---- */

static uint64_t mean_us(const struct share *s)
{
	return s->mean_us ? s->mean_us : SLACK_US;
}

/* Bytes of the share that go in so many ms. */
static size_t in_time(const struct share *s, int64_t ms)
{
	if (ms > 1000)
		ms = 1000;
	return (size_t)(s->bytes * 1000 * (uint64_t)ms / mean_us(s));
}

/* Over the round trip as it is, so that no more is under way than the share. */
static void add_tokens(struct share *s, int64_t now)
{
	int64_t ms = now - s->filled_at;
	size_t add = in_time(s, ms), most = in_time(s, BURST_MS);

	if (most > s->bytes / 2)
		most = s->bytes / 2;
	if (most < BURST_MIN)
		most = BURST_MIN;
	if (!add)
		return;
	s->filled_at = now;
	s->tokens = s->tokens + add < most ? s->tokens + add : most;
}

size_t share_room(const struct share *s)
{
	/* An answer is for what went up a round trip before it came. */
	uint64_t limit = 2 * s->bytes + BURST_MIN, n = s->sent - s->acked;

	if (!s->on)
		return SIZE_MAX;
	n = n < limit ? limit - n : 0;
	return n < s->tokens ? (size_t)n : s->tokens;
}

void share_sent(struct share *s, size_t n)
{
	s->sent += n;
	s->tokens -= n < s->tokens ? n : s->tokens;
}

void share_refused(struct share *s)
{
	s->used = s->short_of = true;
}

int64_t share_soon(struct share *s)
{
	bool soon = s->on && s->short_of && s->sent - s->acked < 2 * s->bytes;
	uint64_t left = s->tokens < BURST_MIN ? BURST_MIN - s->tokens : 0;
	uint64_t ms = left * mean_us(s) / (s->bytes * 1000) + 1;

	s->short_of = false;
	return !soon ? 0 : ms < 100 ? (int64_t)ms : 100;
}

/* ---- downwards ---- */

void share_take(struct share *s, uint64_t *period, size_t n)
{
	s->taken += n;
	if (*period != s->period)
		s->active++;
	*period = s->period;
}

void share_wait(struct share *s)
{
	s->wanted = true;
}

size_t share_window(const struct share *s)
{
	unsigned int n =
		s->active > s->active_before ? s->active : s->active_before;
	size_t bytes = n ? s->bytes / n : s->bytes;

	return bytes < WINDOW_MIN ? WINDOW_MIN : bytes;
}

/* ---- both ---- */

static void look_at_idle(struct share *s, bool moved, int64_t now)
{
	if (moved && s->idle_since && now - s->idle_since > IDLE_PERIOD) {
		if (s->bytes > SHARE_START)
			s->bytes = SHARE_START;
		if (s->kept > SHARE_START)
			s->kept = SHARE_START;
	}
	if (moved)
		s->idle_since = 0;
	else if (!s->idle_since)
		s->idle_since = now;
}

void share_turn(struct share *s, int64_t now)
{
	bool moved;

	if (!s->on)
		return;
	if (s->keepalive->answers != s->answers)
		take_answer(s, now);
	add_tokens(s, now);
	moved = s->sent != s->acked || s->taken != s->taken_mark || s->wanted;
	look_at_idle(s, moved, now);
	if (!moved || s->keepalive->pinging)
		return;
	s->wanted = false;
	s->mark = s->sent;
	s->taken_mark = s->taken;
	keepalive_ping(s->keepalive);
}
