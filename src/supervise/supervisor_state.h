/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_SUPERVISOR_STATE_H
#define SSHDIAL_SUPERVISE_SUPERVISOR_STATE_H

#include "base/failure.h"
#include "line/pppline.h"
#include "supervise/attempt.h"
#include "supervise/control_server.h"
#include "supervise/hooks.h"
#include "supervise/link.h"
#include "supervise/monitor.h"
#include "supervise/next_try.h"
#include "supervise/ports.h"
#include "supervise/progress.h"
#include "supervise/redial_delay.h"
#include "supervise/route_watch.h"
#include "supervise/underlay.h"

/*
 * All that a supervisor knows; private to this room.  Calls go downwards:
 * supervisor.c, actions.c, the parts (hooks, underlay, repair), then next_try
 * and cause, then link.  Upwards there are events (link_raise()) and the
 * callbacks of attempt, pppline, control and monitor.
 *
 * Four members decide what happens next: `state` with the table of
 * link.h; `next.when`, while we wait; `hold_over`, when a session has ended;
 * and `last.reason`, by redial.h's rules.
 */
struct supervisor {
	const struct conf *conf;
	struct loop loop;
	struct progress progress;

	enum link_state state;
	int64_t since;		  /* loop_now() of this state */
	struct link_queue events; /* raised, not handled yet */

	/* The parts. */
	struct attempt attempt;	  /* the session that runs, or the last */
	struct pppline line;	  /* pppd and its pty */
	struct hooks hooks;	  /* what pppd's scripts report */
	struct repair repair;	  /* of rules that others remove */
	struct underlay underlay; /* the route to the server */
	struct next_try next;	  /* when the next session begins */
	struct redial redial;	  /* and the delays before it */
	struct monitor monitor;
	struct ports ports; /* of forward-local */
	struct control control;
	struct secrets secrets;

	/* Why a session ended (cause.h), and why the call did. */
	struct failure cause; /* of the session that runs; of ours */
	struct failure last;  /* of the last session, whoever ended it */
	struct failure *end;  /* of the call; the caller's */

	/* True once a pppd was held for as long as configured: it is not kept
	 * when the session under way fails.  False again with the next link. */
	bool hold_over;

	/* pppd's word that the link is up was read before the session's EXEC,
	 * which is under way: both can come in one turn of the loop. */
	bool up_before_exec;

	int64_t up_at; /* loop_now() of this link's coming up, or 0 */
	void (*on_up)(void);
	char server[64];  /* the address of the connection: of the first hop */
	char local[64];	  /* its near address */
	char reached[64]; /* the server's address of the last link */
	struct session_stats *stats;  /* shared with the session */
	int stats_fd;		      /* its descriptor */
	struct session_stats earlier; /* of the sessions before */

	struct timer ppp_timer;	   /* ppp-timeout, from exec to the link */
	struct timer hold_timer;   /* how long pppd is held */
	struct timer settle_timer; /* for pppd to say why the link ended */
	struct timer force_timer;  /* for all of a hangup */
	struct timer lifetime;	   /* max-lifetime */
	struct timer watchdog;	   /* of the init system */
};

#endif
