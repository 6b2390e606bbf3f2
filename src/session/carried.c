// SPDX-License-Identifier: ISC
/*
 * One turn, in this order: connections and windows that have come are taken;
 * channels are opened, of which libssh2 can open one at a time, so a command
 * goes before a connection and a connection that has begun to open goes first;
 * commands are started; all streams move bytes in turn; what is closed by now
 * is freed.  The budget is looked at before and after, because moving bytes
 * changes it.
 *
 * There is a budget only beside a line, and only while there are streams that
 * could be in its way.
 */
#include "session/carried.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include "conf/conf.h"
#include "conf/forward_spec.h"
#include "session/forward_local.h"
#include "session/forward_remote.h"
#include "session/session_state.h"
#include "session/x11_forward.h"

#define LINE_UNSENT (16 * 1024) /* bytes in the kernel ahead of the line's */

struct carried {
	struct streams streams;
	struct forward_locals locals;
	struct forward_remotes remotes;
	struct x11 x11;
	struct mux_commands mux;
	struct timer budget_timer; /* when it has more room */
	/* Of each forward of the configuration, one of the two. */
	struct forward_local *local[CONF_FORWARDS_MAX];
	struct forward_remote *remote[CONF_FORWARDS_MAX];
	int forwards;
};

/* Watches and timers of the loop point into it. */
static struct carried the_carried;

static struct carried *init_carried(struct session *s)
{
	struct carried *c = &the_carried;

	streams_init(&c->streams, &s->loop);
	c->locals.streams = c->remotes.streams = &c->streams;
	c->locals.transport = c->remotes.transport = s->transport;
	c->locals.any = &s->channel;
	return c;
}

int carried_ask_x11(struct session *s)
{
	struct carried *c = init_carried(s);

	return x11_forward_request(&c->x11, &c->streams, s->plan->display,
				   &s->channel, &s->f);
}

/* Bytes that the kernel has not sent yet are ahead of the line's. */
static void switch_budget(struct carried *c, struct session *s)
{
	bool on = s->plan->job == SESSION_LINE &&
		  (c->forwards || c->mux.group.open);
	int unsent = on ? LINE_UNSENT : 0;

	if (on == c->streams.budget.on)
		return;
	budget_start(&c->streams.budget, &s->keepalive, on);
	setsockopt(s->transport->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		   sizeof(unsent));
}

void carried_start(struct session *s)
{
	struct carried *c = init_carried(s);
	int64_t limit = s->conf->connect_timeout;

	c->locals.open_limit =
		limit < STREAM_OPEN_LIMIT ? limit : STREAM_OPEN_LIMIT;
	c->forwards = conf_forwards(s->conf);
	for (int i = 0; i < c->forwards; i++) {
		struct conf_forward spec;
		char text[sizeof(c->mux.group.name)];

		conf_forward(s->conf, i, &spec);
		conf_forward_text(s->conf, i, text, sizeof(text));
		if (spec.remote)
			c->remote[i] =
				forward_remote_add(&c->remotes, &spec, text);
		else
			c->local[i] =
				forward_local_add(&c->locals, &spec, text);
	}
	for (int i = 0; i < s->plan->ports; i++)
		forward_local_add_port(c->local[s->plan->port[i].forward],
				       s->plan->port[i].fd);
	mux_commands_start(&c->mux, s, &c->streams);
	budget_start(&c->streams.budget, &s->keepalive, false);
	switch_budget(c, s);
	forward_locals_start(&c->locals);
}

void carried_take_command(struct session *s, const struct message *m,
			  const int *descriptors)
{
	mux_commands_take(&the_carried.mux, s, m, descriptors);
}

/* Opens channels until there is nothing more to open, or the server has yet to
 * answer. */
static void open_channels(struct carried *c)
{
	bool queued = forward_locals_drop_gone(&c->locals);

	for (;;) {
		if (!c->locals.opening && !mux_commands_open_channels(&c->mux))
			return;
		if (!c->locals.opening && !queued)
			return;
		if (!forward_locals_open_channels(&c->locals))
			return;
		queued = forward_locals_drop_gone(&c->locals);
	}
}

static void on_budget_timer(struct timer *t)
{
	(void)t; /* the loop's next turn looks at the budget */
}

bool carried_move(struct session *s)
{
	struct carried *c = &the_carried;
	int64_t wait;
	bool more;

	if ((!c->forwards && !c->x11.display && !c->mux.used) ||
	    s->transport->broken)
		return false;
	switch_budget(c, s);
	if (c->x11.display)
		x11_forward_accept(&c->x11, s->transport);
	budget_turn(&c->streams.budget, loop_now());
	forward_remotes_move(&c->remotes);
	open_channels(c);
	mux_commands_launch(&c->mux);
	more = streams_move(&c->streams);
	budget_turn(&c->streams.budget, loop_now());
	wait = budget_wait_ms(&c->streams.budget);
	/* Streams that the budget holds back wake nobody by themselves. */
	if (wait)
		loop_timer(&s->loop, &c->budget_timer, wait, on_budget_timer,
			   NULL);
	streams_finish_closing(&c->streams);
	return more;
}

static uint64_t group_bytes(const struct stream_group *g)
{
	return g->received + g->sent;
}

uint64_t carried_bytes(void)
{
	const struct carried *c = &the_carried;
	uint64_t n = group_bytes(&c->x11.group) + group_bytes(&c->mux.group);

	for (int i = 0; i < c->locals.n; i++)
		n += group_bytes(&c->locals.forward[i].group);
	for (int i = 0; i < c->remotes.n; i++)
		n += group_bytes(&c->remotes.forward[i].group);
	return n;
}

unsigned int carried_windows(void)
{
	return the_carried.x11.group.open;
}

bool carried_ports_answered(void)
{
	return forward_remotes_ready(&the_carried.remotes);
}

void carried_write_stats(const struct session *s)
{
	const struct carried *c = &the_carried;
	const struct transport *t = transport_outermost(s->transport);
	struct session_stats *n = s->stats;

	if (!n)
		return;
	n->received = t->received;
	n->sent = t->sent;
	n->rtt_us = s->keepalive.rtt_us;
	for (int i = 0; i < c->forwards; i++)
		if (c->local[i])
			forward_local_write_stats(c->local[i], &n->forward[i]);
		else
			forward_remote_write_stats(c->remote[i],
						   &n->forward[i]);
}

void carried_stop(void)
{
	struct carried *c = &the_carried;

	streams_stop(&c->streams);
	forward_remotes_stop(&c->remotes);
	x11_forward_stop(&c->x11);
	mux_commands_stop(&c->mux);
}
