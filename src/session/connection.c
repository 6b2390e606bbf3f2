// SPDX-License-Identifier: ISC
#include "session/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "session/forward.h"
#include "session/mux.h"
#include "session/x11.h"

#define SPARE	     32	   /* that are closed because of too many */
#define CLOSE_LIMIT  30000 /* ms for the server to close a channel */
#define LINE_PACKET  4096  /* a line's bytes wait for no more of another one */
#define ALONE_WINDOW (2 * 1024 * 1024)
#define WRITE_MIN    1024 /* or packets are all head */

/* Watches and timers of the loop point into it. */
static struct connection pool[FORWARD_CONNECTIONS + SPARE];
static uint64_t orders;

struct share the_share;

struct connection *connection_at(size_t i)
{
	return i < sizeof(pool) / sizeof(pool[0]) ? &pool[i] : NULL;
}

struct connection *connection_take(struct forward *f, bool spare)
{
	size_t from = spare ? FORWARD_CONNECTIONS : 0;
	size_t to = spare ? FORWARD_CONNECTIONS + SPARE : FORWARD_CONNECTIONS;

	for (size_t i = from; i < to; i++) {
		struct connection *c = &pool[i];

		if (c->state != CONNECTION_FREE)
			continue;
		c->forward = f;
		c->channel = (struct channel){0};
		c->shared = NULL;
		c->buffers = NULL;
		c->fd = -1;
		c->late = c->readable = c->writable = false;
		c->gone = c->reset = false;
		c->seen = 0;
		c->window = (struct window){0};
		c->capped = 0;
		c->period = 0;
		c->order = ++orders;
		c->tried = 0;
		f->open++;
		return c;
	}
	return NULL;
}

/* ---- the two ends of the pumps ---- */

