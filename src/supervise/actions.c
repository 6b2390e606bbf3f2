// SPDX-License-Identifier: ISC
/*
 * The actions of the state table (link.h).  The life of a link is
 *
 *   DIAL	 a line, a session on it; then the session's steps start pppd
 *   NEGOTIATE	 PPP has until ppp-timeout
 *   UP, READY	 the link has its addresses; the hook has set what it wants
 *   PLAN	 the session is over: why, and when is the next one?
 *   HANGUP	 pppd ends, then the session, each with a deadline
 *
 * with DROP and CUT for what has to end before its time.  An action never
 * waits and never calls another one: what follows from it is an event.
 */
#include "supervise/actions.h"

#include <string.h>
#include <sys/random.h>
#include "base/log.h"
#include "base/parse.h"
#include "keys/secrets.h"
#include "supervise/cause.h"
#include "supervise/notify.h"
#include "supervise/supervisor_state.h"

#define SETTLE_MS 300	/* for pppd to say itself why the link ended */
#define HANGUP_MS 5000	/* for LCP Terminate, then the line is hung up */
#define FORCE_MS  20000 /* for all of a hangup */

static void on_ppp_late(struct timer *t)
{
	struct supervisor *v = t->arg;
	char limit[24];

	format_duration(limit, sizeof(limit), v->conf->ppp_timeout);
	if (v->conf->ppp)
		cause_end_session(v, REASON_PPP_TIMEOUT,
				  "PPP did not come up within %s; look at the "
				  "far pppd's options and log",
				  limit);
	else
		cause_end_session(v, REASON_LOGIN_TIMEOUT,
				  "the server did not answer for the forwards "
				  "within %s",
				  limit);
}

static void on_hold_over(struct timer *t)
{
	struct supervisor *v = t->arg;

	log_info("no session for as long as `hold` says: hanging up");
	v->hold_over = true;
	link_raise(&v->events, LINK_HOLD_OVER);
}

static void on_force(struct timer *t)
{
	struct supervisor *v = t->arg;

	link_raise(&v->events, LINK_FORCE);
}

/* Reads key files again, which may have been replaced meanwhile.  If one needs
 * a passphrase that was typed, the keys of the start are used on. */
static void renew_secrets(struct supervisor *v)
{
	static struct secrets fresh;
	struct failure f = {0};

	if (!v->redial.sessions || secrets_load(&fresh, v->conf, false, &f) < 0)
		return;
	if (fresh.n < v->secrets.n) {
		secrets_wipe(&fresh);
		return;
	}
	secrets_wipe(&v->secrets);
	v->secrets = fresh;
	memset(&fresh, 0, sizeof(fresh));
}

/*
 * Begins a session on the line.  If that is not possible, the session is over
 * at once, and what is planned next is the same as for any that fails.
 */
static void do_dial(struct supervisor *v)
{
	struct session_plan plan = {
		.job = v->conf->ppp ? SESSION_LINE : SESSION_FORWARDS,
		.command = v->conf->remote_command,
		.in = -1,
		.out = -1,
		.err = -1,
		.port = v->ports.port,
		.ports = v->ports.n,
		.stats = v->stats_fd,
		.stale = pppline_alive(&v->line) && v->redial.sessions,
		.reached = v->reached[0] ? v->reached : NULL,
	};

	next_try_begun(v);
	v->line.end = (struct failure){0};
	v->cause = (struct failure){0};
	v->up_before_exec = false;
	memset(v->stats, 0, sizeof(*v->stats));
	progress_start(&v->progress);
	notify("STATUS=dialing %s", v->conf->server);
	renew_secrets(v);
	plan.line_ready = pppline_alive(&v->line);
	if (v->conf->ppp) {
		if (pppline_open(&v->line, &v->cause) < 0) {
			cause_session_over(v);
			return;
		}
		pppline_drop_input(&v->line, false);
		plan.in = v->line.in;
		plan.out = v->line.out;
	}
	if (attempt_start(&v->attempt, &v->loop, &plan, &v->secrets,
			  &v->cause) < 0)
		cause_session_over(v);
}

static void on_monitor_silent(void *arg)
{
	struct supervisor *v = arg;

	cause_end_session(v, REASON_MONITOR, "%s gave no answer to %d probes",
			  v->conf->monitor, MONITOR_MISSES);
}

/* Also called for a link that is up and has negotiated its addresses anew. */
static void do_up(struct supervisor *v)
{
	int rc = 0;

	loop_timer_stop(&v->ppp_timer);
	loop_timer_stop(&v->hold_timer);
	v->hold_over = false;
	if (v->up_at)
		return;
	v->up_at = loop_now();
	memcpy(v->reached, v->server, sizeof(v->reached));
	progress_step(&v->progress, "up",
		      v->line.pipe   ? "PPP frames flow"
		      : v->conf->ppp ? v->line.interface
				     : "the forwards are there");
	if (v->conf->monitor)
		rc = monitor_start(&v->monitor, &v->loop, v->conf->monitor,
				   v->line.interface, v->conf->monitor_interval,
				   on_monitor_silent, v);
	if (rc < 0)
		log_warn("monitor: %s; it needs root or "
			 "net.ipv4.ping_group_range",
			 strerror(-rc));
	hooks_link_up(v);
}

static void on_settled(struct timer *t)
{
	cause_session_over(t->arg);
}

/*
 * The session has ended.  Finds out why, and whether that is the end of the
 * call; if not, pppd is held or ends, and the next try is planned.
 */
