// SPDX-License-Identifier: ISC
/*
 * A session with forwarded ports and no command.  Its channel is there for the
 * pings of keepalive-interval, and so that the server does not take the
 * connection for an unused one.
 */
#include "io/pumps.h"
#include "session/carried.h"
#include "session/session_state.h"

#define WINDOW	   (64 * 1024) /* nothing is to come on the channel */
#define HIGH_WATER 262144

struct forwards_only {
	struct session *s;
	struct pumps pumps;
	bool reported; /* that the server has answered for all ports */
};

static struct forwards_only the_forwards_only;

static bool move_forwards(void *arg)
{
	struct forwards_only *o = arg;
	struct session *s = o->s;
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

static void check_forwards_finished(void *arg, bool more)
{
	struct forwards_only *o = arg;
	struct session *s = o->s;
	struct transport *t = s->transport;

	if (t->broken || (t->rx == TRANSPORT_RX_EOF && !more))
		transport_fail(t, REASON_LINK_LOST,
			       "the connection to the server is lost", &s->f);
	else if (channel_is_closed(&s->channel))
		fail(&s->f, REASON_LINK_LOST,
		     "the server closed the channel that keeps the connection");
	if (failure_is_set(&s->f)) {
		loop_quit(&s->loop);
	} else if (!o->reported && carried_ports_answered()) {
		o->reported = true;
		session_step(s, STEP_FRAME);
	}
	carried_write_stats(s);
}

static int watch_forwards_transport(void *arg)
{
	struct forwards_only *o = arg;

	return transport_watch(o->s->transport);
}

void session_run_forwards(struct session *s)
{
	struct forwards_only *o = &the_forwards_only;

	s->transport->high_water = HIGH_WATER;
	if (channel_open(&s->channel, s->transport, WINDOW, &s->f) < 0)
		return;
	loop_timer_stop(&s->deadline);
	if (session_step(s, STEP_EXEC) < 0)
		return;
	keepalive_start(&s->keepalive, &s->loop, &s->channel, s->conf, &s->f);
	carried_start(s);
	o->s = s;
	o->pumps = (struct pumps){
		.loop = &s->loop,
		.arg = o,
		.f = &s->f,
		.move = move_forwards,
		.check_finished = check_forwards_finished,
		.update_watches = watch_forwards_transport,
	};
	pumps_run(&o->pumps);
	carried_stop();
}
