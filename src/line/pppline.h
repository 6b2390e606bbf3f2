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
 * The local end of a peer's line: a pppd of ours on a pty (`call`), or the pppd
 * that started us (`pipe`).  A pppd of ours gets a new pty each time it is
 * started.
 */
struct pppline;

/* Events of a line.  The fields of struct pppline have what is known then. */
enum pppline_news {
	PPPLINE_READY,	 /* pppd has set up the tty: frames may come */
	PPPLINE_LCP,	 /* LCP is open */
	PPPLINE_UP,	 /* the link has its addresses */
	PPPLINE_HUNG_UP, /* pppd did not end in time and the pty is closed: a
			  * session that still uses it has to end */
	PPPLINE_ENDED,	 /* pppd has ended, or closed the line (pipe): `end` */
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
	bool down;   /* pppd is taking the link down by itself */
	bool wanted; /* start another pppd once this one has ended */
	bool lcp;    /* PPPLINE_LCP was reported */
	int slave;
	struct child pppd;
	struct watch log_watch, end_watch, idle_watch;
	struct timer term_timer, kill_timer;
	char text[512];
	size_t used;
};

/* Call it with conf, loop, fn, arg, pipe and trace set and all else zero. */
void pppline_init(struct pppline *p);

/* Makes sure that there is a line for the next session: a new pty, unless a
 * pppd of ours is alive.  0, or -1 with f set. */
int pppline_open(struct pppline *p, struct failure *f);

/* True while pppd runs and is not ending. */
bool pppline_alive(const struct pppline *p);

/* Starts pppd, unless one is alive.  If one is ending, the new one starts after
 * it.  0, or -1 with f set. */
int pppline_start(struct pppline *p, struct failure *f);

/* Starts or stops reading and dropping what pppd writes, for the time when
 * there is no session. */
void pppline_drop_input(struct pppline *p, bool on);

/* Ends pppd: if term_ms is over 0, by LCP Terminate, for which it has so long;
 * then by a hangup; then by SIGKILL.  PPPLINE_ENDED follows. */
void pppline_end(struct pppline *p, int64_t term_ms);

/* Kills pppd at once; PPPLINE_ENDED follows. */
void pppline_kill(struct pppline *p);

/* Closes what is open.  No pppd may run any more. */
void pppline_close(struct pppline *p);

#endif
