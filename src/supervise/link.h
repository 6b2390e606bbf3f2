/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_LINK_H
#define SSHDIAL_SUPERVISE_LINK_H

#include <stdbool.h>

/*
 * The states of a peer's link and what moves it from one to another.
 *
 *   down	   no session, no pppd; waits for the next try
 *   held	   no session; pppd, its interface and the line are kept; waits
 *   dialing	   a session is under way, up to the far command
 *   negotiating   the far command runs, PPP has until ppp-timeout
 *   online	   the link has its addresses (pipe: PPP frames flow)
 *   settling	   the session has ended; pppd may be about to say why
 *   hanging-up	   session and pppd are told to end, each with a deadline
 *   ended	   neither is left
 *
 * The table is a pure function; actions.c carries the actions out.  A handler
 * that has seen something raises an event and returns, and the event waits in
 * a queue until the loop is at its top (supervisor.c).  So no action begins
 * inside another one, nor inside a handler, and an event that an action raises
 * is handled after it.
 */
enum link_state {
	LINK_DOWN,
	LINK_HELD,
	LINK_DIALING,
	LINK_NEGOTIATING,
	LINK_ONLINE,
	LINK_SETTLING,
	LINK_HANGING_UP,
	LINK_ENDED,
	LINK_STATES
};

enum link_event {
	LINK_DIAL,	    /* the wait is over */
	LINK_EXEC,	    /* the far command runs */
	LINK_UP,	    /* the link has its addresses */
	LINK_FAR_ENDED,	    /* the session ended, pppd may say why */
	LINK_SESSION_ENDED, /* the session ended, pppd is held */
	LINK_CARRIER_ENDED, /* the session ended, no pppd is held */
	LINK_PPPD_ENDED,    /* the local pppd ended */
	LINK_HOLD_OVER,	    /* pppd was held as long as configured */
	LINK_REDIAL,	    /* somebody asks for a new session */
	LINK_LOST,	    /* the session must end; its cause is noted */
	LINK_UNUSABLE,	    /* session and pppd must end: wrong addresses */
	LINK_READY,	    /* what an online link wants of the hook is set */
	LINK_STOP,	    /* end in good order; the second time: now */
	LINK_GIVE_UP,	    /* no more tries */
	LINK_FORCE,	    /* the deadline of hanging up is over */
	LINK_PART_ENDED,    /* one of session, pppd and hooks has ended */
	LINK_GONE,	    /* none of them is left */
	LINK_EVENTS
};

enum link_action {
	LINK_DO_NOTHING,
	LINK_DO_DIAL,	   /* start a session */
	LINK_DO_NOTE_UP,   /* remember, until EXEC, that the link is up */
	LINK_DO_NEGOTIATE, /* give PPP its time */
	LINK_DO_UP,	   /* note that the link is up, and watch it */
	LINK_DO_READY,	   /* report that it can be used */
	LINK_DO_SETTLE,	   /* give pppd a moment to end */
	LINK_DO_PLAN,	   /* the session has ended: when is the next? */
	LINK_DO_CUT,	   /* end pppd by hanging up its line */
	LINK_DO_DROP,	   /* end the session; its end follows */
	LINK_DO_HANGUP,	   /* end pppd, then the session, in good order */
	LINK_DO_CHECK,	   /* is anything left? */
	LINK_DO_FORCE,	   /* end what is left by force */
	LINK_DO_END,	   /* leave */
	LINK_ACTIONS
};

struct link_step {
	enum link_state next;
	enum link_action action;
};

/* The step for an event in a state.  If the event cannot happen there, or means
 * nothing, the state stays and nothing is done. */
struct link_step link_step(enum link_state s, enum link_event e);

/*
 * The events that have been raised and not handled yet, in their order.  An
 * event that is in the queue is not added again, because twice in one turn of
 * the loop means the same as once.  So there is room for each event, and the
 * queue is never full.  Zero it before first use.
 */
struct link_queue {
	unsigned int n;
	unsigned char event[LINK_EVENTS];
};

/* Adds an event at the end, unless it is in the queue. */
void link_raise(struct link_queue *q, enum link_event e);

/* Takes the first event out; false if there is none. */
bool link_take(struct link_queue *q, enum link_event *e);

/* True while no session runs and the next one is to come. */
bool link_waits(enum link_state s);

/* Names for logs and status, such as "online" and "redial". */
const char *link_state_name(enum link_state s);
const char *link_event_name(enum link_event e);

#endif
