// SPDX-License-Identifier: ISC
/*
 * Each turn moves at most ROUNDS_MAX times, so that signals, timers and
 * messages get their turn as well; if more could be moved, a timer of 0 ms
 * makes the next wait none.
 *
 * An end is watched only for what its pumps need: EPOLLIN while the ring of its
 * reader has room, EPOLLOUT while that of its writer has bytes.  A regular file
 * is always ready, and epoll(7) refuses it with EPERM.
 */
#include "io/pumps.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#define ROUNDS_MAX 8

struct pumps_end *pumps_add(struct pumps *p, const struct local_io *io,
			    const struct pump *reader,
			    const struct pump *writer)
{
	struct pumps_end *e = &p->end[p->ends++];

	e->io = io;
	e->reader = reader;
	e->writer = writer;
	return e;
}

static void on_end(struct watch *w, uint32_t events)
{
	struct pumps *p = w->arg;

	if (p->watch_hangup && (events & EPOLLHUP))
		p->hangup = true;
}

static int watch_end(struct pumps *p, struct pumps_end *e)
{
	uint32_t events = p->watch_hangup ? (uint32_t)EPOLLHUP : 0;
	int rc;

	if (e->io->fd < 0) {
		loop_unwatch(&e->watch);
		return 0;
	}
	if (e->reader && pump_wants_source(e->reader))
		events |= EPOLLIN;
	if (e->writer && pump_wants_sink(e->writer))
		events |= EPOLLOUT;
	rc = loop_watch(p->loop, &e->watch, e->io->fd, events, on_end, p);
	return rc == -EPERM ? 0 : rc;
}

static void on_soon(struct timer *t)
{
	(void)t; /* the turn begins by itself */
}

static void fail_loop(struct pumps *p, int rc)
{
	fail(p->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	loop_quit(p->loop);
}

static void run_turn(struct loop *l)
{
	struct pumps *p = l->before_wait_arg;
	bool more = true;
	int rc = 0;

	for (int i = 0; i < ROUNDS_MAX && more; i++)
		more = p->move(p->arg);
	p->check_finished(p->arg, more);
	if (l->quit)
		return;
	for (size_t i = 0; !rc && i < p->ends; i++)
		rc = watch_end(p, &p->end[i]);
	if (!rc && p->update_watches)
		rc = p->update_watches(p->arg);
	if (rc)
		fail_loop(p, rc);
	if (more)
		loop_timer(l, &p->soon, 0, on_soon, p);
}

void pumps_run(struct pumps *p)
{
	int rc;

	p->loop->quit = false;
	p->loop->before_wait_arg = p;
	p->loop->before_wait = run_turn;
	rc = loop_run(p->loop);
	p->loop->before_wait = NULL;
	if (rc < 0)
		fail_loop(p, rc);
}

int pumps_check_local(const struct pump *p, bool sink, const char *what,
		      struct failure *f)
{
	if (p->state != PUMP_FAILED || p->failed_sink != sink)
		return 0;
	if (p->error == -EPIPE)
		return fail(f, REASON_READER_GONE,
			    "%s: nobody reads it any more", what);
	return fail(f, REASON_LOCAL_IO, "%s: %s", what, strerror(-p->error));
}
