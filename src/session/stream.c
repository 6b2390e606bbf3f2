// SPDX-License-Identifier: ISC
/*
 *   pending -> open -> closing -> free
 *
 * A user takes a stream, makes its socket and its channel, in whatever order,
 * and opens it.  Then `up' reads the socket and writes the channel, `down' the
 * other way.  Sockets are watched edge-triggered and once for all: readable and
 * writable say what is known, and a call that gives EAGAIN corrects them.
 *
 * The budget limits both directions while there is a line beside the streams:
 * writes are cut to its room, and the receive window of each channel follows
 * its share (ssh/window.h).
 *
 * Streams move in turn, after the one that sent last, so that the room goes
 * round.  A stream is closed when both pumps are done, or when one fails; its
 * user may decide otherwise.  The channel stays for a while, until the server
 * has closed it as well: at most CLOSE_LIMIT.
 *
 * libssh2 walks over all packets that it has at each call, so a channel that
 * had nothing is asked again only after bytes have come.
 */
#include "session/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"

#define CLOSE_LIMIT   30000 /* ms for the server to close a channel */
#define LINE_PACKET   4096  /* a line's bytes wait for no more of another one */
#define ALONE_WINDOW  (2 * 1024 * 1024)
#define WRITE_MIN     1024  /* bytes, or packets are all head */
#define COMPLAIN_EACH 10000 /* ms between two complaints */

void streams_init(struct streams *set, struct loop *loop)
{
	set->loop = loop;
}

void stream_complain(struct stream_group *g, const char *fmt, ...)
{
	int64_t now = loop_now();
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (g->complained_at && now - g->complained_at < COMPLAIN_EACH) {
		log_debug("%s: %s", g->name, text);
		return;
	}
	g->complained_at = now;
	log_warn("%s: %s", g->name, text);
}

/* ---- the pool ---- */

struct stream *stream_at(struct streams *set, size_t i)
{
	return i < STREAMS_MAX + STREAMS_SPARE ? &set->pool[i] : NULL;
}

size_t stream_number(const struct stream *st)
{
	return (size_t)(st - st->set->pool);
}

static struct stream *take_between(struct streams *set, struct stream_group *g,
				   size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct stream *st = &set->pool[i];

		if (st->state != STREAM_FREE)
			continue;
		*st = (struct stream){.set = set,
				      .group = g,
				      .state = STREAM_PENDING,
				      .fd = -1,
				      .order = ++set->orders};
		g->open++;
		return st;
	}
	return NULL;
}

struct stream *stream_take(struct streams *set, struct stream_group *g)
{
	struct stream *st = take_between(set, g, 0, STREAMS_MAX);

	if (!st)
		stream_complain(g,
				"%d connections are open; one more is refused",
				STREAMS_MAX);
	return st;
}

bool streams_may_accept(struct streams *set)
{
	return !set->dropped.ssh || !channel_free(&set->dropped, true);
}

struct stream *stream_accept(struct streams *set, struct stream_group *g,
			     const struct channel *ch)
{
	struct stream *st = stream_take(set, g);
	struct stream *spare;

	if (st) {
		st->channel = *ch;
		return st;
	}
	/* The server believes that the channel is open, so one that is refused
	 * needs a place of its own until it is closed. */
	spare = take_between(set, g, STREAMS_MAX, STREAMS_MAX + STREAMS_SPARE);
	if (!spare) {
		set->dropped = *ch;
		return NULL;
	}
	spare->channel = *ch;
	stream_close(spare);
	return NULL;
}

bool streams_queued_beside(const struct streams *set,
			   const struct stream_group *g)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		const struct stream *st = &set->pool[i];

		if (st->state == STREAM_PENDING && st->queued && st->group != g)
			return true;
	}
	return false;
}

/* ---- the ends of the pumps ---- */

