// SPDX-License-Identifier: ISC
/*
 * The name is looked up when the first stream needs it, and the answer is good
 * for ANSWER_GOOD ms; streams that come meanwhile wait for the same lookup.
 * Then each stream tries the addresses one after the other, CONNECT_LIMIT ms
 * each.
 */
#include "session/target.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_LIMIT 5000 /* ms for one address */
#define ANSWER_GOOD   5000 /* ms that a name's addresses are good for */

static struct target *target_of(const struct stream *st)
{
	return st->group->owner;
}

static void give_up(struct stream *st, int error)
{
	const struct target *to = target_of(st);

	stream_complain(st->group, "cannot connect to %s port %d: %s", to->host,
			to->port, strerror(error));
	stream_close(st);
}

static void end_attempt(struct stream *st)
{
	loop_timer_stop(&st->timer);
	loop_unwatch(&st->watch);
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
}

/* The watch so far was for the end of connect(2); a stream has its own. */
static void use_connection(struct stream *st)
{
	int one = 1;

	loop_timer_stop(&st->timer);
	loop_unwatch(&st->watch);
	setsockopt(st->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(st->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (stream_watch(st) < 0)
		give_up(st, ENOMEM);
	else
		stream_open(st);
}

static void try_next(struct stream *st, int error);

static void on_target_connected(struct watch *w, uint32_t events)
{
	struct stream *st = w->arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (getsockopt(st->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (!error) {
		use_connection(st);
		return;
	}
	end_attempt(st);
	try_next(st, error);
}

static void on_connect_limit(struct timer *t)
{
	end_attempt(t->arg);
	try_next(t->arg, ETIMEDOUT);
}

/* Tries an address; not 0: why it is none. */
static int try_address(struct stream *st, const struct sockaddr_storage *a)
{
	struct loop *loop = st->set->loop;
	int rc = -1;

	st->fd = socket(a->ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (st->fd >= 0)
		rc = connect(st->fd, (const struct sockaddr *)a, sizeof(*a));
	if (!rc) {
		use_connection(st);
		return 0;
	}
	if (st->fd < 0 || errno != EINPROGRESS)
		return errno;
	if (loop_watch(loop, &st->watch, st->fd, EPOLLOUT, on_target_connected,
		       st) < 0)
		give_up(st, ENOMEM);
	else
		loop_timer(loop, &st->timer, CONNECT_LIMIT, on_connect_limit,
			   st);
	return 0;
}

/* The next address that can be tried; `error` is the last one's. */
static void try_next(struct stream *st, int error)
{
	struct target *to = target_of(st);
	int *tried = &to->tried[stream_number(st)];

	while (*tried < to->answer.n) {
		error = try_address(st, &to->answer.address[(*tried)++]);
		if (!error)
			return;
		end_attempt(st);
	}
	give_up(st, error);
}

static void use_answer(struct stream *st)
{
	struct target *to = target_of(st);

	to->tried[stream_number(st)] = 0;
	if (to->answer.n) {
		try_next(st, 0);
		return;
	}
	stream_complain(st->group, "cannot resolve %s: %s", to->host,
			lookup_error(&to->answer));
	stream_close(st);
}

/* Streams may be in the midst of it: it lasts until there is another one. */
static void keep_answer(struct target *to)
{
	to->answer = to->lookup.answer;
	to->answered_at = loop_now();
}

static void on_target_answer(struct lookup *l)
{
	struct target *to = l->arg;

	keep_answer(to);
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *st = stream_at(to->streams, i);

		if (st->state == STREAM_PENDING && st->group == to->group &&
		    to->tried[i] < 0)
			use_answer(st);
	}
}

void target_connect(struct target *to, struct stream *st)
{
	int rc = 1;

	/* -1 waits for an answer: on_target_answer() finds the stream by it. */
	to->tried[stream_number(st)] = -1;
	if (to->lookup.pid)
		return;
	if (!to->answered_at || loop_now() - to->answered_at > ANSWER_GOOD) {
		to->lookup.arg = to;
		rc = lookup_start(&to->lookup, to->streams->loop, to->host,
				  to->port, AF_UNSPEC, on_target_answer);
		if (rc > 0)
			keep_answer(to);
	}
	if (rc > 0)
		use_answer(st);
	else if (rc < 0)
		give_up(st, -rc);
}

void target_stop(struct target *to)
{
	lookup_stop(&to->lookup);
}
