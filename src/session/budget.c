// SPDX-License-Identifier: ISC
#include "session/budget.h"

#define BASE_PERIOD	20000 /* ms */
#define IDLE_PERIOD	1000  /* ms, after which the network may be another */
#define PROBE_LEAST	4     /* answers */
#define SMALLEST_ROUNDS 4
#define ROUND_ANSWERS	3    /* a queue delays all of them, chance but some */
#define SLACK_US	1000 /* that a round trip may vary by anyway */
#define BURST_MS	10   /* for timers that are late */
#define BURST_MIN	2048 /* bytes */

/* ---- the size ---- */

static void begin_probe(struct budget *b)
{
	b->probing = true;
	b->probes = -1;
	b->kept = b->bytes;
	b->bytes = BUDGET_MIN;
}

void budget_start(struct budget *b, struct keepalive *a, bool line)
{
	*b = (struct budget){.keepalive = a,
			     .on = line,
			     .bytes = line ? BUDGET_START : BUDGET_MAX,
			     .period = 1};
	if (!line)
		return;
	begin_probe(b);
	keepalive_ping(a);
}

static void sort_in(struct budget *b, uint64_t rtt)
{
	int i = b->probes++;

	for (; i > 0 && b->probe_us[i - 1] > rtt; i--)
		b->probe_us[i] = b->probe_us[i - 1];
	b->probe_us[i] = rtt;
}

/*
 * The first answer is late by what was under way.  Some others may be late by
 * what is not always there, such as a program that starts on either host: where
 * more than three of four are alike they tell enough, else there must be more,
 * and what the seventh of sixteen was late by is the network's.
 */
static void probe(struct budget *b, uint64_t rtt, int64_t now)
{
	const uint64_t *us = b->probe_us;

	if (b->probes < 0) {
		b->probes = 0;
		return;
	}
	sort_in(b, rtt);
	if (b->probes < PROBE_LEAST ||
	    (b->probes < PROBE_MOST &&
	     us[b->probes * 3 / 4] - us[0] > us[0] / 8))
		return;
	b->probing = false;
	b->bytes = b->kept;
	b->base_us = us[0];
	b->spread_us = us[b->probes * 3 / 8] - us[0];
	b->base_at = now;
	b->smallest = b->round = 0;
}

/* Whether the way is another one. */
static bool take_base(struct budget *b, uint64_t rtt, int64_t now)
{
	if (rtt <= b->base_us + b->base_us / 16)
		b->base_at = now;
	if (rtt >= b->base_us)
		return now - b->base_at > BASE_PERIOD;
	b->spread_us += b->base_us - rtt;
	b->base_us = rtt;
	return b->spread_us > rtt;
}

static void grow(struct budget *b)
{
	b->bytes += b->bytes / 8;
	if (b->bytes > BUDGET_MAX)
		b->bytes = BUDGET_MAX;
}

static void shrink(struct budget *b, uint64_t limit, uint64_t rtt)
{
	size_t fit = (size_t)(b->bytes * limit / rtt);

	b->bytes = fit < b->bytes / 2 ? b->bytes / 2 : fit;
	if (b->bytes < BUDGET_MIN)
		b->bytes = BUDGET_MIN;
}

/* Where the share was not used, the round trip says nothing about a larger
 * one. */
static void end_round(struct budget *b)
{
	uint64_t rtt = b->round_us, base = b->base_us, limit = base / 4;

	if (limit < 2 * b->spread_us)
		limit = 2 * b->spread_us;
	limit += base + SLACK_US;
	b->smallest =
		rtt > limit && b->bytes == BUDGET_MIN ? b->smallest + 1 : 0;
	if (rtt > limit)
		shrink(b, limit, rtt);
	else if (b->used && rtt <= base + (limit - base) / 2)
		grow(b);
	b->round = 0;
	b->used = false;
}

static void adapt(struct budget *b, int64_t now)
{
	uint64_t rtt = b->keepalive->rtt_us;
	bool another;

	if (b->probing) {
		probe(b, rtt, now);
		return;
	}
	another = take_base(b, rtt, now);
	if (!b->round || rtt < b->round_us)
		b->round_us = rtt;
	if (++b->round == ROUND_ANSWERS)
		end_round(b);
	/* At its smallest, it is not our bytes that are waited for. */
	if (another || b->smallest == SMALLEST_ROUNDS)
		begin_probe(b);
}