static ssize_t read_socket(void *ctx, void *buf, size_t len)
{
	struct stream *st = ctx;
	ssize_t n;

	if (!st->readable)
		return -EAGAIN;
	do {
		n = recv(st->fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		st->readable = false;
	return n < 0 ? -errno : n;
}

static ssize_t write_socket(void *ctx, const void *buf, size_t len)
{
	struct stream *st = ctx;
	ssize_t n;

	if (!st->writable)
		return -EAGAIN;
	do {
		n = send(st->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		st->writable = false;
	if (n > 0)
		st->group->received += (uint64_t)n;
	return n < 0 ? -errno : n;
}

static int shut_socket(void *ctx)
{
	struct stream *st = ctx;

	shutdown(st->fd, SHUT_WR);
	return 0;
}

ssize_t stream_read(struct stream *st, uint64_t *empty_at, stream_read_fn *read,
		    void *ctx, void *buf, size_t len)
{
	struct budget *b = &st->set->budget;
	const struct transport *t = st->channel.t;
	struct window_limit limit = {budget_window(b), b->period};
	ssize_t n;
	int rc = 0;

	if (*empty_at == t->received + 1 ||
	    window_send_adjust(&st->channel, &st->window) < 0)
		return -EAGAIN;
	/* -EBUSY: the bytes are left unread, so that the server is not granted
	 * a larger window; the next answer to a ping may change that. */
	if (b->on)
		rc = window_before_read(&st->channel, &st->window, limit, &len);
	if (rc == -EBUSY)
		budget_want_answer(b);
	if (rc)
		return -EAGAIN;
	n = read(ctx, buf, len);
	if (n == -EAGAIN)
		*empty_at = t->received + 1;
	if (n <= 0 || !b->on)
		return n;
	budget_taken(b, &st->budget_period, (size_t)n);
	window_renew(&st->channel, &st->window, (size_t)n, budget_window(b));
	return n;
}

static ssize_t read_channel(void *ctx, void *buf, size_t len)
{
	struct stream *st = ctx;
	const struct stream_user *u = st->group->user;

	return u->read ? u->read(st, buf, len)
		       : channel_read(&st->channel, buf, len);
}

static ssize_t read_within_budget(void *ctx, void *buf, size_t len)
{
	struct stream *st = ctx;

	return stream_read(st, &st->empty_at, read_channel, st, buf, len);
}

static ssize_t write_channel(void *ctx, const void *buf, size_t len)
{
	struct stream *st = ctx;
	struct budget *b = &st->set->budget;
	size_t room = budget_room(b);
	ssize_t n;

	if (st->write_pending_len) {
		/* libssh2 wants the same again after -EAGAIN. */
		len = st->write_pending_len;
	} else if (room < len) {
		budget_refused(b);
		len = room < WRITE_MIN ? 0 : room;
	}
	if (!len)
		return -EAGAIN;
	n = channel_write(&st->channel, buf, len);
	st->write_pending_len = n == -EAGAIN ? len : 0;
	if (n > 0) {
		st->group->sent += (uint64_t)n;
		budget_sent(b, (size_t)n);
	}
	return n;
}

static int send_eof(void *ctx)
{
	struct stream *st = ctx;

	return channel_send_eof(&st->channel);
}

/* ---- its life ---- */

static void on_stream_socket(struct watch *w, uint32_t events)
{
	struct stream *st = w->arg;

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		st->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		st->writable = true;
	if (events & (EPOLLHUP | EPOLLERR))
		st->gone = true;
	if (events & EPOLLERR)
		st->reset = true;
}

static void reset_at_close(const struct stream *st, bool on)
{
	struct linger l = {.l_onoff = on};

	setsockopt(st->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* Until all is known to be there, an end is a failure: also our own. */
int stream_watch(struct stream *st)
{
	reset_at_close(st, true);
	return loop_watch(st->set->loop, &st->watch, st->fd,
			  EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET,
			  on_stream_socket, st);
}

struct channel_size streams_channel_size(const struct streams *set)
{
	return set->budget.on ? (struct channel_size){WINDOW_FIRST, LINE_PACKET}
			      : (struct channel_size){ALONE_WINDOW,
						      CHANNEL_PACKET_MAX};
}

void stream_open(struct stream *st)
{
	struct budget *b = &st->set->budget;
	const struct stream_user *u = st->group->user;
	struct stream_pumps *p = malloc(sizeof(*p));

	if (!p) {
		stream_complain(st->group, "out of memory");
		stream_close(st);
		return;
	}
	st->pumps = p;
	/* Grants the server the stream's share of the budget. */
	if (b->on) {
		budget_taken(b, &st->budget_period, 0);
		window_renew(&st->channel, &st->window, 0, budget_window(b));
	}
	st->readable = st->writable = true;
	pump_init(&p->up, (struct pump_source){read_socket, st},
		  (struct pump_sink){write_channel, send_eof, st});
	pump_init(&p->down, (struct pump_source){read_within_budget, st},
		  (struct pump_sink){write_socket, shut_socket, st});
	st->state = STREAM_OPEN;
	if (u->on_open)
		u->on_open(st);
}

static bool move_one(struct stream *st)
{
	struct pump *up = &st->pumps->up, *down = &st->pumps->down;
	const struct stream_user *u = st->group->user;
	bool more = pump_run(down);
	bool reset, lost, over;

	more |= pump_run(up);
	if (u->on_move)
		return u->on_move(st) || more;
	/*
	 * A socket that was reset says so when it is read; but nobody reads it
	 * while the ring has no room, nor after its end.  What was sent before
	 * an end in good order still goes on.
	 */
	reset = st->reset && !pump_wants_source(up) &&
		(up->state == PUMP_OPEN || pump_is_over(up));
	lost = reset || (up->state == PUMP_FAILED && !up->failed_sink) ||
	       down->state == PUMP_FAILED;
	over = pump_is_over(down) &&
	       (pump_is_over(up) || channel_is_closed(&st->channel));
	if (lost || over)
		stream_close(st);
	return more;
}

bool streams_move(struct streams *set)
{
	size_t first = set->last_moved + 1;
	bool more = false;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		size_t number = (first + i) % STREAMS_MAX;
		struct stream *st = &set->pool[number];
		uint64_t before;

		if (st->state != STREAM_OPEN)
			continue;
		before = st->group->sent;
		more |= move_one(st);
		if (st->group->sent != before)
			set->last_moved = number;
	}
	return more;
}

static void on_close_limit(struct timer *t)
{
	struct stream *st = t->arg;

	st->late = true;
}

void stream_close(struct stream *st)
{
	const struct stream_user *u = st->group->user;

	loop_timer_stop(&st->timer);
	if (u->on_close)
		u->on_close(st);
	if (st->fd >= 0) {
		loop_unwatch(&st->watch);
		/* All that came has been handed over: no reset. */
		if (st->pumps && st->pumps->down.state == PUMP_DONE)
			reset_at_close(st, false);
		close(st->fd);
	}
	st->fd = -1;
	free(st->pumps);
	st->pumps = NULL;
	st->group->open--;
	st->state = STREAM_FREE;
	if (!st->channel.ssh || st->channel.t->broken)
		return;
	st->state = STREAM_CLOSING;
	st->late = false;
	loop_timer(st->set->loop, &st->timer, CLOSE_LIMIT, on_close_limit, st);
}

void streams_finish_closing(struct streams *set)
{
	struct stream *st;

	for (size_t i = 0; (st = stream_at(set, i)); i++) {
		if (st->state != STREAM_CLOSING ||
		    channel_free(&st->channel, st->late) == -EAGAIN)
			continue;
		loop_timer_stop(&st->timer);
		st->state = STREAM_FREE;
	}
}

void streams_stop(struct streams *set)
{
	struct stream *st;

	for (size_t i = 0; (st = stream_at(set, i)); i++)
		if (st->state == STREAM_PENDING || st->state == STREAM_OPEN)
			stream_close(st);
}
