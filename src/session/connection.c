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
#define LINE_WINDOW  1024  /* bytes, at first: the_share makes it larger */
#define LINE_PACKET  4096  /* a line's bytes wait for no more of another one */
#define ALONE_WINDOW (2 * 1024 * 1024)
#define READ_MIN     512
#define HOLD_LIMIT   2000 /* ms */
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
		c->credit = 0;
		c->capped = 0;
		c->period = c->looked_at = 0;
		c->taken = c->came = 0;
		c->held_since = 0;
		c->paused = false;
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

/* libssh2 wants the same number again after -EAGAIN. */
static int send_credit(struct connection *c)
{
	if (!c->credit)
		return 0;
	if (channel_widen(&c->channel, c->credit) == -EAGAIN)
		return -EAGAIN;
	c->credit = 0;
	return 0;
}

struct channel_size connection_size(void)
{
	return the_share.on ? (struct channel_size){LINE_WINDOW, LINE_PACKET}
			    : (struct channel_size){ALONE_WINDOW,
						    CHANNEL_PACKET_MAX};
}

/* Beside a line the window is opened small and follows the share. */
static void renew_window(struct connection *c)
{
	struct forward_window w = forward_window(&c->channel);
	size_t want = share_window(&the_share);

	if (w.left >= want / 4 * 3)
		return;
	c->credit = want - w.left;
	send_credit(c);
}

/* Whether less came between two of the share's answers than a bulk would
 * bring; or it was held back for long enough. */
static void look_at_pause(struct connection *c, const struct forward_window *w)
{
	uint64_t came = c->taken + w->unread;

	if (c->looked_at == the_share.period)
		return;
	c->paused = came - c->came < share_window(&the_share) / 4 * 3 ||
		    (c->held_since && loop_now() - c->held_since > HOLD_LIMIT);
	if (c->paused)
		c->held_since = 0;
	c->came = came;
	c->looked_at = the_share.period;
}

/*
 * A channel that the server has opened has a window of 2 MiB, and libssh2
 * renews that where less than three quarters are left, bytes unread included.
 * So while a bulk comes, some of it is let lie unread, so much that of the
 * window nothing but the share is left to the server, and what is read is given
 * back before libssh2 would.
 */
static bool may_read(struct connection *c, size_t len)
{
	struct forward_window w = forward_window(&c->channel);
	size_t floor = w.first / 4 * 3 + len;

	look_at_pause(c, &w);
	if (w.first <= LINE_WINDOW || w.left >= floor + len)
		return true;
	if (w.left - w.unread <= share_window(&the_share)) {
		c->held_since = 0;
		c->credit = len;
		return send_credit(c) == 0;
	}
	if (c->paused)
		return true;
	if (!c->held_since)
		c->held_since = loop_now();
	share_wait(&the_share);
	return false;
}

/* So few that libssh2, which adds them to the first window, does not renew the
 * window: that is for us. */
static size_t cut_read(const struct connection *c, size_t len)
{
	struct forward_window w = forward_window(&c->channel);
	size_t part = share_window(&the_share) / 4;

	if (part < READ_MIN)
		part = READ_MIN;
	if (w.first <= LINE_WINDOW && w.left > w.first / 4 * 3 &&
	    part > w.left - w.first / 4 * 3)
		part = w.left - w.first / 4 * 3;
	return len < part ? len : part;
}

/* Asking libssh2 costs a walk over all that it has; so only where something
 * has come since it had nothing. */
ssize_t connection_read(struct connection *c, uint64_t *seen,
			stream_read_fn *read, void *buf, size_t len)
{
	const struct transport *t = c->channel.t;
	ssize_t n;

	if (the_share.on)
		len = cut_read(c, len);
	if (*seen == t->received + 1 || send_credit(c) < 0 ||
	    (the_share.on && !may_read(c, len)))
		return -EAGAIN;
	n = read(c, buf, len);
	if (n == -EAGAIN)
		*seen = t->received + 1;
	if (n <= 0 || !the_share.on)
		return n;
	c->taken += (uint64_t)n;
	share_take(&the_share, &c->period, (size_t)n);
	renew_window(c);
	return n;
}

static ssize_t read_first(struct connection *c, void *buf, size_t len)
{
	if (c->forward->display && !c->buffers->started)
		return x11_first(c, buf, len);
	return channel_read(&c->channel, buf, len);
}

static ssize_t from_channel(void *ctx, void *buf, size_t len)
{
	struct connection *c = ctx;

	return connection_read(c, &c->seen, read_first, buf, len);
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

	return channel_shut(&c->channel);
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
		renew_window(c);
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
	       (pump_over(up) || channel_closed(&c->channel));
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
	if (!c->channel.ssh || c->channel.t->dead)
		return;
	c->state = CONNECTION_CLOSING;
	c->late = false;
	loop_timer(&c->forward->s->loop, &c->timer, CLOSE_LIMIT, on_late, c);
}

void connection_closing(struct connection *c)
{
	if (forward_close(&c->channel, c->late) == -EAGAIN)
		return;
	loop_timer_stop(&c->timer);
	c->state = CONNECTION_FREE;
}
