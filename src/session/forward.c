// SPDX-License-Identifier: ISC
/*
 *   forward-local   accept here -> queued -> opening -> open -> closing
 *   forward-remote  accept there -> name -> connect -> open -> closing
 *
 * The server is asked for one port and one channel at a time, because libssh2
 * can do no more.  A port that it does not give is asked for again.
 */
#include "session/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/parse.h"
#include "session/connection.h"
#include "session/mux.h"
#include "session/x11.h"

#define SLOW_LIMIT    2000  /* ms, where others wait or it was silent before */
#define AGAIN_DELAY   5000  /* ms until a port is asked for again */
#define PAUSE_DELAY   1000  /* ms after an accept(2) that failed */
#define SILENCE_FIRST 10000 /* ms without connections to a dead target */
#define SILENCE_MAX   300000
#define COMPLAIN_EACH 10000 /* ms between two complaints */
#define ACCEPT_TURN   32
#define PORT_OF_ROOT  1024	  /* the first that is not */
#define LINE_UNSENT   (16 * 1024) /* and these, in the kernel */

static struct forward the_forwards[CONF_FORWARDS_MAX];
static int forwards;
static struct forward *asking;	   /* the server for a port */
static struct connection *opening; /* a channel */
static int last_opened;		   /* whose turn it was */
static size_t last_moved;
static struct timer soon;      /* when the share has more */
static struct channel dropped; /* there was no place for it at all */

void forward_complain(struct forward *f, const char *fmt, ...)
{
	int64_t now = loop_now();
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (f->complained_at && now - f->complained_at < COMPLAIN_EACH) {
		log_debug("%s: %s", f->text, text);
		return;
	}
	f->complained_at = now;
	log_warn("%s: %s", f->text, text);
}

/* ---- connections from here ---- */

