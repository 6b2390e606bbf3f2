// SPDX-License-Identifier: ISC
#include "session/x11.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "session/connection.h"
#include "ssh/x11.h"

#define SETUP_LIMIT 10000 /* ms; or who says nothing could take all places */

static struct forward the_x11;
static uint8_t made_up[COOKIE_SIZE];

int x11_ask(struct session *s)
{
	const struct display *d = s->plan->display;
	struct forward *f = &the_x11;
	char hex[COOKIE_HEX + 1];

	if (getrandom(made_up, sizeof(made_up), 0) != sizeof(made_up))
		return fail(&s->f, REASON_INTERNAL, "getrandom: %m");
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", made_up[i]);
	f->s = s;
	f->display = d;
	f->fd[0] = f->fd[1] = -1;
	f->spec.host_port = d->port;
	snprintf(f->spec.host, sizeof(f->spec.host), "%s", d->host);
	snprintf(f->text, sizeof(f->text), "X11");
	return x11_request(&s->channel, hex, d->screen, &s->f);
}

void x11_take(struct session *s)
{
	struct channel ch;

	while (forward_may_take() && !x11_accept(s->transport, &ch))
		forward_take(&the_x11, &ch);
}

unsigned int x11_connections(void)
{
	return the_x11.open;
}

uint64_t x11_moved(void)
{
	return the_x11.received + the_x11.sent;
}

void x11_stop(void)
{
	target_stop(&the_x11);
}

static void on_silent(struct timer *t)
{
	struct connection *c = t->arg;

	forward_complain(c->forward, "a program at the far end that showed no "
				     "cookie in time was refused");
	connection_close(c);
}

void x11_begin(struct connection *c)
{
	loop_timer(&c->forward->s->loop, &c->timer, SETUP_LIMIT, on_silent, c);
}

/* Takes no byte more than the beginning has. */
static ssize_t fill(struct connection *c, struct buffers *b, size_t size)
{
	while (b->used < size) {
		ssize_t n = channel_read(&c->channel, b->setup + b->used,
					 size - b->used);

		if (n <= 0)
			return n;
		b->used += (size_t)n;
	}
	return (ssize_t)size;
}

ssize_t x11_first(struct connection *c, void *buf, size_t len)
{
	const struct display *d = c->forward->display;
	struct buffers *b = c->buffers;
	size_t size;
	uint8_t *cookie = NULL;
	ssize_t n = fill(c, b, DISPLAY_SETUP_HEAD);

	if (n <= 0)
		return n;
	size = display_setup_size(b->setup);
	if (size) {
		n = fill(c, b, size);
		if (n <= 0)
			return n;
		cookie = display_setup_cookie(b->setup, made_up);
	}
	if (!cookie || size > len) {
		forward_complain(c->forward, "a program at the far end that "
					     "showed a wrong cookie was "
					     "refused");
		return -EACCES;
	}
	if (d->has_cookie)
		memcpy(cookie, d->cookie, COOKIE_SIZE);
	b->started = true;
	loop_timer_stop(&c->timer);
	memcpy(buf, b->setup, size);
	return (ssize_t)size;
}

/* The path may be too long for its zero. */
static int connect_to(int fd, const char *path, bool abstract)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	memcpy(to.sun_path + abstract, path, len);
	len += offsetof(struct sockaddr_un, sun_path) + abstract;
	return connect(fd, (struct sockaddr *)&to, (socklen_t)len) < 0 ? -errno
								       : 0;
}

/* The file first: anybody can have a name of the abstract kind. */
int x11_connect(struct connection *c)
{
	const char *path = c->forward->display->path;
	int rc;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	rc = connect_to(c->fd, path, false);
	if (rc < 0 &&
	    strlen(path) + 1 < sizeof(struct sockaddr_un) -
				       offsetof(struct sockaddr_un, sun_path) &&
	    !connect_to(c->fd, path, true))
		return 0;
	return rc;
}
