/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PPPLINE_H
#define SSHDIAL_LINE_PPPLINE_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/child.h"
#include "base/failure.h"
#include "base/loop.h"
#include "conf/conf.h"

/*
 * The line of a peer with what stands at its near end: a pppd of ours on a
 * pty (call), or the pppd that started us (pipe).  A pppd of ours gets a new
 * pty each time it is started.
 */
struct pppline;

/* What a line tells; pppline_told() says what is known by then. */
enum pppline_news {
	PPPLINE_READY, /* pppd has set up the tty: frames may come */
	PPPLINE_LCP,   /* LCP is open */
	PPPLINE_UP,    /* the link has its addresses */
	PPPLINE_CUT,   /* pppd did not end and was hung up: a session that has
			* the line as well must go */
	PPPLINE_ENDED, /* pppd has ended, see `end`; pipe: it closed the line */
};
typedef void pppline_fn(struct pppline *p, enum pppline_news news);

struct pppline {
	const struct conf *conf;
	struct loop *loop;
	pppline_fn *fn;
	void *arg;
	bool pipe;
	bool trace;	    /* ask pppd for packet traces */
	int in, out;	    /* what a session reads and writes, or -1 */
	pid_t pid;	    /* pppd, or 0 */
	struct failure end; /* how the last pppd ended */
	char interface[16], local[48], remote[48]; /* "" until known */
	/* private from here on */
	bool ending; /* pppd was told to end, or hung up */
	bool down;   /* it is taking the link down by itself */
	bool wanted; /* another is to be started after it */
	bool lcp;
	int slave;
	struct child pppd;
	struct watch log_watch, end_watch, idle_watch;
	struct timer term_timer, kill_timer;
	char text[512];
	size_t used;
};

/* Fills the public part first: conf, loop, fn, arg, pipe, trace. */
void pppline_init(struct pppline *p);

/* Makes sure that there is a line for the next session: a new pty where no
 * pppd of ours lives.  0, or -1 with f set. */
int pppline_open(struct pppline *p, struct failure *f);

/* True while pppd and its interface are there, or about to be. */
bool pppline_alive(const struct pppline *p);

/* Starts pppd where none lives; one that is about to end is waited for.
 * 0, or -1 with f set. */
int pppline_start(struct pppline *p, struct failure *f);

/* Whether what pppd writes is dropped here: while there is no session. */
void pppline_idle(struct pppline *p, bool idle);

/* Ends pppd: by LCP Terminate within term_ms where that is over 0, then by
 * hanging up, then by force.  PPPLINE_ENDED follows. */
void pppline_end(struct pppline *p, int64_t term_ms);

/* Ends pppd at once. */
void pppline_kill(struct pppline *p);

/* Closes what is open; no pppd may live any more. */
void pppline_close(struct pppline *p);

#endif
