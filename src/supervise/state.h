/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_STATE_H
#define SSHDIAL_SUPERVISE_STATE_H

#include "conf/ssh_targets.h"
#include "route/netlink.h"
#include "supervise/attempt.h"
#include "supervise/control.h"
#include "supervise/link.h"
#include "supervise/monitor.h"
#include "supervise/ports.h"
#include "line/pppline.h"
#include "supervise/progress.h"
#include "supervise/redial.h"

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

/* All that the supervisor has; private to this room. */
struct supervisor {
	const struct conf *conf;
	struct loop loop;
	struct attempt attempt;
	struct auth_secrets secrets;
	struct progress progress;
	struct pppline line;
	struct ports ports; /* of forward-local */
	struct netlink netlink;
	struct control control;
	struct redial redial;
	struct session_stats *stats;  /* shared with the session */
	struct session_stats earlier; /* of the sessions before */
	struct netlink_path path;     /* that the connection takes */
	struct failure last;	      /* how the last session ended */
	struct failure cause;	      /* why this one has to end */
	struct failure *end;
	void (*on_up)(void);
	enum link_state state;
	struct link_queue events; /* raised, not handled yet */
	int64_t since;		  /* loop_now() of this state */
	int64_t next_at;	  /* and of the next try, as planned */
	int64_t up_at;		  /* and of this link's coming up, or 0 */
	int64_t slept;		  /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
	int64_t dialed_at;
	char server[64]; /* the address of the connection: of the first hop's */
	char reached[64]; /* the address of the last link that was up */
	char local[64];	  /* and its own end's */
	struct monitor monitor;
	struct hooks hooks;
	uid_t session_uid; /* where it has one of its own, or -1 */
	bool hold_spent;   /* pppd was held as long as configured */
	bool at_once;	   /* do not wait before the next session */
	bool no_route;	   /* wait for the network, not for time */
	bool guess;	   /* but nobody can be sure of it */
	struct timer wait, ppp_timer, hold_timer, force_timer, settle_timer;
	struct timer tick, lifetime, watchdog;
};

/* actions.c: what the table's actions do. */
void supervisor_act(struct supervisor *v, enum link_action a);

/* actions.c: raises the event for the end of a session, which depends on
 * whether pppd is to be kept. */
void supervisor_session_over(struct supervisor *v);

/* hooks.c: what the configuration wants of the hook; what a killed supervisor
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

/* network.c: true if the addresses of a link may be used.  If not, `why` says
 * so in words, and the link is dropped for that reason. */
bool supervisor_check_addresses(struct supervisor *v, const char *interface,
				const char *local, const char *remote,
				char *why, size_t size);

/* network.c: the link must not be used; session and pppd end. */
void supervisor_drop_link(struct supervisor *v, const char *why);

/* network.c: the way to the server, and the clocks.  True while no session
 * is there, and none is under way. */
bool supervisor_waiting(const struct supervisor *v);

/* Begins to watch; what cannot be watched is a warning. */
void supervisor_watch(struct supervisor *v);

/* The way that a packet to the server takes now; whether that is a guess. */
struct netlink_path supervisor_path(struct supervisor *v, bool *guess);

/* The session is connected: takes over the addresses of both ends. */
void supervisor_connected(struct supervisor *v);

/* Plans the next try in ms; without a way to the server, for when there is
 * one. */
void supervisor_wait(struct supervisor *v, int64_t ms);

#endif
