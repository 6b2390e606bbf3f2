// SPDX-License-Identifier: ISC
/*
 * One round: timers that are due, before_wait(), epoll_wait(2) until the next
 * timer at most, then the handlers of the descriptors that have something.
 *
 * Timers are a list in the order of their time.  There are a dozen of them, so
 * a walk is cheaper than a heap, and an entry is the caller's own struct.  The
 * time is CLOCK_MONOTONIC: a change of the date moves nothing, and a machine
 * that was suspended does not find all of its limits exceeded.
 *
 * A signal becomes readable data (signalfd(2)), so no code of ours ever runs
 * inside a signal handler.
 */
#include "base/loop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_WAIT 16
#define WAIT_MAX	3600000 /* ms; a timer may be months away */

int64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_signalfd(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info))
		w->loop->on_signal(w->loop, (int)info.ssi_signo);
}

int loop_init(struct loop *l, const sigset_t *mask, signal_fn *fn, void *arg)
{
	int fd, rc;

	memset(l, 0, sizeof(*l));
	l->arg = arg;
	l->on_signal = fn;
	l->signals.fd = -1;
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0)
		return -errno;
	if (!mask)
		return 0;
	if (sigprocmask(SIG_BLOCK, mask, NULL) < 0)
		goto fail;
	fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		goto fail;
	rc = loop_watch(l, &l->signals, fd, EPOLLIN, on_signalfd, NULL);
	if (rc < 0) {
		close(fd);
		errno = -rc;
		goto fail;
	}
	return 0;
fail:
	rc = -errno;
	close(l->epfd);
	l->epfd = -1;
	return rc;
}

void loop_close(struct loop *l)
{
	if (l->signals.added)
		close(l->signals.fd);
	if (l->epfd >= 0)
		close(l->epfd);
	l->signals.added = false;
	l->epfd = -1;
}

int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t events,
	       watch_fn *fn, void *arg)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};
	bool same = w->added && w->fd == fd && w->loop == l;

	w->fn = fn;
	w->arg = arg;
	if (same && w->events == events)
		return 0;
	if (w->added && !same)
		loop_unwatch(w);
	/*
	 * epoll(7) reports EPOLLERR and EPOLLHUP even if no event is asked
	 * for.  A watch without events leaves the set, or we would spin.
	 */
	if (w->added && !events) {
		loop_unwatch(w);
	} else if (events) {
		int op = w->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

		if (epoll_ctl(l->epfd, op, fd, &ev) < 0)
			return -errno;
		w->added = true;
	}
	w->loop = l;
	w->fd = fd;
	w->events = events;
	return 0;
}

void loop_unwatch(struct watch *w)
{
	if (w->added)
		epoll_ctl(w->loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->added = false;
	w->events = 0;
}

void loop_timer(struct loop *l, struct timer *t, int64_t ms, timer_fn *fn,
		void *arg)
{
	struct timer **p = &l->timers;

	loop_timer_stop(t);
	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	t->at = loop_now() + ms;
	while (*p && (*p)->at <= t->at)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	t->armed = true;
}

void loop_timer_stop(struct timer *t)
{
	struct timer **p;

	if (!t->armed)
		return;
	for (p = &t->loop->timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->armed = false;
}

/*
 * A handler may stop another watch whose event is later in the same batch.
 * Watches live as long as their loop, so `added` can still be read then.
 */
static int wait_once(struct loop *l)
{
	struct epoll_event ev[EVENTS_PER_WAIT];
	int limit = -1, n;

	if (l->timers) {
		int64_t ms = l->timers->at - loop_now();

		limit = ms < 0 ? 0 : ms > WAIT_MAX ? WAIT_MAX : (int)ms;
	}
	n = epoll_wait(l->epfd, ev, EVENTS_PER_WAIT, limit);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n && !l->quit; i++) {
		struct watch *w = ev[i].data.ptr;

		if (w->added)
			w->fn(w, ev[i].events);
	}
	return 0;
}

int loop_run(struct loop *l)
{
	int rc;

	while (!l->quit) {
		int64_t now = loop_now();

		/* The time is read once: a timer that starts itself again must
		 * not keep the descriptors waiting. */
		while (!l->quit && l->timers && l->timers->at <= now) {
			struct timer *t = l->timers;

			l->timers = t->next;
			t->armed = false;
			t->fn(t);
		}
		if (!l->quit && l->before_wait)
			l->before_wait(l);
		if (l->quit)
			break;
		rc = wait_once(l);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void loop_quit(struct loop *l)
{
	l->quit = true;
}
