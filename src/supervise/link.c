// SPDX-License-Identifier: ISC
#include "base/util.h"
#include "supervise/link.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const state_name[] = {
	[LINK_DOWN] = "down",
	[LINK_HELD] = "held",
	[LINK_DIALING] = "dialing",
	[LINK_NEGOTIATING] = "negotiating",
	[LINK_ONLINE] = "online",
	[LINK_SETTLING] = "settling",
	[LINK_HANGING_UP] = "hanging-up",
	[LINK_ENDED] = "ended",
};
static_assert(COUNT(state_name) == LINK_STATES, "a state has no name");

static const char *const event_name[] = {
	[LINK_DIAL] = "dial",
	[LINK_EXEC] = "exec",
	[LINK_UP] = "up",
	[LINK_FAR_ENDED] = "far ended",
	[LINK_SESSION_ENDED] = "session ended",
	[LINK_CARRIER_ENDED] = "carrier ended",
	[LINK_PPPD_ENDED] = "pppd ended",
	[LINK_HOLD_OVER] = "hold over",
	[LINK_REDIAL] = "redial",
	[LINK_LOST] = "lost",
	[LINK_UNUSABLE] = "unusable",
	[LINK_READY] = "ready",
	[LINK_STOP] = "stop",
	[LINK_GIVE_UP] = "give up",
	[LINK_FORCE] = "force",
	[LINK_PART_ENDED] = "part ended",
	[LINK_GONE] = "gone",
};
static_assert(COUNT(event_name) == LINK_EVENTS, "an event has no name");

/* clang-format off */
#define TO(state, action) { LINK_##state, LINK_DO_##action, 1 }

/* If a cell is empty, the event changes nothing in that state. */
static const struct cell {
	unsigned char next;
	unsigned char action;
	unsigned char filled;
} table[LINK_STATES][LINK_EVENTS] = {
	/* Waiting: the next session is begun, or there is to be none. */
	[LINK_DOWN] = {
		[LINK_DIAL] = TO(DIALING, DIAL),
		[LINK_REDIAL] = TO(DIALING, DIAL),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	[LINK_HELD] = {
		[LINK_DIAL] = TO(DIALING, DIAL),
		[LINK_REDIAL] = TO(DIALING, DIAL),
		[LINK_PPPD_ENDED] = TO(DOWN, NOTHING),
		[LINK_HOLD_OVER] = TO(DOWN, CUT),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	/*
	 * A session runs.  If it has to end, it is told so, and the state
	 * stays until its end is reported: only then is the next one planned.
	 * The same is done when pppd has ended, whose line has gone with it.
	 */
	[LINK_DIALING] = {
		/* pppd's word can be read before the session's. */
		[LINK_UP] = TO(DIALING, NOTE_UP),
		[LINK_EXEC] = TO(NEGOTIATING, NEGOTIATE),
		[LINK_FAR_ENDED] = TO(SETTLING, SETTLE),
		[LINK_SESSION_ENDED] = TO(HELD, PLAN),
		[LINK_CARRIER_ENDED] = TO(DOWN, PLAN),
		[LINK_PPPD_ENDED] = TO(DIALING, DROP),
		[LINK_REDIAL] = TO(DIALING, DROP),
		[LINK_LOST] = TO(DIALING, DROP),
		[LINK_UNUSABLE] = TO(DIALING, CUT),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	[LINK_NEGOTIATING] = {
		[LINK_UP] = TO(ONLINE, UP),
		[LINK_FAR_ENDED] = TO(SETTLING, SETTLE),
		[LINK_SESSION_ENDED] = TO(HELD, PLAN),
		[LINK_CARRIER_ENDED] = TO(DOWN, PLAN),
		[LINK_PPPD_ENDED] = TO(NEGOTIATING, DROP),
		[LINK_REDIAL] = TO(NEGOTIATING, DROP),
		[LINK_LOST] = TO(NEGOTIATING, DROP),
		[LINK_UNUSABLE] = TO(NEGOTIATING, CUT),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	[LINK_ONLINE] = {
		/* PPP has negotiated anew, as it does behind a held line. */
		[LINK_UP] = TO(ONLINE, UP),
		[LINK_FAR_ENDED] = TO(SETTLING, SETTLE),
		[LINK_SESSION_ENDED] = TO(HELD, PLAN),
		[LINK_CARRIER_ENDED] = TO(DOWN, PLAN),
		[LINK_PPPD_ENDED] = TO(ONLINE, DROP),
		[LINK_REDIAL] = TO(ONLINE, DROP),
		[LINK_LOST] = TO(ONLINE, DROP),
		[LINK_UNUSABLE] = TO(ONLINE, CUT),
		[LINK_READY] = TO(ONLINE, READY),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	/* A redial is noted (next_try.h), and carried out by PLAN. */
	[LINK_SETTLING] = {
		[LINK_SESSION_ENDED] = TO(HELD, PLAN),
		[LINK_CARRIER_ENDED] = TO(DOWN, PLAN),
		[LINK_PPPD_ENDED] = TO(DOWN, PLAN),
		[LINK_STOP] = TO(HANGING_UP, HANGUP),
		[LINK_GIVE_UP] = TO(HANGING_UP, HANGUP),
	},
	/* There is no way back: each end is noted, until all is gone. */
	[LINK_HANGING_UP] = {
		[LINK_FAR_ENDED] = TO(HANGING_UP, CUT),
		[LINK_SESSION_ENDED] = TO(HANGING_UP, CUT),
		[LINK_CARRIER_ENDED] = TO(HANGING_UP, CUT),
		[LINK_PPPD_ENDED] = TO(HANGING_UP, DROP),
		[LINK_STOP] = TO(HANGING_UP, CUT),
		[LINK_PART_ENDED] = TO(HANGING_UP, CHECK),
		[LINK_FORCE] = TO(HANGING_UP, FORCE),
		[LINK_GONE] = TO(ENDED, END),
	},
};
/* clang-format on */

struct link_step link_step(enum link_state s, enum link_event e)
{
	const struct cell *c = &table[s][e];

	if (!c->filled)
		return (struct link_step){s, LINK_DO_NOTHING};
	return (struct link_step){(enum link_state)c->next,
				  (enum link_action)c->action};
}

bool link_waits(enum link_state s)
{
	return s == LINK_DOWN || s == LINK_HELD;
}

void link_raise(struct link_queue *q, enum link_event e)
{
	if (memchr(q->event, e, q->n))
		return;
	assert(q->n < LINK_EVENTS);
	q->event[q->n++] = (unsigned char)e;
}

bool link_take(struct link_queue *q, enum link_event *e)
{
	if (!q->n)
		return false;
	*e = (enum link_event)q->event[0];
	q->n--;
	memmove(q->event, q->event + 1, q->n);
	return true;
}

const char *link_state_name(enum link_state s)
{
	return state_name[s];
}

const char *link_event_name(enum link_event e)
{
	return event_name[e];
}
