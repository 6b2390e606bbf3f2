// SPDX-License-Identifier: ISC
/*
 * Packets of a line wait behind the bytes of streams in every queue on the way,
 * and in sshd's own buffers, which TCP cannot see.  So what streams have under
 * way is limited, and the limit follows the round trip.
 *
 * While streams move bytes the server is pinged all the time, one ping after
 * the other.  An answer says that the server has read all that was sent before
 * the ping, and its delay says how long the queues are.  Of each round of
 * answers the shortest decides, because a queue delays all of them and chance
 * only some:
 *
 *	up to 9/8 of the base	larger by an eighth, if all of it was used
 *	up to 5/4		as it is
 *	above			smaller in proportion, by a half at most
 *
 * The base is the shortest round trip.  If round trips vary without us, by
 * radio or by what the line itself carries, twice that spread is allowed above
 * it.  The base is measured again, with the smallest budget, if it has not been
 * seen for BASE_MAX_AGE (the route may be another), or if even the smallest
 * budget does not come near it for TOO_SLOW_ROUNDS.
 *
 * Upwards the budget goes out evenly over a round trip, as tokens: else each
 * answer would release all of it at once.  Downwards it is divided among the
 * windows of the channels whose streams take bytes.
 */
#include "session/budget.h"

#define BASE_MAX_AGE	20000 /* ms */
#define IDLE_RESET	1000  /* ms, after which the network may have changed */
#define PROBE_LEAST	4     /* answers */
#define TOO_SLOW_ROUNDS 4
#define ROUND_ANSWERS	3    /* a queue delays all of them, chance but some */
#define SLACK_US	1000 /* that a round trip may vary by anyway */
#define BURST_MS	10   /* for timers that are late */
#define BURST_MIN	2048 /* bytes */

/* ---- the limit ---- */

