// SPDX-License-Identifier: ISC
/*
 *   accepted -> queued -> opening -> open
 *
 * libssh2 opens one channel at a time, so connections queue; forwards take
 * turns.  A server that does not answer an open in time (its own connect(2)
 * hangs) holds up the others: then the open is given up, after SLOW_LIMIT if
 * somebody else waits or the same forward was slow before, else after the full
 * limit.  libssh2 keeps the late answer to each open that was given up and
 * walks past all of them for the rest of the session, so a forward whose target
 * does not answer refuses connections for a while, twice as long each time:
 * anyone who asks a dead target often must not make many.
 */
#include "session/forward_local.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "ssh/lookup.h"
#include "ssh/tcp_channel.h"

#define SLOW_LIMIT   2000  /* ms */
#define ACCEPT_PAUSE 1000  /* ms after an accept(2) that failed */
#define REFUSE_FIRST 10000 /* ms */
#define REFUSE_MAX   300000
#define ACCEPT_TURN  32

static const struct stream_user forward_user;

struct forward_local *forward_local_add(struct forward_locals *l,
					const struct conf_forward *spec,
					const char *text)
{
	struct forward_local *f = &l->forward[l->n++];

	f->all = l;
	f->spec = *spec;
	f->fd[0] = f->fd[1] = -1;
	f->group.user = &forward_user;
	snprintf(f->group.name, sizeof(f->group.name), "%s", text);
	return f;
}

void forward_local_add_port(struct forward_local *f, int fd)
{
	f->fd[f->fd[0] >= 0] = fd;
}

/* ---- accepting ---- */

static void note_origin(struct stream *st, struct forward_locals *l,
			const struct sockaddr_storage *a)
{
	size_t i = stream_number(st);
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memcpy(&in6, a, sizeof(in6));
	memcpy(&in, a, sizeof(in));
	lookup_text(a, l->origin[i].from, sizeof(l->origin[i].from));
	l->origin[i].from_port =
		ntohs(a->ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

static void queue_connection(struct forward_local *f, int fd,
			     const struct sockaddr_storage *a)
{
	struct linger at_once = {.l_onoff = 1};
	struct stream *st = NULL;
	int one = 1;

	if (!f->refuse_ms || loop_now() >= f->refuse_until)
		st = stream_take(f->all->streams, &f->group);
	if (!st) {
		/* With a reset: the program there knows that nobody read. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof(at_once));
		close(fd);
		return;
	}
	note_origin(st, f->all, a);
	st->fd = fd;
	st->queued = true;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (stream_watch(st) < 0)
		stream_close(st);
}

static void watch_ports(struct forward_local *f, bool on);

static void on_accept_pause_over(struct timer *t)
{
	watch_ports(t->arg, true);
}

static void on_port(struct watch *w, uint32_t events)
{
	struct forward_local *f = w->arg;

	(void)events;
	for (int i = 0; i < ACCEPT_TURN; i++) {
		struct sockaddr_storage a = {0};
		socklen_t len = sizeof(a);
		int fd = accept4(w->fd, (struct sockaddr *)&a, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			queue_connection(f, fd, &a);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno == EAGAIN)
			return;
		/* Too many descriptors, most likely: the port stays readable,
		 * so the loop must not look at it for a while. */
		stream_complain(&f->group, "accept: %s", strerror(errno));
		watch_ports(f, false);
		loop_timer(f->all->streams->loop, &f->accept_pause,
			   ACCEPT_PAUSE, on_accept_pause_over, f);
		return;
	}
}

static void watch_ports(struct forward_local *f, bool on)
{
	for (int i = 0; i < 2; i++) {
		if (f->fd[i] < 0)
			continue;
		if (!on)
			loop_unwatch(&f->watch[i]);
		else if (loop_watch(f->all->streams->loop, &f->watch[i],
				    f->fd[i], EPOLLIN, on_port, f) < 0)
			stream_complain(&f->group, "epoll: %s",
					strerror(errno));
	}
}

void forward_locals_start(struct forward_locals *l)
{
	for (int i = 0; i < l->n; i++)
		watch_ports(&l->forward[i], true);
}

/* ---- opening ---- */

/* The queued stream of a forward that has waited longest, or NULL. */
static struct stream *next_of(struct forward_locals *l,
			      const struct forward_local *f)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *st = stream_at(l->streams, i);

		if (st->state == STREAM_PENDING && st->queued &&
		    st->group == &f->group &&
		    (!first || st->order < first->order))
			first = st;
	}
	return first;
}