static void set_from(struct connection *c, const struct sockaddr_storage *a)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memcpy(&in6, a, sizeof(in6));
	memcpy(&in, a, sizeof(in));
	lookup_text(a, c->from, sizeof(c->from));
	c->from_port =
		ntohs(a->ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

static void refuse(int fd)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void accepted(struct forward *f, int fd,
		     const struct sockaddr_storage *a)
{
	struct connection *c;
	int one = 1;

	if (f->silence && loop_now() < f->silent_until) {
		refuse(fd);
		return;
	}
	c = connection_take(f, false);
	if (!c) {
		forward_complain(f,
				 "%d connections are open; one more is "
				 "refused",
				 FORWARD_CONNECTIONS);
		refuse(fd);
		return;
	}
	set_from(c, a);
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	c->state = CONNECTION_QUEUED;
	if (connection_watch(c) < 0)
		connection_close(c);
}

static void watch_ports(struct forward *f, bool on);

static void on_pause_over(struct timer *t)
{
	watch_ports(t->arg, true);
}

static void on_port(struct watch *w, uint32_t events)
{
	struct forward *f = w->arg;

	(void)events;
	for (int i = 0; i < ACCEPT_TURN; i++) {
		struct sockaddr_storage a = {0};
		socklen_t len = sizeof(a);
		int fd = accept4(w->fd, (struct sockaddr *)&a, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			accepted(f, fd, &a);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			forward_complain(f, "accept: %s", strerror(errno));
			watch_ports(f, false);
			loop_timer(&f->s->loop, &f->pause, PAUSE_DELAY,
				   on_pause_over, f);
		}
		return;
	}
}

static void watch_ports(struct forward *f, bool on)
{
	for (int i = 0; i < 2; i++) {
		if (f->fd[i] < 0)
			continue;
		if (!on)
			loop_unwatch(&f->watch[i]);
		else if (loop_watch(&f->s->loop, &f->watch[i], f->fd[i],
				    EPOLLIN, on_port, f) < 0)
			forward_complain(f, "epoll: %s", strerror(errno));
	}
}

/* The one that has waited longest, of the forward whose turn it is. */
static struct connection *next_queued(void)
{
	for (int i = 1; i <= forwards; i++) {
		struct forward *f = &the_forwards[(last_opened + i) % forwards];
		struct connection *c, *first = NULL;

		for (size_t j = 0; (c = connection_at(j)); j++)
			if (c->state == CONNECTION_QUEUED && c->forward == f &&
			    (!first || c->order < first->order))
				first = c;
		if (first)
			return first;
	}
	return NULL;
}

static void wake_up(struct timer *t)
{
	(void)t;
}

static void begin_open(struct connection *c)
{
	opening = c;
	last_opened = c->forward->number;
	c->state = CONNECTION_OPENING;
	c->since = loop_now();
}

/* Somebody behind it, a command or one who wants to go to another target. */
static bool others_wait(const struct forward *f)
{
	const struct connection *c;

	for (size_t i = 0; (c = connection_at(i)); i++)
		if (c->state == CONNECTION_QUEUED && c->forward != f)
			return true;
	return false;
}

/* Where it is not, the loop wakes up in time. */
static bool open_late(struct connection *c)
{
	struct forward *f = c->forward;
	int64_t limit = f->s->conf->connect_timeout;
	int64_t left;
	bool whole;

	if (limit > OPEN_LIMIT)
		limit = OPEN_LIMIT;
	whole = limit <= SLOW_LIMIT || (!f->dead && !others_wait(f));
	if (!whole)
		limit = SLOW_LIMIT;
	left = c->since + limit - loop_now();
	if (left <= 0)
		f->dead |= whole;
	if (left > 0)
		loop_timer(&f->s->loop, &c->timer, left, wake_up, c);
	return left <= 0;
}

/*
 * libssh2 keeps the late answer to each open that was given up, and walks past
 * all of them: somebody who asks a dead target often must not make many.
 */
static void be_silent(struct forward *f)
{
	struct connection *c;
	char time[24];

	f->silence = f->silence ? 2 * f->silence : SILENCE_FIRST;
	if (f->silence > SILENCE_MAX)
		f->silence = SILENCE_MAX;
	f->silent_until = loop_now() + f->silence;
	for (size_t i = 0; (c = connection_at(i)); i++)
		if (c->state == CONNECTION_QUEUED && c->forward == f)
			connection_close(c);
	forward_complain(f,
			 "the server did not connect to %s port %d in time; "
			 "connections are refused for %s",
			 f->spec.host, f->spec.host_port,
			 format_duration(time, sizeof(time), f->silence));
}

static void not_silent(struct forward *f)
{
	f->silence = 0;
	f->dead = false;
}

static void open_failed(struct connection *c, int error, const char *why)
{
	struct forward *f = c->forward;

	opening = NULL;
	if (error == -EACCES)
		forward_complain(f,
				 "the server refused it: %s (permitopen "
				 "and AllowTcpForwarding of sshd)",
				 why);
	else if (error == -ETIMEDOUT)
		be_silent(f);
	else
		forward_complain(f,
				 "the server could not connect to %s port "
				 "%d: %s",
				 f->spec.host, f->spec.host_port, why);
	if (error != -ETIMEDOUT)
		not_silent(f);
	connection_close(c);
}

/* False where the server has yet to answer. */
static bool open_one(struct session *s)
{
	struct connection *c = opening;
	struct tcp_target to = {.from = c->from,
				.from_port = c->from_port,
				.host = c->forward->spec.host,
				.port = c->forward->spec.host_port,
				.size = connection_size()};
	char why[200] = "";
	int rc = tcp_channel_open(&c->channel, s->transport, &to, why,
				  sizeof(why));

	if (rc == -EAGAIN && open_late(c) &&
	    !channel_cancel_open(s->transport, &s->channel))
		rc = -ETIMEDOUT;
	if (rc == -EAGAIN)
		return false;
	if (rc < 0) {
		open_failed(c, rc, why);
		return true;
	}
	opening = NULL;
	not_silent(c->forward);
	loop_timer_stop(&c->timer);
	connection_open(c);
	return true;
}

/* False where nobody waits: next_queued() is long with many forwards. */
static bool drop_gone(void)
{
	struct connection *c;
	bool left = false;

	for (size_t i = 0; (c = connection_at(i)); i++) {
		if (c->state != CONNECTION_QUEUED)
			continue;
		if (c->gone && !c->shared)
			connection_close(c);
		else
			left = true;
	}
	return left;
}

static void open_channels(struct session *s)
{
	bool queued = drop_gone();

	if (!opening && !mux_open())
		return;
	if (!queued && !opening)
		return;
	for (;;) {
		struct connection *c;

		if (!opening && !mux_open())
			return;
		c = opening ? opening : next_queued();
		if (!c)
			return;
		if (!opening)
			begin_open(c);
		if (!open_one(s))
			return;
	}
}

/* ---- ports at the server ---- */

static void on_again(struct timer *t)
{
	struct forward *f = t->arg;

	f->due = true;
}

static void listening(struct forward *f)
{
	char time[24];

	if (f->held)
		log_info("%s: port %d at the server is ours again after %s",
			 f->text, f->port,
			 format_duration(time, sizeof(time),
					 (loop_now() - f->held_since) / 1000 *
						 1000));
	else
		log_info("%s: the server listens on port %d", f->text, f->port);
	f->held = false;
}

static void not_listening(struct forward *f, int error, const char *why)
{
	if (error == -EACCES) {
		f->refused = true;
		log_warn("%s: the server refused it: %s (%sAllowTcpForwarding "
			 "and permitlisten of sshd)",
			 f->text, why,
			 f->spec.port && f->spec.port < PORT_OF_ROOT
				 ? "a port below 1024 is root's there; "
				 : "");
		return;
	}
	if (!f->held) {
		f->held = true;
		f->held_since = loop_now();
		log_warn("%s: the server does not give port %d, which another "
			 "session may still have; asking again every %d s",
			 f->text, f->spec.port, AGAIN_DELAY / 1000);
	}
	loop_timer(&f->s->loop, &f->again, AGAIN_DELAY, on_again, f);
}

static struct forward *next_due(void)
{
	for (int i = 0; i < forwards; i++)
		if (the_forwards[i].due)
			return &the_forwards[i];
	return NULL;
}

static void ask_for_ports(struct session *s)
{
	char why[200] = "";

	while (asking || (asking = next_due())) {
		struct forward *f = asking;
		int port = f->spec.port, rc;

		rc = tcp_listener_open(&f->listener, s->transport, f->spec.bind,
				       &port, why, sizeof(why));
		if (rc == -EAGAIN)
			return;
		asking = NULL;
		f->due = false;
		f->asked = true;
		f->port = port;
		if (rc)
			not_listening(f, rc, why);
		else
			listening(f);
	}
}

/* A key exchange delays it. */
bool forward_may_take(void)
{
	return !dropped.ssh || !channel_free(&dropped, true);
}

void forward_take(struct forward *f, const struct channel *ch)
{
	struct connection *c = connection_take(f, false);
	bool spare = !c;

	if (spare) {
		forward_complain(f,
				 "%d connections are open; one more is "
				 "refused",
				 FORWARD_CONNECTIONS);
		c = connection_take(f, true);
	}
	if (!c) {
		dropped = *ch;
		return;
	}
	c->channel = *ch;
	if (spare)
		connection_close(c);
	else
		target_begin(c);
}

static void accept_there(struct forward *f)
{
	struct channel ch;

	while (f->listener.ssh && forward_may_take() &&
	       !tcp_listener_accept(&f->listener, &ch))
		forward_take(f, &ch);
}

/* ---- all together ---- */

/* What the kernel has not sent yet is ahead of the line's bytes. */
static void limit_share(struct session *s)
{
	bool on = s->plan->job == SESSION_LINE && (forwards || mux_open_now());
	int unsent = on ? LINE_UNSENT : 0;

	if (on == the_share.on)
		return;
	share_start(&the_share, &s->keepalive, on);
	setsockopt(s->transport->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		   sizeof(unsent));
}

void forward_start(struct session *s)
{
	const struct session_plan *p = s->plan;

	forwards = conf_forwards(s->conf);
	for (int i = 0; i < forwards; i++) {
		struct forward *f = &the_forwards[i];

		f->s = s;
		f->number = i;
		f->fd[0] = f->fd[1] = -1;
		conf_forward(s->conf, i, &f->spec);
		conf_forward_text(s->conf, i, f->text, sizeof(f->text));
		f->due = f->spec.remote;
	}
	for (int i = 0; i < p->ports; i++) {
		struct forward *f = &the_forwards[p->port[i].forward];

		f->fd[f->fd[0] >= 0] = p->port[i].fd;
	}
	mux_start(s);
	share_start(&the_share, &s->keepalive, false);
	limit_share(s);
	for (int i = 0; i < forwards; i++)
		watch_ports(&the_forwards[i], true);
}

uint64_t forward_moved(void)
{
	uint64_t n = x11_moved() + mux_moved();

	for (int i = 0; i < forwards; i++)
		n += the_forwards[i].received + the_forwards[i].sent;
	return n;
}

/* The one that sent last comes last. */
static bool move_all(void)
{
	size_t n = FORWARD_CONNECTIONS, first = last_moved + 1;
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		struct connection *c = connection_at((first + i) % n);
		uint64_t before;

		if (c->state != CONNECTION_OPEN)
			continue;
		before = c->forward->sent;
		more |= connection_move(c);
		if (c->forward->sent != before)
			last_moved = (first + i) % n;
	}
	return more;
}