static void take_answer(struct budget *b, int64_t now)
{
	uint64_t down = b->taken - b->taken_before;

	b->mean_us = b->mean_us ? (7 * b->mean_us + b->keepalive->rtt_us) / 8
				: b->keepalive->rtt_us;
	if (down >= b->bytes / 2)
		b->used = true;
	if (b->mark != b->acked || down)
		adapt(b, now);
	b->answers = b->keepalive->answers;
	b->acked = b->mark;
	b->taken_before = b->taken;
	b->period++;
	b->active_before = b->active;
	b->active = 0;
}

/* ---- upwards ---- */

static uint64_t mean_us(const struct budget *b)
{
	return b->mean_us ? b->mean_us : SLACK_US;
}

/* Bytes of the share that go in so many ms. */
static size_t in_time(const struct budget *b, int64_t ms)
{
	if (ms > 1000)
		ms = 1000;
	return (size_t)(b->bytes * 1000 * (uint64_t)ms / mean_us(b));
}

/* Over the round trip as it is, so that no more is under way than the share. */
static void add_tokens(struct budget *b, int64_t now)
{
	int64_t ms = now - b->filled_at;
	size_t add = in_time(b, ms), most = in_time(b, BURST_MS);

	if (most > b->bytes / 2)
		most = b->bytes / 2;
	if (most < BURST_MIN)
		most = BURST_MIN;
	if (!add)
		return;
	b->filled_at = now;
	b->tokens = b->tokens + add < most ? b->tokens + add : most;
}

size_t budget_room(const struct budget *b)
{
	/* An answer is for what went up a round trip before it came. */
	uint64_t limit = 2 * b->bytes + BURST_MIN, n = b->sent - b->acked;

	if (!b->on)
		return SIZE_MAX;
	n = n < limit ? limit - n : 0;
	return n < b->tokens ? (size_t)n : b->tokens;
}

void budget_sent(struct budget *b, size_t n)
{
	b->sent += n;
	b->tokens -= n < b->tokens ? n : b->tokens;
}

void budget_refused(struct budget *b)
{
	b->used = b->short_of = true;
}

int64_t budget_wait_ms(struct budget *b)
{
	bool soon = b->on && b->short_of && b->sent - b->acked < 2 * b->bytes;
	uint64_t left = b->tokens < BURST_MIN ? BURST_MIN - b->tokens : 0;
	uint64_t ms = left * mean_us(b) / (b->bytes * 1000) + 1;

	b->short_of = false;
	return !soon ? 0 : ms < 100 ? (int64_t)ms : 100;
}

/* ---- downwards ---- */

void budget_taken(struct budget *b, uint64_t *period, size_t n)
{
	b->taken += n;
	if (*period != b->period)
		b->active++;
	*period = b->period;
}

void budget_want_answer(struct budget *b)
{
	b->wanted = true;
}

size_t budget_window(const struct budget *b)
{
	unsigned int n =
		b->active > b->active_before ? b->active : b->active_before;
	size_t bytes = n ? b->bytes / n : b->bytes;

	return bytes < BUDGET_WINDOW_MIN ? BUDGET_WINDOW_MIN : bytes;
}

/* ---- both ---- */

static void look_at_idle(struct budget *b, bool moved, int64_t now)
{
	if (moved && b->idle_since && now - b->idle_since > IDLE_PERIOD) {
		if (b->bytes > BUDGET_START)
			b->bytes = BUDGET_START;
		if (b->kept > BUDGET_START)
			b->kept = BUDGET_START;
	}
	if (moved)
		b->idle_since = 0;
	else if (!b->idle_since)
		b->idle_since = now;
}

void budget_turn(struct budget *b, int64_t now)
{
	bool moved;

	if (!b->on)
		return;
	if (b->keepalive->answers != b->answers)
		take_answer(b, now);
	add_tokens(b, now);
	moved = b->sent != b->acked || b->taken != b->taken_mark || b->wanted;
	look_at_idle(b, moved, now);
	if (!moved || b->keepalive->pinging)
		return;
	b->wanted = false;
	b->mark = b->sent;
	b->taken_mark = b->taken;
	keepalive_ping(b->keepalive);
}
