// SPDX-License-Identifier: ISC
/*
 * Every keepalive-interval a ping goes out on the session's channel.  Any byte
 * that comes back counts, of the answer or of anything else: if none has come
 * for keepalive-count intervals, the session ends.
 *
 * After half of that silence the hops are pinged as well, once, each on the
 * channel that leads through it.  If the limit is reached the failure names the
 * outermost hop that has not answered: if a hop has answered, then all before
 * it are there.
 *
 * After a suspend the parent cannot know how old the silence is; then a byte
 * has to come within a short time (probe), whatever the interval.
 */
#include "session/keepalive.h"

#include <errno.h>
#include <time.h>
#include "base/parse.h"

#define HOP_ANSWER 50 /* ms that hops have at least */

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t heard_at(const struct keepalive *a)
{
	return a->channel->t->received_at;
}

void keepalive_ping(struct keepalive *a)
{
	if (a->pinging)
		return;
	a->pinging = true;
	a->sent_us = now_us();
	keepalive_turn(a);
}

/* The channel that carries the transport of this one, or NULL. */
static struct channel *channel_around(struct channel *ch)
{
	return ch->t->via;
}

static void take_hop_answers(struct keepalive *a)
{
	struct channel *ch = a->channel;

	for (size_t i = 0; (ch = channel_around(ch)); i++)
		if (a->hop[i].pinging && channel_ping(ch) != -EAGAIN)
			a->hop[i].pinging = false;
}

static void ping_hops(struct keepalive *a)
{
	struct channel *ch = a->channel;

	a->hops_pinged_at = loop_now();
	for (size_t i = 0; (ch = channel_around(ch)); i++) {
		a->hop[i].pinging = true;
		a->hop[i].mark = ch->t->received;
	}
	take_hop_answers(a);
}

/* ms until the hops are to be pinged, which is once in a silence; `most' if
 * that is later. */
static int64_t ms_until_hops(const struct keepalive *a, int64_t now,
			     int64_t most)
{
	int64_t left = heard_at(a) + a->limit / 2 - now;

	if (!channel_around(a->channel) || a->hops_pinged_at >= heard_at(a))
		return most;
	return left < most ? left : most;
}

void keepalive_turn(struct keepalive *a)
{
	take_hop_answers(a);
	if (!a->pinging || channel_ping(a->channel) == -EAGAIN)
		return;
	a->pinging = false;
	a->rtt_us = (uint64_t)(now_us() - a->sent_us);
	a->answers++;
}

static void end_silent(struct keepalive *a, int64_t ms)
{
	const char *quiet = NULL;   /* hop; NULL: the server */
	const char *answers = NULL; /* hop; NULL: none */
	bool pinged = a->hops_pinged_at >= heard_at(a) &&
		      loop_now() - a->hops_pinged_at >= HOP_ANSWER;
	struct channel *ch = pinged ? channel_around(a->channel) : NULL;
	char text[24];

	for (size_t i = 0; ch && !answers; ch = channel_around(ch), i++) {
		if (ch->t->received != a->hop[i].mark)
			answers = ch->t->hop;
		else
			quiet = ch->t->hop;
	}
	fail(a->f, REASON_KEEPALIVE, "nothing came from %s%s for %s%s%s%s",
	     quiet ? "hop " : "the server", quiet ? quiet : "",
	     format_duration(text, sizeof(text), ms),
	     answers ? ", while hop " : "", answers ? answers : "",
	     answers ? " answers" : "");
	loop_quit(a->loop);
}

static void on_keepalive(struct timer *t)
{
	struct keepalive *a = t->arg;
	int64_t now = loop_now(), next = a->interval;

	if (a->probe_until && a->channel->t->received != a->probe_mark)
		a->probe_until = 0;
	if (a->probe_until && now >= a->probe_until) {
		end_silent(a, now - heard_at(a));
		return;
	}
	if (a->interval && now - heard_at(a) >= a->limit) {
		end_silent(a, a->limit);
		return;
	}
	if (a->interval) {
		if (ms_until_hops(a, now, a->limit) <= 0)
			ping_hops(a);
		keepalive_ping(a);
		next = ms_until_hops(a, now, next);
	}
	if (a->probe_until)
		next = a->probe_until - now;
	if (a->interval && heard_at(a) + a->limit - now < next)
		next = heard_at(a) + a->limit - now;
	if (next > 0 || a->probe_until)
		loop_timer(a->loop, t, next, on_keepalive, a);
}

void keepalive_start(struct keepalive *a, struct loop *l, struct channel *ch,
		     const struct conf *c, struct failure *f)
{
	*a = (struct keepalive){
		.loop = l,
		.channel = ch,
		.f = f,
		.interval = c->keepalive_interval,
		.limit = c->keepalive_interval * c->keepalive_count,
	};
	if (a->interval)
		loop_timer(l, &a->timer, a->interval, on_keepalive, a);
}

void keepalive_stop(struct keepalive *a)
{
	a->interval = 0;
	a->pinging = false;
	loop_timer_stop(&a->timer);
}

void keepalive_require_byte(struct keepalive *a, int64_t ms)
{
	if (!a->channel)
		return;
	a->probe_until = loop_now() + ms;
	a->probe_mark = a->channel->t->received;
	ping_hops(a);
	keepalive_ping(a);
	loop_timer(a->loop, &a->timer, ms, on_keepalive, a);
}
