/* SPDX-License-Identifier: ISC */
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

static void ping(struct keepalive *a)
{
	if (a->pinging)
		return;
	a->pinging = true;
	a->sent_us = now_us();
	keepalive_turn(a);
}

/* The channel at the hop before this transport's host, or NULL. */
static struct channel *outwards(struct channel *ch)
{
	return ch->t->via;
}

static void turn_hops(struct keepalive *a)
{
	struct channel *ch = a->channel;

	for (size_t i = 0; (ch = outwards(ch)); i++)
		if (a->hop[i].pinging && channel_ping(ch) != -EAGAIN)
			a->hop[i].pinging = false;
}

static void ask_hops(struct keepalive *a)
{
	struct channel *ch = a->channel;

	a->hops_asked_at = loop_now();
	for (size_t i = 0; (ch = outwards(ch)); i++) {
		a->hop[i].pinging = true;
		a->hop[i].mark = ch->t->received;
	}
	turn_hops(a);
}

/* ms until the hops are to be asked, which is once in a silence; `most` where
 * that is later. */
static int64_t hops_due(const struct keepalive *a, int64_t now, int64_t most)
{
	int64_t left = heard_at(a) + a->limit / 2 - now;

	if (!outwards(a->channel) || a->hops_asked_at >= heard_at(a))
		return most;
	return left < most ? left : most;
}

void keepalive_turn(struct keepalive *a)
{
	turn_hops(a);
	if (!a->pinging || channel_ping(a->channel) == -EAGAIN)
		return;
	a->pinging = false;
	a->rtt_us = (uint64_t)(now_us() - a->sent_us);
	a->answers++;
}

/* Where a hop has answered, all before it are there, too. */
static void silent(struct keepalive *a, int64_t ms)
{
	const char *mute = NULL, *answers = NULL; /* NULL: the server; none */
	bool asked = a->hops_asked_at >= heard_at(a) &&
		     loop_now() - a->hops_asked_at >= HOP_ANSWER;
	struct channel *ch = asked ? outwards(a->channel) : NULL;
	char text[24];

	for (size_t i = 0; ch && !answers; ch = outwards(ch), i++) {
		if (ch->t->received != a->hop[i].mark)
			answers = ch->t->hop;
		else
			mute = ch->t->hop;
	}
	fail(a->f, REASON_KEEPALIVE, "nothing came from %s%s for %s%s%s%s",
	     mute ? "hop " : "the server", mute ? mute : "",
	     format_duration(text, sizeof(text), ms),
	     answers ? ", while hop " : "", answers ? answers : "",
	     answers ? " answers" : "");
	loop_quit(a->loop);
}

static void on_timer(struct timer *t)
{
	struct keepalive *a = t->arg;
	int64_t now = loop_now(), next = a->interval;

	if (a->probe_until && a->channel->t->received != a->probe_mark)
		a->probe_until = 0;
	if (a->probe_until && now >= a->probe_until) {
		silent(a, now - heard_at(a));
		return;
	}
	if (a->interval && now - heard_at(a) >= a->limit) {
		silent(a, a->limit);
		return;
	}
	if (a->interval) {
		if (hops_due(a, now, a->limit) <= 0)
			ask_hops(a);
		ping(a);
		next = hops_due(a, now, next);
	}
	if (a->probe_until)
		next = a->probe_until - now;
	if (a->interval && heard_at(a) + a->limit - now < next)
		next = heard_at(a) + a->limit - now;
	if (next > 0 || a->probe_until)
		loop_timer(a->loop, t, next, on_timer, a);
}

void keepalive_ping(struct keepalive *a)
{
	ping(a);
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
		loop_timer(l, &a->timer, a->interval, on_timer, a);
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
	ask_hops(a);
	ping(a);
	loop_timer(a->loop, &a->timer, ms, on_timer, a);
}
