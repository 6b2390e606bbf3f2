/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_HOOKS_H
#define SSHDIAL_SUPERVISE_HOOKS_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/loop.h"
#include "supervise/control.h"

struct supervisor;

/* What pppd's scripts, that is `sshdial hook', do for the link. */
struct hooks {
	unsigned int wanted; /* families whose report READY waits for */
	unsigned int done;   /* that have reported since the link came up */
	enum { TOLD_DOWN, TOLD_UP, TOLD_HELD } told; /* the peer's commands */
	unsigned int busy; /* a bit for each event that has begun, not ended */
	bool ready;	   /* READY is said of this link */
	pid_t pppd;	   /* of the last event */
	pid_t child;	   /* `sshdial hook held', or 0 */
	pid_t above[2];	   /* pipe: our parent, and its own */
	char failed[256];  /* the last report, where it failed */
	struct timer late; /* no report has come */
	struct timer busy_late;
};

/* What the configuration wants of the hook; what a killed supervisor
 * left is undone. */
void hooks_start(struct supervisor *v);

/* A hook asks or reports; for control_open(). */
void hooks_answer(void *arg, const struct control_hook *q,
		  struct control_hook_answer *a);

/* The link is up: it is ready when what is wanted is set. */
void hooks_link_up(struct supervisor *v);

/* The session is over, and pppd is kept. */
void hooks_held(struct supervisor *v);

/* pppd has ended, or will without its scripts. */
void hooks_pppd_ended(struct supervisor *v);

/* To be called on SIGCHLD. */
void hooks_reap(struct supervisor *v);

/* Whether something of them is still under way. */
bool hooks_busy(const struct supervisor *v);

/* The end: undoes all that is left. */
void hooks_end(struct supervisor *v);

#endif
