// SPDX-License-Identifier: ISC
#include "supervise/next_try.h"

#include "supervise/supervisor_state.h"

/* ms between two tries that the network asks for: routes may come and go. */
#define EARLY_MIN 1000

static void on_timer_over(struct timer *t)
{
	struct supervisor *v = t->arg;

	link_raise(&v->events, LINK_DIAL);
}

static void set_timer(struct supervisor *v, int64_t ms)
{
	loop_timer(&v->loop, &v->next.timer, ms, on_timer_over, v);
}

void next_try_begun(struct supervisor *v)
{
	loop_timer_stop(&v->next.timer);
	v->next.dialed = loop_now();
	v->next.when = TRY_AFTER_DELAY;
}

void next_try_at_once(struct supervisor *v)
{
	v->next.when = TRY_AT_ONCE;
}

/* Without a route: the kernel may be wrong (next_try.h). */
static int64_t slow_delay(const struct supervisor *v, int64_t delay)
{
	return delay > v->conf->redial_max ? delay : v->conf->redial_max;
}

int64_t next_try_plan(struct supervisor *v, int64_t delay, bool has_route)
{
	struct next_try *n = &v->next;

	if (n->when == TRY_AT_ONCE)
		delay = 0;
	/* For a route that is lost and comes back meanwhile. */
	n->due = loop_now() + delay;
	if (!has_route) {
		n->when = TRY_WITH_ROUTE;
		delay = slow_delay(v, delay);
	}
	set_timer(v, delay);
	return delay;
}

void next_try_route_lost(struct supervisor *v)
{
	v->next.when = TRY_WITH_ROUTE;
	set_timer(v, slow_delay(v, v->next.due - loop_now()));
}

void next_try_early(struct supervisor *v)
{
	struct next_try *n = &v->next;
	bool refused = v->last.reason == REASON_LOGIN_REFUSED ||
		       v->last.reason == REASON_LOGIN_CLOSED;
	/* sshd counts logins that it refuses (redial.h): no network that
	 * comes and goes may make them more. */
	int64_t at = refused ? n->due : n->dialed + EARLY_MIN;
	int64_t left = at - loop_now();

	n->when = TRY_AFTER_DELAY;
	set_timer(v, left > 0 ? left : 0);
}

void next_try_cancel(struct supervisor *v)
{
	loop_timer_stop(&v->next.timer);
}
