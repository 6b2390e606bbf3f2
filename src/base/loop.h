/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_LOOP_H
#define SSHDIAL_BASE_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The event loop of a process: descriptors by epoll(7), timers, signals by
 * signalfd(2).  The caller owns all memory; nothing here allocates.
 */
struct loop;
struct watch;
struct timer;

/* Called with the EPOLL* bits that the descriptor has now. */
typedef void watch_fn(struct watch *w, uint32_t events);
typedef void timer_fn(struct timer *t);
typedef void signal_fn(struct loop *l, int signo);

/* A watched descriptor.  Zero it before first use. */
struct watch {
	struct loop *loop;
	watch_fn *fn;
	void *arg;
	int fd;
	uint32_t events;
	bool added;
};

/* A one-shot timer on CLOCK_MONOTONIC.  Zero it before first use. */
struct timer {
	struct loop *loop;
	struct timer *next;
	timer_fn *fn;
	void *arg;
	int64_t at;
	bool armed;
};

struct loop {
	int epfd;
	struct watch signals;
	signal_fn *on_signal;
	void (*before_wait)(struct loop *l);
	void *before_wait_arg;
	void *arg;
	struct timer *timers;
	bool quit;
};

/* Milliseconds of CLOCK_MONOTONIC, which does not count a suspend: the one
 * clock of all limits.  It needs no loop. */
int64_t loop_now(void);

/*
 * Makes the epoll descriptor.  If `mask` is not NULL, blocks these signals and
 * calls fn for each that comes.  0 or -errno.
 */
int loop_init(struct loop *l, const sigset_t *mask, signal_fn *fn, void *arg);

/* Closes what loop_init() opened; watched descriptors stay open. */
void loop_close(struct loop *l);

/*
 * Watches fd for events (EPOLLIN, EPOLLOUT); a second call with the same watch
 * changes the events.  With events 0 nothing is reported, neither errors nor
 * hangups.  The watch must live as long as the loop.  0 or -errno; -EPERM for
 * a regular file, which is always ready.
 */
int loop_watch(struct loop *l, struct watch *w, int fd, uint32_t events,
	       watch_fn *fn, void *arg);

/* Stops watching; call it before the descriptor is closed. */
void loop_unwatch(struct watch *w);

/* Calls fn(t) once, in `ms` milliseconds; an armed timer is moved. */
void loop_timer(struct loop *l, struct timer *t, int64_t ms, timer_fn *fn,
		void *arg);

/* Does nothing if the timer is not armed. */
void loop_timer_stop(struct timer *t);

/*
 * Runs until loop_quit().  before_wait, if not NULL, is called before each wait
 * and may change watches and timers.  0, or -errno of epoll_wait(2).
 */
int loop_run(struct loop *l);

/* Ends loop_run() once the handler that runs now returns. */
void loop_quit(struct loop *l);

#endif
