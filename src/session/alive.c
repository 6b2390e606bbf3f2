/* SPDX-License-Identifier: ISC */
#include "session/alive.h"

#include <errno.h>
#include <time.h>
#include "base/parse.h"

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t heard_at(const struct alive *a)
{
	return a->channel->t->received_at;
}

static void ping(struct alive *a)
{
	if (a->pinging)
		return;
	a->pinging = true;
	a->sent_us = now_us();
	alive_turn(a);
}

void alive_turn(struct alive *a)
{
	if (!a->pinging || channel_ping(a->channel) == -EAGAIN)
		return;
	a->pinging = false;
	a->rtt_us = (uint64_t)(now_us() - a->sent_us);
	a->answers++;
}

static void silent(struct alive *a, int64_t ms)
{
	char text[24];

	fail(a->f, REASON_KEEPALIVE, "nothing came from the server for %s",
	     format_duration(text, sizeof(text), ms));
	loop_quit(a->loop);
}

static void on_timer(struct timer *t)
{
	struct alive *a = t->arg;
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
	if (a->interval)
		ping(a);
	if (a->probe_until)
		next = a->probe_until - now;
	if (a->interval && heard_at(a) + a->limit - now < next)
		next = heard_at(a) + a->limit - now;
	if (next > 0 || a->probe_until)
		loop_timer(a->loop, t, next, on_timer, a);
}

void alive_ask(struct alive *a)
{
	ping(a);
}

void alive_start(struct alive *a, struct loop *l, struct channel *ch,
		 const struct conf *c, struct failure *f)
{
	*a = (struct alive){
		.loop = l,
		.channel = ch,
		.f = f,
		.interval = c->keepalive_interval,
		.limit = c->keepalive_interval * c->keepalive_count,
	};
	if (a->interval)
		loop_timer(l, &a->timer, a->interval, on_timer, a);
}

void alive_stop(struct alive *a)
{
	a->interval = 0;
	a->pinging = false;
	loop_timer_stop(&a->timer);
}

void alive_probe(struct alive *a, int64_t ms)
{
	if (!a->channel)
		return;
	a->probe_until = loop_now() + ms;
	a->probe_mark = a->channel->t->received;
	ping(a);
	loop_timer(a->loop, &a->timer, ms, on_timer, a);
}
