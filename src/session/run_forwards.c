// SPDX-License-Identifier: ISC
/* A session with forwarded ports and nothing else. */
#include <string.h>
#include "session/carried.h"
#include "session/state.h"

#define WINDOW	   (64 * 1024) /* nothing is to come on the channel */
#define HIGH_WATER 262144
#define ROUNDS_MAX 8 /* of moving bytes before others get a turn */

static bool told; /* that the ports were asked for */

static struct timer soon;

static void on_event(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

static void on_timer(struct timer *t)
{
	(void)t;
}

static bool move_once(struct session *s)
{
	struct transport *t = s->transport;
	uint64_t before = transport_moved(t) + carried_bytes();
	bool more;

	transport_turn(t);
	channel_receive_packets(&s->channel);
	keepalive_turn(&s->keepalive);
	more = carried_move(s);
	transport_turn(t);
	return more || transport_moved(t) + carried_bytes() != before;
}

static void look(struct session *s, bool moved)
{
	struct transport *t = s->transport;

	if (t->broken || (t->rx == TRANSPORT_RX_EOF && !moved))
		transport_fail(t, REASON_LINK_LOST,
			       "the connection to the server is lost", &s->f);
	else if (channel_is_closed(&s->channel))
		fail(&s->f, REASON_LINK_LOST,
		     "the server closed the channel that keeps the connection");
	if (failure_is_set(&s->f))
		loop_quit(&s->loop);
	else if (!told && carried_ports_answered()) {
		told = true;
		session_step(s, STEP_FRAME);
	}
}

static void tell_numbers(const struct session *s)
{
	struct session_stats *n = s->stats;
	const struct transport *t = transport_outermost(s->transport);

	carried_write_stats(s);
	if (!n)
		return;
	n->received = t->received;
	n->sent = t->sent;
	n->rtt_us = s->keepalive.rtt_us;
}

static void before_wait(struct loop *l)
{
	struct session *s = l->arg;
	struct transport *t = s->transport;
	bool more = true;
	int rc;

	for (int i = 0; i < ROUNDS_MAX && more; i++)
		more = move_once(s);
	look(s, more);
	tell_numbers(s);
	if (l->quit)
		return;
	rc = loop_watch(l, &t->watch, t->fd, transport_events(t), on_event, s);
	if (rc < 0) {
		fail(&s->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
		loop_quit(l);
	}
	if (more)
		loop_timer(l, &soon, 0, on_timer, s);
}

/*
 * The channel is there for the questions of keepalive-interval, and so that
 * the server does not take the connection for an unused one.  Without it the
 * server could not be asked any more.
 */
void session_run_forwards(struct session *s)
{
	struct transport *t = s->transport;

	t->high_water = HIGH_WATER;
	if (channel_open(&s->channel, t, WINDOW, &s->f) < 0)
		return;
	loop_timer_stop(&s->deadline);
	if (session_step(s, STEP_EXEC) < 0)
		return;
	keepalive_start(&s->keepalive, &s->loop, &s->channel, s->conf, &s->f);
	carried_start(s);
	s->loop.quit = false;
	s->loop.before_wait = before_wait;
	loop_run(&s->loop);
	s->loop.before_wait = NULL;
	carried_stop();
}