/* The one that has waited longest, of the forward whose turn it is. */
static struct stream *next_queued_stream(struct forward_locals *l)
{
	for (int i = 1; i <= l->n; i++) {
		int number = (l->last_opened + i) % l->n;
		struct stream *st = next_of(l, &l->forward[number]);

		if (!st)
			continue;
		l->last_opened = number;
		return st;
	}
	return NULL;
}

bool forward_locals_drop_gone(struct forward_locals *l)
{
	bool left = false;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *st = stream_at(l->streams, i);

		if (st->state != STREAM_PENDING || !st->queued ||
		    st->group->user != &forward_user)
			continue;
		if (st->gone)
			stream_close(st);
		else
			left = true;
	}
	return left;
}

static void on_open_limit(struct timer *t)
{
	(void)t; /* the loop's next turn sees the time */
}

/* True once the server has had its time; else the loop wakes up when it has. */
static bool open_is_late(struct forward_locals *l, struct stream *st)
{
	struct forward_local *f = (struct forward_local *)st->group;
	int64_t limit = l->open_limit, left;
	bool whole = limit <= SLOW_LIMIT ||
		     (!f->unanswered &&
		      !streams_queued_beside(l->streams, &f->group));

	if (!whole)
		limit = SLOW_LIMIT;
	left = l->origin[stream_number(st)].since + limit - loop_now();
	if (left <= 0)
		f->unanswered |= whole;
	else
		loop_timer(l->streams->loop, &st->timer, left, on_open_limit,
			   NULL);
	return left <= 0;
}

/* Closes what the forward has queued and refuses what comes, for longer each
 * time. */
static void refuse_for_a_while(struct forward_local *f)
{
	struct stream *st;
	char time[24];

	f->refuse_ms = f->refuse_ms ? 2 * f->refuse_ms : REFUSE_FIRST;
	if (f->refuse_ms > REFUSE_MAX)
		f->refuse_ms = REFUSE_MAX;
	f->refuse_until = loop_now() + f->refuse_ms;
	while ((st = next_of(f->all, f)))
		stream_close(st);
	stream_complain(&f->group,
			"the server did not connect to %s port %d in time; "
			"connections are refused for %s",
			f->spec.host, f->spec.host_port,
			format_duration(time, sizeof(time), f->refuse_ms));
}

static void end_open(struct forward_locals *l, struct stream *st, int rc,
		     const char *why)
{
	struct forward_local *f = (struct forward_local *)st->group;

	l->opening = NULL;
	loop_timer_stop(&st->timer);
	if (rc == -ETIMEDOUT) {
		refuse_for_a_while(f);
	} else {
		f->refuse_ms = 0;
		f->unanswered = false;
	}
	if (rc == -EACCES)
		stream_complain(&f->group,
				"the server refused it: %s (permitopen and "
				"AllowTcpForwarding of sshd)",
				why);
	else if (rc < 0 && rc != -ETIMEDOUT)
		stream_complain(&f->group,
				"the server could not connect to %s port %d: "
				"%s",
				f->spec.host, f->spec.host_port, why);
	if (rc < 0)
		stream_close(st);
	else
		stream_open(st);
}

bool forward_locals_open_channels(struct forward_locals *l)
{
	struct stream *st = l->opening ? l->opening : next_queued_stream(l);
	struct forward_local *f;
	struct tcp_target to;
	char why[200] = "";
	int rc;

	if (!st)
		return true;
	if (!l->opening) {
		l->opening = st;
		st->queued = false;
		l->origin[stream_number(st)].since = loop_now();
	}
	f = (struct forward_local *)st->group;
	to = (struct tcp_target){
		.host = f->spec.host,
		.port = f->spec.host_port,
		.from = l->origin[stream_number(st)].from,
		.from_port = l->origin[stream_number(st)].from_port,
		.size = streams_channel_size(l->streams),
	};
	rc = tcp_channel_open(&st->channel, l->transport, &to, why,
			      sizeof(why));
	if (rc == -EAGAIN && open_is_late(l, st) &&
	    !channel_cancel_open(l->transport, l->any))
		rc = -ETIMEDOUT;
	if (rc == -EAGAIN)
		return false;
	end_open(l, st, rc, why);
	return true;
}

void forward_local_write_stats(const struct forward_local *f,
			       struct forward_stats *n)
{
	*n = (struct forward_stats){
		.received = f->group.received,
		.sent = f->group.sent,
		.open = f->group.open,
		.port = (uint32_t)f->spec.port,
		.state = FORWARD_UP,
	};
}
