// SPDX-License-Identifier: ISC
/*
 *   window opened there -> connect to the X server -> open
 *
 * The first bytes of a stream name its protocol version and its cookie (X11
 * protocol, 8).  They are kept until they are complete, at most SETUP_LIMIT;
 * then the session's cookie in them is replaced by the X server's own, and
 * they go on.  A program with another cookie is refused.
 */
#include "session/x11_forward.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "ssh/x11.h"

#define SETUP_LIMIT 10000 /* ms; or programs that say nothing take all places */

/* ---- the first bytes ---- */

static struct x11_setup *setup_of(const struct stream *st)
{
	struct x11 *x = (struct x11 *)st->group;

	return &x->setup[stream_number(st)];
}

static void on_setup_limit(struct timer *t)
{
	struct stream *st = t->arg;

	stream_complain(st->group, "a program at the far end that showed no "
				   "cookie in time was refused");
	stream_close(st);
}

static void await_setup(struct stream *st)
{
	struct x11_setup *p = setup_of(st);

	p->used = 0;
	p->done = false;
	loop_timer(st->set->loop, &st->timer, SETUP_LIMIT, on_setup_limit, st);
}

/* Takes no byte more than the beginning has. */
static ssize_t fill_setup(struct stream *st, struct x11_setup *p, size_t size)
{
	while (p->used < size) {
		ssize_t n = channel_read(&st->channel, p->bytes + p->used,
					 size - p->used);

		if (n <= 0)
			return n;
		p->used += (size_t)n;
	}
	return (ssize_t)size;
}

/* The channel's bytes, of which the first have the X server's cookie; -EACCES
 * after a complaint if they had a wrong one. */
static ssize_t read_window(struct stream *st, void *buf, size_t len)
{
	const struct x11 *x = (struct x11 *)st->group;
	struct x11_setup *p = setup_of(st);
	uint8_t *cookie = NULL;
	size_t size;
	ssize_t n;

	if (p->done)
		return channel_read(&st->channel, buf, len);
	n = fill_setup(st, p, DISPLAY_SETUP_HEAD);
	if (n <= 0)
		return n;
	size = display_setup_size(p->bytes);
	if (size) {
		n = fill_setup(st, p, size);
		if (n <= 0)
			return n;
		cookie = display_setup_cookie(p->bytes, x->cookie);
	}
	if (!cookie || size > len) {
		stream_complain(st->group, "a program at the far end that "
					   "showed a wrong cookie was refused");
		return -EACCES;
	}
	if (x->display->has_cookie)
		memcpy(cookie, x->display->cookie, COOKIE_SIZE);
	p->done = true;
	loop_timer_stop(&st->timer);
	memcpy(buf, p->bytes, size);
	return (ssize_t)size;
}

static const struct stream_user x11_user = {
	.on_open = await_setup,
	.read = read_window,
};

/* ---- the X server ---- */

/* The path may be too long for its zero. */
static int connect_path(int fd, const char *path, bool abstract)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	memcpy(to.sun_path + abstract, path, len);
	len += offsetof(struct sockaddr_un, sun_path) + abstract;
	return connect(fd, (struct sockaddr *)&to, (socklen_t)len) < 0 ? -errno
								       : 0;
}

static void connect_window(struct x11 *x, struct stream *st)
{
	const char *path = x->display->path;
	bool fits_abstract =
		strlen(path) + 1 < sizeof(((struct sockaddr_un *)0)->sun_path);
	int rc;

	if (!path[0]) {
		target_connect(&x->target, st);
		return;
	}
	st->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = st->fd < 0 ? -errno : connect_path(st->fd, path, false);
	/* The file goes first: anybody can have a name of the abstract kind. */
	if (st->fd >= 0 && rc < 0 && fits_abstract)
		rc = connect_path(st->fd, path, true) ? rc : 0;
	if (!rc)
		rc = stream_watch(st);
	if (!rc) {
		stream_open(st);
		return;
	}
	stream_complain(st->group, "cannot connect to %s: %s", path,
			strerror(-rc));
	stream_close(st);
}

/* ---- all ---- */

int x11_forward_request(struct x11 *x, struct streams *streams,
			const struct display *d, struct channel *ch,
			struct failure *f)
{
	char hex[COOKIE_HEX + 1];

	if (getrandom(x->cookie, sizeof(x->cookie), 0) != sizeof(x->cookie))
		return fail(f, REASON_INTERNAL, "getrandom: %m");
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", x->cookie[i]);
	x->streams = streams;
	x->display = d;
	x->group.user = &x11_user;
	x->group.owner = &x->target;
	snprintf(x->group.name, sizeof(x->group.name), "X11");
	x->target.host = d->host;
	x->target.port = d->port;
	x->target.streams = streams;
	x->target.group = &x->group;
	return x11_request(ch, hex, d->screen, f);
}

void x11_forward_accept(struct x11 *x, struct transport *t)
{
	struct channel ch;

	while (streams_may_accept(x->streams) && !x11_accept(t, &ch)) {
		struct stream *st = stream_accept(x->streams, &x->group, &ch);

		if (st)
			connect_window(x, st);
	}
}

void x11_forward_stop(struct x11 *x)
{
	target_stop(&x->target);
}