bool forward_move(struct session *s)
{
	struct connection *c;
	int64_t wait;
	bool more;

	if ((!forwards && !s->plan->display && !mux_used()) ||
	    s->transport->broken)
		return false;
	limit_share(s);
	x11_take(s);
	share_turn(&the_share, loop_now());
	ask_for_ports(s);
	for (int i = 0; i < forwards; i++)
		accept_there(&the_forwards[i]);
	open_channels(s);
	mux_begin();
	more = move_all();
	share_turn(&the_share, loop_now());
	wait = share_soon(&the_share);
	if (wait)
		loop_timer(&s->loop, &soon, wait, wake_up, NULL);
	for (size_t i = 0; (c = connection_at(i)); i++)
		if (c->state == CONNECTION_CLOSING)
			connection_closing(c);
	return more;
}

bool forward_ready(void)
{
	for (int i = 0; i < forwards; i++)
		if (the_forwards[i].spec.remote && !the_forwards[i].asked)
			return false;
	return true;
}

void forward_tell(const struct session *s)
{
	struct session_stats *n = s->stats;

	for (int i = 0; n && i < forwards; i++) {
		const struct forward *f = &the_forwards[i];

		n->forward[i] = (struct forward_stats){
			.received = f->received,
			.sent = f->sent,
			.open = f->open,
			.port = (uint32_t)(f->spec.remote ? f->port
							  : f->spec.port),
			.state = f->held      ? FORWARD_HELD
				 : f->refused ? FORWARD_REFUSED
				 : f->spec.remote && !f->listener.ssh
					 ? FORWARD_DOWN
					 : FORWARD_UP,
		};
	}
}

void forward_stop(void)
{
	struct connection *c;

	for (size_t i = 0; (c = connection_at(i)); i++)
		if (c->state != CONNECTION_FREE &&
		    c->state != CONNECTION_CLOSING)
			connection_close(c);
	for (int i = 0; i < forwards; i++)
		target_stop(&the_forwards[i]);
	x11_stop();
	mux_stop();
}
