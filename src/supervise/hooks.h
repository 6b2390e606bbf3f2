/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_HOOKS_H
#define SSHDIAL_SUPERVISE_HOOKS_H

#include "base/loop.h"
#include "supervise/control_server.h"

/* The work of pppd's scripts, that is `sshdial hook', for the link: hooks.c. */

#define HOOK_TURNS 32

struct supervisor;

/* An event of a hook, from the moment when it is known to its end. */
struct hook_turn {
	enum control_event event;
	bool running;		       /* or it waits for earlier ones */
	bool past;		       /* its link is over */
	struct control_client *client; /* of pppd's script; NULL: our own */
	struct control_hook q;	       /* pppd's: what was asked */
	pid_t child;		       /* our own, while it runs */
	const char *say;	       /* our own: for SSHDIAL_EVENT */
};

struct hooks {
	unsigned int wanted; /* families whose report READY waits for */
	unsigned int done;   /* that have reported since the link came up */
	bool allowed;	     /* key `users`: the hook does as we say */
	bool forced;	     /* hanging up waits for no hook any more */
	/* The last event that the peer's command was told. */
	enum command_state { TOLD_DOWN, TOLD_UP, TOLD_HELD } last_told;
	struct hook_turn turn[HOOK_TURNS]; /* in the order of the events */
	size_t turns;
	pid_t pppd;	   /* of the last event */
	pid_t above[2];	   /* pipe: our parent, and its own */
	char failed[256];  /* the last report, if it was of a failure, or "" */
	struct timer late; /* no report has come */
};

/* Reads what the configuration wants of the hook, and undoes what a killed
 * supervisor has left. */
void hooks_start(struct supervisor *v);

/* For struct control_calls: a hook asks or reports, and it has ended. */
void hooks_request(void *arg, struct control_client *k,
		   const struct control_hook *q);
void hooks_connection_ended(void *arg, struct control_client *k);

/* The link is up: LINK_READY follows when what is wanted is set. */
void hooks_link_up(struct supervisor *v);

/* The session is over, and pppd is kept. */
void hooks_held(struct supervisor *v);

/* pppd has ended, or will without its scripts. */
void hooks_pppd_ended(struct supervisor *v);

/* To be called on SIGCHLD. */
void hooks_reap(struct supervisor *v);

/* True while an event is not over; LINK_PART_ENDED is raised when one is. */
bool hooks_busy(const struct supervisor *v);

/* The loop has ended: runs the events that are not over, within a limit, and
 * undoes all that is left. */
void hooks_end(struct supervisor *v);

#endif
