/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_NEXT_TRY_H
#define SSHDIAL_SUPERVISE_NEXT_TRY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"

/*
 * When the next session begins.
 *
 *   TRY_AFTER_DELAY
 *	When the delay is over that redial.h has given.
 *   TRY_AT_ONCE
 *	A new session was asked for while the last one ran, or its link was
 *	fine and there is another route to the server: no delay.
 *   TRY_WITH_ROUTE
 *	There is no route to the server now: as soon as there is one.
 *
 * TRY_AT_ONCE is noted while a session runs; the others are chosen when it has
 * ended, and change while we wait, as the network does.
 *
 * A timer runs in each case.  Without a route it is a slow one (redial-max, or
 * the delay if that is longer): the kernel's answer may be wrong for this
 * server, whose name may have other addresses by now, and messages of the
 * kernel can be lost.
 */
struct supervisor;

struct next_try {
	enum { TRY_AFTER_DELAY, TRY_AT_ONCE, TRY_WITH_ROUTE } when;
	int64_t due;	/* loop_now() when redial.h's delay is over */
	int64_t dialed; /* loop_now() when the last session began */
	struct timer timer;
};

/* A session begins: stops the timer, and forgets what was chosen. */
void next_try_begun(struct supervisor *v);

/* The session that runs is to be followed by another one at once. */
void next_try_at_once(struct supervisor *v);

/* A session has ended; `delay` is redial.h's, in ms.  Returns the delay that
 * was chosen; LINK_DIAL is raised when it is over. */
int64_t next_try_plan(struct supervisor *v, int64_t delay, bool has_route);

/* While we wait: the route to the server is gone. */
void next_try_route_lost(struct supervisor *v);

/* While we wait: there is a route, or another one; or the machine has slept.
 * Raises LINK_DIAL, now or within a second of the last try; but a server that
 * refused the login is not asked again before the delay is over. */
void next_try_early(struct supervisor *v);

/* Stops the timer. */
void next_try_cancel(struct supervisor *v);

#endif