static void do_plan(struct supervisor *v)
{
	int64_t up, delay;
	uint32_t chance = 0;
	char text[24];
	struct redial_verdict plan;

	loop_timer_stop(&v->ppp_timer);
	loop_timer_stop(&v->settle_timer);
	monitor_stop(&v->monitor);
	cause_choose(v);
	/* A link whose hook has failed does not count as one that was up. */
	up = v->up_at && v->last.reason != REASON_HOOK ? loop_now() - v->up_at
						       : -1;
	/* The counters of the session go into those of the call. */
	v->earlier.received += v->stats->down;
	v->earlier.sent += v->stats->up;
	memset(v->stats, 0, sizeof(*v->stats));
	v->up_at = 0;
	v->line.end = (struct failure){0};
	/* For the jitter of redial.h, and for no secret: the clock will do. */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)loop_now();
	plan = redial_next(&v->redial, v->last.reason, up, chance);
	/* A pipe has one line; when pppd has closed it, this is the end. */
	if (plan.give_up || (v->line.pipe && v->state == LINK_DOWN)) {
		*v->end = v->last;
		if (plan.give_up)
			v->end->reason = plan.reason;
		link_raise(&v->events, LINK_GIVE_UP);
		return;
	}
	if (v->state == LINK_HELD)
		hooks_held(v);
	/* The time of `hold` began when the link was lost; a session that has
	 * failed since does not begin it anew. */
	if (v->state == LINK_DOWN)
		pppline_end(&v->line, 0);
	else if (v->conf->hold > 0 && !v->hold_timer.armed)
		loop_timer(&v->loop, &v->hold_timer, v->conf->hold,
			   on_hold_over, v);
	pppline_drop_input(&v->line, true);
	delay = next_try_plan(v, plan.wait, underlay_find_route(v));
	if (v->next.when == TRY_WITH_ROUTE)
		log_warn("%s: %s; waiting for a route to the server",
			 reason_name(v->last.reason), v->last.text);
	else
		log_warn("%s: %s; next try in %s", reason_name(v->last.reason),
			 v->last.text,
			 format_duration(text, sizeof(text), delay));
	notify("STATUS=%s: %s", link_state_name(v->state), v->last.text);
}

/* While hanging up: raises LINK_GONE if nothing is left. */
static void do_check(struct supervisor *v)
{
	if (v->state == LINK_HANGING_UP && !v->attempt.running &&
	    v->line.pid <= 0 && !hooks_busy(v))
		link_raise(&v->events, LINK_GONE);
}

/* The session has to last until pppd has said goodbye (LCP Terminate). */
static void do_hangup(struct supervisor *v)
{
	bool carrier = v->up_at && v->attempt.running;

	notify("STOPPING=1");
	monitor_stop(&v->monitor);
	next_try_cancel(v);
	loop_timer_stop(&v->settle_timer);
	loop_timer_stop(&v->ppp_timer);
	loop_timer_stop(&v->hold_timer);
	loop_timer(&v->loop, &v->force_timer, FORCE_MS, on_force, v);
	pppline_end(&v->line, carrier ? HANGUP_MS : 0);
	/* Without a carrier, pppd ends when its line is closed. */
	if (!carrier || v->line.pid <= 0)
		attempt_stop(&v->attempt);
	do_check(v);
}

/* Ends pppd and the session without waiting for the far end. */
static void do_cut(struct supervisor *v)
{
	pppline_end(&v->line, 0);
	attempt_stop(&v->attempt);
	do_check(v);
	if (v->line.pipe && v->state == LINK_DOWN) {
		*v->end = v->last;
		link_raise(&v->events, LINK_GIVE_UP);
	}
}

void supervisor_act(struct supervisor *v, enum link_action a)
{
	switch (a) {
	case LINK_DO_DIAL:
		do_dial(v);
		break;
	case LINK_DO_NOTE_UP:
		v->up_before_exec = true;
		break;
	case LINK_DO_NEGOTIATE:
		loop_timer(&v->loop, &v->ppp_timer, v->conf->ppp_timeout,
			   on_ppp_late, v);
		if (v->up_before_exec)
			link_raise(&v->events, LINK_UP);
		break;
	case LINK_DO_UP:
		do_up(v);
		break;
	case LINK_DO_READY:
		notify("READY=1\nSTATUS=online by %s", v->server);
		/* For the process that waits for `call -d`: only once. */
		if (v->on_up)
			v->on_up();
		v->on_up = NULL;
		break;
	case LINK_DO_SETTLE:
		loop_timer(&v->loop, &v->settle_timer, SETTLE_MS, on_settled,
			   v);
		break;
	case LINK_DO_PLAN:
		do_plan(v);
		break;
	case LINK_DO_CUT:
		do_cut(v);
		break;
	case LINK_DO_DROP:
		/* The next action is decided when the session has ended. */
		attempt_stop(&v->attempt);
		do_check(v);
		break;
	case LINK_DO_HANGUP:
		do_hangup(v);
		break;
	case LINK_DO_CHECK:
		do_check(v);
		break;
	case LINK_DO_FORCE:
		v->hooks.forced = true;
		pppline_kill(&v->line);
		attempt_kill(&v->attempt);
		do_check(v); /* if only hooks are left, nothing follows */
		break;
	case LINK_DO_END:
		loop_quit(&v->loop);
		break;
	case LINK_DO_NOTHING:
	case LINK_ACTIONS:
		break;
	}
}