static ssize_t from_socket(void *ctx, void *buf, size_t len)
{
	struct connection *c = ctx;
	ssize_t n;

	if (!c->readable)
		return -EAGAIN;
	do {
		n = recv(c->fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		c->readable = false;
	return n < 0 ? -errno : n;
}

static ssize_t to_socket(void *ctx, const void *buf, size_t len)
{
	struct connection *c = ctx;
	ssize_t n;

	if (!c->writable)
		return -EAGAIN;
	do {
		n = send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		c->writable = false;
	if (n > 0)
		c->forward->received += (uint64_t)n;
	return n < 0 ? -errno : n;
}

static int shut_socket(void *ctx)
{
	struct connection *c = ctx;

	shutdown(c->fd, SHUT_WR);
	return 0;
}

struct channel_size connection_size(void)
{
	return the_share.on ? (struct channel_size){WINDOW_FIRST, LINE_PACKET}
			    : (struct channel_size){ALONE_WINDOW,
						    CHANNEL_PACKET_MAX};
}

/* Asking libssh2 costs a walk over all that it has; so only where something
 * has come since it had nothing. */
ssize_t connection_read(struct connection *c, uint64_t *seen,
			stream_read_fn *read, void *ctx, void *buf, size_t len)
{
	const struct transport *t = c->channel.t;
	struct window_limit limit = {share_window(&the_share),
				     the_share.period};
	ssize_t n;
	int rc;

	if (*seen == t->received + 1 ||
	    window_send_adjust(&c->channel, &c->window) < 0)
		return -EAGAIN;
	rc = the_share.on
		     ? window_before_read(&c->channel, &c->window, limit, &len)
		     : 0;
	if (rc == -EBUSY)
		share_wait(&the_share);
	if (rc)
		return -EAGAIN;
	n = read(ctx, buf, len);
	if (n == -EAGAIN)
		*seen = t->received + 1;
	if (n <= 0 || !the_share.on)
		return n;
	share_take(&the_share, &c->period, (size_t)n);
	window_renew(&c->channel, &c->window, (size_t)n,
		     share_window(&the_share));
	return n;
}

static ssize_t read_first(void *ctx, void *buf, size_t len)
{
	struct connection *c = ctx;

	if (c->forward->display && !c->buffers->started)
		return x11_first(c, buf, len);
	return channel_read(&c->channel, buf, len);
}

static ssize_t from_channel(void *ctx, void *buf, size_t len)
{
	struct connection *c = ctx;

	return connection_read(c, &c->seen, read_first, c, buf, len);
}

/* As much as the share has room for; libssh2 wants the same again after
 * -EAGAIN. */
static size_t cut_write(struct connection *c, size_t len)
{
	size_t room = share_room(&the_share);

	if (c->capped)
		return c->capped;
	if (room >= len)
		return len;
	share_refused(&the_share);
	return room < WRITE_MIN ? 0 : room;
}

static ssize_t to_channel(void *ctx, const void *buf, size_t len)
{
	struct connection *c = ctx;
	ssize_t n;

	len = cut_write(c, len);
	if (!len)
		return -EAGAIN;
	n = channel_write(&c->channel, buf, len);
	c->capped = n == -EAGAIN ? len : 0;
	if (n > 0) {
		c->forward->sent += (uint64_t)n;
		share_sent(&the_share, (size_t)n);
	}
	return n;
}

static int shut_channel(void *ctx)
{
	struct connection *c = ctx;

	return channel_send_eof(&c->channel);
}

/* ---- its life ---- */

static void on_event(struct watch *w, uint32_t events)
{
	struct connection *c = w->arg;

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->writable = true;
	if (events & (EPOLLHUP | EPOLLERR))
		c->gone = true;
	if (events & EPOLLERR)
		c->reset = true;
}

static void reset_at_close(const struct connection *c, bool on)
{
	struct linger l = {.l_onoff = on};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* Until all is known to be there, an end is a failure: also our own. */
int connection_watch(struct connection *c)
{
	reset_at_close(c, true);
	return loop_watch(&c->forward->s->loop, &c->watch, c->fd,
			  EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET,
			  on_event, c);
}

void connection_open(struct connection *c)
{
	struct buffers *b = malloc(sizeof(*b));

	if (!b) {
		forward_complain(c->forward, "out of memory");
		connection_close(c);
		return;
	}
	b->used = 0;
	b->started = false;
	c->buffers = b;
	if (the_share.on) {
		share_take(&the_share, &c->period, 0);
		window_renew(&c->channel, &c->window, 0,
			     share_window(&the_share));
	}
	c->readable = c->writable = true;
	pump_init(&b->up, (struct pump_source){from_socket, c},
		  (struct pump_sink){to_channel, shut_channel, c});
	pump_init(&b->down, (struct pump_source){from_channel, c},
		  (struct pump_sink){to_socket, shut_socket, c});
	c->state = CONNECTION_OPEN;
	if (c->forward->display)
		x11_begin(c);
}

static bool pump_over(const struct pump *p)
{
	return p->state == PUMP_DONE || p->state == PUMP_FAILED;
}

/*
 * A socket that was reset says so when it is read; but nobody reads it while
 * the ring has no room, nor after its end.  What was sent before an end in good
 * order still goes on.
 */
static bool reset_unread(const struct connection *c)
{
	const struct pump *up = &c->buffers->up;

	return c->reset && !pump_wants_source(up) &&
	       (up->state == PUMP_OPEN || pump_over(up));
}

bool connection_move(struct connection *c)
{
	struct pump *up = &c->buffers->up, *down = &c->buffers->down;
	bool more = pump_run(down);
	bool lost, over;

	more |= pump_run(up);
	if (c->shared)
		return mux_move(c) || more;
	lost = (up->state == PUMP_FAILED && !up->failed_sink) ||
	       down->state == PUMP_FAILED || reset_unread(c);
	over = pump_over(down) &&
	       (pump_over(up) || channel_is_closed(&c->channel));
	if (lost || over)
		connection_close(c);
	return more;
}

static void on_late(struct timer *t)
{
	struct connection *c = t->arg;

	c->late = true;
}

void connection_close(struct connection *c)
{
	loop_timer_stop(&c->timer);
	if (c->shared)
		mux_over(c);
	if (c->fd >= 0) {
		loop_unwatch(&c->watch);
		if (c->buffers && c->buffers->down.state == PUMP_DONE)
			reset_at_close(c, false);
		close(c->fd);
	}
	c->fd = -1;
	free(c->buffers);
	c->buffers = NULL;
	c->forward->open--;
	c->state = CONNECTION_FREE;
	if (!c->channel.ssh || c->channel.t->broken)
		return;
	c->state = CONNECTION_CLOSING;
	c->late = false;
	loop_timer(&c->forward->s->loop, &c->timer, CLOSE_LIMIT, on_late, c);
}

void connection_closing(struct connection *c)
{
	if (channel_free(&c->channel, c->late) == -EAGAIN)
		return;
	loop_timer_stop(&c->timer);
	c->state = CONNECTION_FREE;
}