static void begin_probe(struct budget *b)
{
	b->probing = true;
	b->probes = -1;
	b->bytes_before_probe = b->bytes;
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

/*
 * The first answer is late because of what was under way, and does not count.
 * Others may be late by chance, because a program starts on either host: if
 * three quarters of them are alike that is enough, else up to BUDGET_PROBES are
 * taken.  The spread is what the answer at 3/8 was later than the first.
 */
static void take_probe(struct budget *b, uint64_t rtt, int64_t now)
{
	uint64_t *us = b->probe_us;
	int i = b->probes++;

	if (i < 0)
		return;
	/* The answers are kept in order, the shortest first. */
	for (; i > 0 && us[i - 1] > rtt; i--)
		us[i] = us[i - 1];
	us[i] = rtt;
	if (b->probes < PROBE_LEAST ||
	    (b->probes < BUDGET_PROBES &&
	     us[b->probes * 3 / 4] - us[0] > us[0] / 8))
		return;
	b->probing = false;
	b->bytes = b->bytes_before_probe;
	b->base_us = us[0];
	b->spread_us = us[b->probes * 3 / 8] - us[0];
	b->base_at = now;
	b->too_slow = b->round = 0;
}

/* True if the route seems to be another one, and the base is of no use. */
static bool update_base(struct budget *b, uint64_t rtt, int64_t now)
{
	if (rtt <= b->base_us + b->base_us / 16)
		b->base_at = now;
	if (rtt >= b->base_us)
		return now - b->base_at > BASE_MAX_AGE;
	b->spread_us += b->base_us - rtt;
	b->base_us = rtt;
	return b->spread_us > rtt;
}

/* Makes the budget larger or smaller, by the shortest answer of the round. */
static void end_round(struct budget *b)
{
	uint64_t rtt = b->round_us, base = b->base_us, limit = base / 4;

	if (limit < 2 * b->spread_us)
		limit = 2 * b->spread_us;
	limit += base + SLACK_US;
	b->too_slow =
		rtt > limit && b->bytes == BUDGET_MIN ? b->too_slow + 1 : 0;
	if (rtt > limit) {
		size_t fit = (size_t)(b->bytes * limit / rtt);

		b->bytes = fit < b->bytes / 2 ? b->bytes / 2 : fit;
		if (b->bytes < BUDGET_MIN)
			b->bytes = BUDGET_MIN;
	} else if (b->exhausted && rtt <= base + (limit - base) / 2) {
		/* If the budget was not used up, the round trip says nothing
		 * about a larger one. */
		b->bytes += b->bytes / 8;
		if (b->bytes > BUDGET_MAX)
			b->bytes = BUDGET_MAX;
	}
	b->round = 0;
	b->exhausted = false;
}

static void use_round_trip(struct budget *b, int64_t now)
{
	uint64_t rtt = b->keepalive->rtt_us;
	bool another;

	if (b->probing) {
		take_probe(b, rtt, now);
		return;
	}
	another = update_base(b, rtt, now);
	if (!b->round || rtt < b->round_us)
		b->round_us = rtt;
	if (++b->round == ROUND_ANSWERS)
		end_round(b);
	/* At the smallest budget it is not our bytes that are in the queue. */
	if (another || b->too_slow == TOO_SLOW_ROUNDS)
		begin_probe(b);
}

static void take_answer(struct budget *b, int64_t now)
{
	uint64_t down = b->taken - b->taken_at_answer;

	b->mean_us = b->mean_us ? (7 * b->mean_us + b->keepalive->rtt_us) / 8
				: b->keepalive->rtt_us;
	if (down >= b->bytes / 2)
		b->exhausted = true;
	if (b->sent_at_ping != b->acked || down)
		use_round_trip(b, now);
	b->answers = b->keepalive->answers;
	b->acked = b->sent_at_ping;
	b->taken_at_answer = b->taken;
	b->period++;
	b->active_before = b->active;
	b->active = 0;
}

/* ---- upwards ---- */

static uint64_t mean_us(const struct budget *b)
{
	return b->mean_us ? b->mean_us : SLACK_US;
}

/* Bytes of the budget that go in so many ms. */
static size_t bytes_in(const struct budget *b, int64_t ms)
{
	if (ms > 1000)
		ms = 1000;
	return (size_t)(b->bytes * 1000 * (uint64_t)ms / mean_us(b));
}

/* At the rate of the budget in a mean round trip. */
static void add_tokens(struct budget *b, int64_t now)
{
	int64_t ms = now - b->tokens_at;
	size_t add = bytes_in(b, ms), most = bytes_in(b, BURST_MS);

	if (most > b->bytes / 2)
		most = b->bytes / 2;
	if (most < BURST_MIN)
		most = BURST_MIN;
	if (!add)
		return;
	b->tokens_at = now;
	b->tokens = b->tokens + add < most ? b->tokens + add : most;
}

size_t budget_room(const struct budget *b)
{
	/* An answer is for what was sent a round trip before it came. */
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
	b->exhausted = b->refused = true;
}

int64_t budget_wait_ms(struct budget *b)
{
	bool soon = b->on && b->refused && b->sent - b->acked < 2 * b->bytes;
	uint64_t left, ms;

	b->refused = false;
	if (!soon)
		return 0;
	left = b->tokens < BURST_MIN ? BURST_MIN - b->tokens : 0;
	ms = left * mean_us(b) / (b->bytes * 1000) + 1;
	return ms < 100 ? (int64_t)ms : 100;
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
	b->answer_wanted = true;
}

size_t budget_window(const struct budget *b)
{
	unsigned int n =
		b->active > b->active_before ? b->active : b->active_before;
	size_t bytes = n ? b->bytes / n : b->bytes;

	return bytes < BUDGET_WINDOW_MIN ? BUDGET_WINDOW_MIN : bytes;
}

/* ---- both ---- */

void budget_turn(struct budget *b, int64_t now)
{
	bool moved;

	if (!b->on)
		return;
	if (b->keepalive->answers != b->answers)
		take_answer(b, now);
	add_tokens(b, now);
	moved = b->sent != b->acked || b->taken != b->taken_at_ping ||
		b->answer_wanted;
	/* After a pause the network may have changed, so a large budget has to
	 * be earned anew. */
	if (moved && b->idle_since && now - b->idle_since > IDLE_RESET) {
		if (b->bytes > BUDGET_START)
			b->bytes = BUDGET_START;
		if (b->bytes_before_probe > BUDGET_START)
			b->bytes_before_probe = BUDGET_START;
	}
	if (moved)
		b->idle_since = 0;
	else if (!b->idle_since)
		b->idle_since = now;
	if (!moved || b->keepalive->pinging)
		return;
	/* Its answer will say that all of this has been read. */
	b->answer_wanted = false;
	b->sent_at_ping = b->sent;
	b->taken_at_ping = b->taken;
	keepalive_ping(b->keepalive);
}
