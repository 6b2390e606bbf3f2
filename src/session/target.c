// SPDX-License-Identifier: ISC
/* From a connection that the server has accepted to its target here. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "session/connection.h"
#include "session/x11.h"

#define CONNECT_LIMIT 5000 /* ms for one address */
#define ANSWER_GOOD   5000 /* ms that a name's addresses are good for */

static void gave_up(struct connection *c, int error)
{
	struct forward *f = c->forward;

	forward_complain(f, "cannot connect to %s port %d: %s", f->spec.host,
			 f->spec.host_port, strerror(error));
	connection_close(c);
}

static void connected(struct connection *c)
{
	int one = 1;

	loop_timer_stop(&c->timer);
	loop_unwatch(&c->watch);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connection_watch(c) < 0)
		gave_up(c, ENOMEM);
	else
		connection_open(c);
}

static void connect_display(struct connection *c)
{
	const char *path = c->forward->display->path;
	int rc = x11_connect(c);

	if (!rc)
		rc = connection_watch(c);
	if (!rc) {
		connection_open(c);
		return;
	}
	forward_complain(c->forward, "cannot connect to %s: %s", path,
			 strerror(-rc));
	connection_close(c);
}

static void attempt_over(struct connection *c)
{
	loop_timer_stop(&c->timer);
	loop_unwatch(&c->watch);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void connect_next(struct connection *c, int error);

static void on_connected(struct watch *w, uint32_t events)
{
	struct connection *c = w->arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (!error) {
		connected(c);
		return;
	}
	attempt_over(c);
	connect_next(c, error);
}

static void on_limit(struct timer *t)
{
	attempt_over(t->arg);
	connect_next(t->arg, ETIMEDOUT);
}

/* Tries an address; not 0: why it is none. */
static int attempt(struct connection *c)
{
	struct forward *f = c->forward;
	struct sockaddr_storage *to = &f->answer.address[c->tried++];
	int rc;

	c->state = CONNECTION_CONNECT;
	c->fd = socket(to->ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = c->fd < 0 ? -1
		       : connect(c->fd, (struct sockaddr *)to, sizeof(*to));
	if (!rc) {
		connected(c);
		return 0;
	}
	if (c->fd < 0 || errno != EINPROGRESS)
		return errno;
	if (loop_watch(&f->s->loop, &c->watch, c->fd, EPOLLOUT, on_connected,
		       c) < 0)
		gave_up(c, ENOMEM);
	else
		loop_timer(&f->s->loop, &c->timer, CONNECT_LIMIT, on_limit, c);
	return 0;
}

/* The next address that can be tried; `error` is the last one's. */
static void connect_next(struct connection *c, int error)
{
	while (c->tried < c->forward->answer.n) {
		error = attempt(c);
		if (!error)
			return;
		attempt_over(c);
	}
	gave_up(c, error);
}

static void use_answer(struct connection *c)
{
	struct forward *f = c->forward;

	if (f->answer.n) {
		connect_next(c, 0);
		return;
	}
	forward_complain(f, "cannot resolve %s: %s", f->spec.host,
			 lookup_error(&f->answer));
	connection_close(c);
}

/* Others may be in the midst of it: it lasts until there is another one. */
static void keep_answer(struct forward *f)
{
	f->answer = f->lookup.answer;
	f->answered_at = loop_now();
}

static void on_answer(struct lookup *l)
{
	struct forward *f = l->arg;
	struct connection *c;

	keep_answer(f);
	for (size_t i = 0; (c = connection_at(i)); i++)
		if (c->state == CONNECTION_NAME && c->forward == f)
			use_answer(c);
}

void target_begin(struct connection *c)
{
	struct forward *f = c->forward;
	int rc = 1;

	c->state = CONNECTION_NAME;
	if (f->display && f->display->path[0]) {
		connect_display(c);
		return;
	}
	if (f->lookup.pid)
		return;
	if (!f->answered_at || loop_now() - f->answered_at > ANSWER_GOOD) {
		f->lookup.arg = f;
		rc = lookup_start(&f->lookup, &f->s->loop, f->spec.host,
				  f->spec.host_port, AF_UNSPEC, on_answer);
		if (rc > 0)
			keep_answer(f);
	}
	if (rc > 0)
		use_answer(c);
	else if (rc < 0)
		gave_up(c, -rc);
}

void target_stop(struct forward *f)
{
	lookup_stop(&f->lookup);
}
