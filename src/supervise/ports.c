// SPDX-License-Identifier: ISC
#include "supervise/ports.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/forward_spec.h"

#define BACKLOG	   128
#define BUSY_TRIES 20	/* of 100 ms each */
#define PAUSE	   1000 /* ms after an accept(2) that failed */

static int open_port(const struct addrinfo *a)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one = 1, rc;
	int fd = socket(a->ai_family, type, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* A session of an earlier call may be about to close the port.  -EINTR if a
 * signal is pending that ends the call: the loop, which takes it, does not run
 * yet. */
static int open_port_patiently(const struct addrinfo *a)
{
	int fd = open_port(a);
	sigset_t set;

	for (int i = 0; fd == -EADDRINUSE && i < BUSY_TRIES; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		if (!sigpending(&set) && (sigismember(&set, SIGINT) == 1 ||
					  sigismember(&set, SIGTERM) == 1 ||
					  sigismember(&set, SIGHUP) == 1))
			return -EINTR;
		fd = open_port(a);
	}
	return fd;
}

/* Listens at one address.  0 or -errno. */
static int open_at(struct ports *p, int forward,
		   const struct conf_forward *spec, const char *bind)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *a;
	char port[8];
	int fd;

	snprintf(port, sizeof(port), "%d", spec->port);
	if (getaddrinfo(bind, port, &hints, &a))
		return -EADDRNOTAVAIL;
	fd = open_port_patiently(a);
	freeaddrinfo(a);
	if (fd < 0)
		return fd;
	p->port[p->n++] = (struct session_port){fd, forward};
	return 0;
}

/* Listens for one forward, in both families if it names no address; a family
 * that this host does not have is passed over. */
static int open_forward(struct ports *p, int forward,
			const struct conf_forward *spec)
{
	bool any = !spec->bind[0];
	int rc, rc6;

	if (!any && strcmp(spec->bind, "localhost"))
		return open_at(p, forward, spec, spec->bind);
	rc = open_at(p, forward, spec, any ? "0.0.0.0" : "127.0.0.1");
	if (rc < 0 && rc != -EAFNOSUPPORT && rc != -EADDRNOTAVAIL)
		return rc;
	rc6 = open_at(p, forward, spec, any ? "::" : "::1");
	if (!rc && (rc6 == -EAFNOSUPPORT || rc6 == -EADDRNOTAVAIL))
		return 0;
	return rc6;
}

int ports_open(struct ports *p, const struct conf *c, struct failure *f)
{
	for (int i = 0; i < conf_forwards(c); i++) {
		char text[CONF_VALUE_MAX + 16];
		struct conf_forward spec;
		int rc;

		conf_forward(c, i, &spec);
		rc = spec.remote ? 0 : open_forward(p, i, &spec);
		if (rc == -EINTR)
			return fail(f, REASON_ASKED, "ended as asked");
		if (rc < 0)
			return fail(f, REASON_FORWARD,
				    "%.200s: cannot listen on port %d: %s%s",
				    conf_forward_text(c, i, text, sizeof(text)),
				    spec.port, strerror(-rc),
				    rc == -EACCES ? " (below 1024 it needs "
						    "root)"
						  : "");
	}
	return 0;
}

static void on_pause_over(struct timer *t);

static void on_connection(struct watch *w, uint32_t events)
{
	struct linger now = {.l_onoff = 1};
	struct ports *p = w->arg;
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		if (!p->warned)
			log_warn("forward: no connection can be accepted now: "
				 "%m");
		p->warned = true;
		/* The connection stays in the queue, so that the socket stays
		 * readable: pause, or the loop would spin. */
		ports_refuse(p, w->loop, false);
		loop_timer(w->loop, &p->pause, PAUSE, on_pause_over, p);
		return;
	}
	p->warned = false;
	/* A reset tells the client more than an orderly end. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void on_pause_over(struct timer *t)
{
	ports_refuse(t->arg, t->loop, true);
}

void ports_refuse(struct ports *p, struct loop *l, bool on)
{
	loop_timer_stop(&p->pause);
	for (int i = 0; i < p->n; i++) {
		if (on)
			loop_watch(l, &p->watch[i], p->port[i].fd, EPOLLIN,
				   on_connection, p);
		else
			loop_unwatch(&p->watch[i]);
	}
}

void ports_close(struct ports *p)
{
	loop_timer_stop(&p->pause);
	for (int i = 0; i < p->n; i++) {
		loop_unwatch(&p->watch[i]);
		close(p->port[i].fd);
	}
	p->n = 0;
}
