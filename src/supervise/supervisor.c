/* SPDX-License-Identifier: ISC */
/*
 * The events of a peer's link come from the session (attempt.h), from the
 * line and its pppd (pppline.h), from the network (route/netlink.h), from
 * signals, timers and the control socket.  Each becomes an event of the state
 * table (link.h); the table names the action, and the actions are here.
 */
#include "supervise/supervisor.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "line/pppd.h"
#include "route/netlink.h"
#include "session/monitor.h"
#include "supervise/attempt.h"
#include "supervise/control.h"
#include "supervise/link.h"
#include "supervise/notify.h"
#include "supervise/pppline.h"
#include "supervise/progress.h"
#include "supervise/redial.h"

#define SETTLE_MS 300	/* for pppd to say itself why the link ended */
#define HANGUP_MS 5000	/* for LCP Terminate, then the line is hung up */
#define FORCE_MS  20000 /* for all of a hangup */
#define TICK_MS	  5000	/* between two looks at the clocks */
#define SLEPT_MS  2000	/* a gap between them that is a suspend */

/* Where there is no address yet, the way to some far address stands for the
 * way to the server (RFC 5737, RFC 3849: they belong to nobody). */
#define ANYWHERE  "192.0.2.1"
#define ANYWHERE6 "2001:db8::1"

struct supervisor {
	const struct conf *conf;
	struct loop loop;
	struct attempt attempt;
	struct auth_secrets secrets;
	struct progress progress;
	struct pppline line;
	struct netlink netlink;
	struct control control;
	struct redial redial;
	struct session_stats *stats;	/* shared with the session */
	struct session_stats earlier;	/* of the sessions before */
	struct netlink_path path;	/* that the connection takes */
	struct failure last;		/* how the last session ended */
	struct failure cause;		/* why this one has to end */
	struct failure *end;
	void (*on_up)(void);
	enum link_state state;
	int64_t since;	  /* loop_now() of this state */
	int64_t up_at;	  /* and of this link's coming up, or 0 */
	int64_t slept;	  /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
	char server[64];  /* the address of the connection */
	int monitor;	  /* the socket, or -1 */
	bool hold_spent;  /* pppd was held as long as configured */
	bool at_once;	  /* do not wait before the next session */
	bool no_route;	  /* wait for the network, not for time */
	struct timer wait, ppp_timer, hold_timer, force_timer, settle_timer;
	struct timer tick, lifetime, watchdog;
};

static struct supervisor the_supervisor = {.monitor = -1};

static void event(struct supervisor *v, enum link_event e);

static uint32_t chance(void)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) < 0)
		n = (uint32_t)loop_now();
	return n;
}

/* ---- the network ---- */

static struct netlink_path path_now(struct supervisor *v)
{
	const char *to = v->server[0] ? v->server : v->conf->server;
	struct netlink_path p = {.there = true};

	if (!v->netlink.requests || !netlink_path(&v->netlink, to, &p))
		return p;
	netlink_path(&v->netlink, ANYWHERE, &p);
	if (!p.there)
		netlink_path(&v->netlink, ANYWHERE6, &p);
	return p;
}

static bool waiting(const struct supervisor *v)
{
	return v->state == LINK_DOWN || v->state == LINK_HELD;
}

/* While waiting: no try without a way, one at once when there is a new one. */
static void way_changed(struct supervisor *v, const struct netlink_path *now)
{
	if (!now->there) {
		v->no_route = true;
		loop_timer_stop(&v->wait);
	} else if (v->no_route || !netlink_same_path(now, &v->path)) {
		v->path = *now;
		event(v, LINK_DIAL);
	}
}

static void on_network(void *arg)
{
	struct supervisor *v = arg;
	struct netlink_path now = path_now(v);

	if (waiting(v)) {
		way_changed(v, &now);
	} else if (v->conf->watch_route && v->attempt.running && v->server[0] &&
		   !netlink_same_path(&now, &v->path)) {
		fail(&v->cause, REASON_NETWORK, "the way to %s %s", v->server,
		     now.there ? "has changed" : "is gone");
		event(v, LINK_LOST);
	}
}

/* ---- actions ---- */

static void on_wait_over(struct timer *t)
{
	event(t->arg, LINK_DIAL);
}

static void on_ppp_late(struct timer *t)
{
	struct supervisor *v = t->arg;
	char limit[24];

	fail(&v->cause, REASON_PPP_TIMEOUT,
	     "PPP did not come up within %s; look at the far pppd's options "
	     "and log",
	     format_duration(limit, sizeof(limit), v->conf->ppp_timeout));
	event(v, LINK_LATE);
}

static void on_hold_over(struct timer *t)
{
	struct supervisor *v = t->arg;

	log_info("no session for as long as `hold` says: hanging up");
	v->hold_spent = true;
	event(v, LINK_HOLD_OVER);
}

static void on_force(struct timer *t)
{
	event(t->arg, LINK_FORCE);
}

/* A key may have been replaced meanwhile; a passphrase that was typed has
 * to last. */
static void renew_secrets(struct supervisor *v)
{
	static struct auth_secrets fresh;
	struct failure f = {.reason = REASON_ASKED};

	if (!v->redial.sessions || auth_load(&fresh, v->conf, false, &f) < 0)
		return;
	auth_wipe(&v->secrets);
	v->secrets = fresh;
	memset(&fresh, 0, sizeof(fresh));
}

static void session_over(struct supervisor *v)
{
	bool keep = v->conf->hold != HOLD_NO && !v->hold_spent &&
		    pppline_alive(&v->line);

	event(v, keep ? LINK_SESSION_ENDED : LINK_CARRIER_ENDED);
}

static void do_dial(struct supervisor *v)
{
	struct session_plan plan = {
		.job = SESSION_LINE,
		.command = v->conf->remote_command,
		.err = -1,
		.monitor = v->monitor,
		.stats = v->stats,
		.held = pppline_alive(&v->line) && v->redial.sessions,
	};

	loop_timer_stop(&v->wait);
	v->no_route = false;
	v->at_once = false;
	v->cause = (struct failure){.reason = REASON_ASKED};
	memset(v->stats, 0, sizeof(*v->stats));
	progress_start(&v->progress);
	notify("STATUS=dialing %s", v->conf->server);
	renew_secrets(v);
	plan.line_ready = pppline_alive(&v->line);
	if (pppline_open(&v->line, &v->cause) < 0) {
		session_over(v);
		return;
	}
	pppline_idle(&v->line, false);
	plan.in = v->line.in;
	plan.out = v->line.out;
	if (attempt_start(&v->attempt, &v->loop, &plan, &v->secrets,
			  &v->cause) < 0)
		session_over(v);
}

static void do_negotiate(struct supervisor *v)
{
	loop_timer(&v->loop, &v->ppp_timer, v->conf->ppp_timeout, on_ppp_late,
		   v);
}

static void do_up(struct supervisor *v)
{
	loop_timer_stop(&v->ppp_timer);
	loop_timer_stop(&v->hold_timer);
	v->hold_spent = false;
	if (v->up_at)
		return;
	v->up_at = loop_now();
	progress_step(&v->progress, "up",
		      v->line.pipe ? "PPP frames flow" : v->line.interface);
	attempt_tell(&v->attempt, MESSAGE_UP);
	notify("READY=1\nSTATUS=online by %s", v->server);
	if (v->on_up)
		v->on_up();
	v->on_up = NULL;
}

/* What pppd says of its own end explains more than the end of the session
 * that followed from it; and our own cause more than either. */
static void choose_reason(struct supervisor *v)
{
	static const enum reason better[] = {
		REASON_PPP_AUTH, REASON_PPP_NEGOTIATION, REASON_PPPD_OPTIONS,
		REASON_PPPD_PRIVILEGE, REASON_NO_KERNEL_PPP};
	const struct failure *pppd = &v->line.end;

	v->last = v->cause.text[0] ? v->cause : v->attempt.end;
	for (size_t i = 0; i < sizeof(better) / sizeof(better[0]); i++)
		if (pppd->text[0] && pppd->reason == better[i])
			v->last = *pppd;
}

static void add_numbers(struct supervisor *v)
{
	v->earlier.received += v->stats->down;
	v->earlier.sent += v->stats->up;
	memset(v->stats, 0, sizeof(*v->stats));
}

static void tell_plan(const struct supervisor *v, int64_t wait)
{
	char text[24];

	if (v->no_route) {
		log_warn("%s: %s; waiting for a way to the server",
			 reason_name(v->last.reason), v->last.text);
		return;
	}
	log_warn("%s: %s; next try in %s", reason_name(v->last.reason),
		 v->last.text, format_duration(text, sizeof(text), wait));
}

static void do_plan(struct supervisor *v)
{
	int64_t up = v->up_at ? loop_now() - v->up_at : -1;
	struct redial_verdict plan;

	loop_timer_stop(&v->ppp_timer);
	choose_reason(v);
	add_numbers(v);
	v->up_at = 0;
	v->line.end = (struct failure){.reason = REASON_ASKED};
	plan = redial_next(&v->redial, v->last.reason, up, chance());
	if (plan.give_up) {
		*v->end = v->last;
		v->end->reason = plan.reason;
		event(v, LINK_GIVE_UP);
		return;
	}
	if (v->state == LINK_DOWN)
		pppline_end(&v->line, 0);
	else if (v->conf->hold > 0 && !v->hold_timer.armed)
		loop_timer(&v->loop, &v->hold_timer, v->conf->hold,
			   on_hold_over, v);
	pppline_idle(&v->line, true);
	v->path = path_now(v);
	v->no_route = !v->path.there;
	if (v->at_once)
		plan.wait = 0;
	tell_plan(v, plan.wait);
	notify("STATUS=%s: %s", link_state_name(v->state), v->last.text);
	if (!v->no_route)
		loop_timer(&v->loop, &v->wait, plan.wait, on_wait_over, v);
}

static void look_for_end(struct supervisor *v)
{
	if (!v->attempt.running && v->line.pid <= 0)
		event(v, LINK_GONE);
}

static void do_hangup(struct supervisor *v)
{
	bool carrier = v->up_at && v->attempt.running;

	notify("STOPPING=1");
	loop_timer_stop(&v->wait);
	loop_timer_stop(&v->ppp_timer);
	loop_timer_stop(&v->hold_timer);
	loop_timer(&v->loop, &v->force_timer, FORCE_MS, on_force, v);
	pppline_end(&v->line, carrier ? HANGUP_MS : 0);
	if (v->line.pid <= 0)
		attempt_stop(&v->attempt);
	look_for_end(v);
}

static void do_force(struct supervisor *v)
{
	pppline_kill(&v->line);
	attempt_kill(&v->attempt);
}

static void do_drop(struct supervisor *v)
{
	attempt_stop(&v->attempt);
	if (v->state == LINK_HANGING_UP)
		look_for_end(v);
}

static void act(struct supervisor *v, enum link_action a)
{
	switch (a) {
	case LINK_DO_DIAL:
		do_dial(v);
		break;
	case LINK_DO_NEGOTIATE:
		do_negotiate(v);
		break;
	case LINK_DO_UP:
		do_up(v);
		break;
	case LINK_DO_PLAN:
		do_plan(v);
		break;
	case LINK_DO_CUT:
		pppline_end(&v->line, 0);
		break;
	case LINK_DO_DROP:
		do_drop(v);
		break;
	case LINK_DO_HANGUP:
		do_hangup(v);
		break;
	case LINK_DO_FORCE:
		do_force(v);
		break;
	case LINK_DO_END:
		loop_quit(&v->loop);
		break;
	case LINK_DO_NOTHING:
	case LINK_ACTIONS:
		break;
	}
}

static void event(struct supervisor *v, enum link_event e)
{
	struct link_step s = link_step(v->state, e);

	if (s.next != v->state) {
		log_debug("%s: %s -> %s", link_event_name(e),
			  link_state_name(v->state), link_state_name(s.next));
		v->state = s.next;
		v->since = loop_now();
	}
	act(v, s.action);
}

/* ---- where events come from ---- */

static void redial_now(struct supervisor *v, const char *who)
{
	if (v->attempt.running) {
		fail(&v->cause, REASON_REDIAL, "a new session was asked for%s",
		     who);
		v->at_once = true;
	}
	event(v, LINK_REDIAL);
}

static void on_line(struct pppline *p, enum pppline_news news)
{
	struct supervisor *v = p->arg;
	char words[128];

	switch (news) {
	case PPPLINE_READY:
		attempt_tell(&v->attempt, MESSAGE_LINE);
		if (v->monitor >= 0)
			setsockopt(v->monitor, SOL_SOCKET, SO_BINDTODEVICE,
				   p->interface,
				   (socklen_t)strlen(p->interface));
		break;
	case PPPLINE_LCP:
		progress_step(&v->progress, "LCP", "the far pppd answers");
		break;
	case PPPLINE_UP:
		snprintf(words, sizeof(words), "local %s remote %s", p->local,
			 p->remote);
		if (v->state == LINK_NEGOTIATING)
			progress_step(&v->progress, "IPCP", words);
		event(v, LINK_UP);
		break;
	case PPPLINE_CUT:
		attempt_stop(&v->attempt);
		break;
	case PPPLINE_ENDED:
		if (p->pipe) {
			fail(v->end, p->end.reason, "%s", p->end.text);
			event(v, LINK_STOP);
			break;
		}
		fail(&v->cause, p->end.reason, "%s", p->end.text);
		event(v, LINK_PPPD_ENDED);
		break;
	}
}

static const char *const step_name[] = {
	[STEP_RESOLVE] = "resolve",  [STEP_CONNECT] = "connect",
	[STEP_HOSTKEY] = "host key", [STEP_LOGIN] = "login",
	[STEP_EXEC] = "exec",	     [STEP_FRAME] = "PPP",
};

static void connected(struct supervisor *v, const char *text)
{
	int family;

	snprintf(v->server, sizeof(v->server), "%.*s",
		 (int)strcspn(text, " "), text);
	if (!parse_address(v->server, &family))
		v->server[0] = 0;
	v->path = path_now(v);
}

static void on_step(struct attempt *a, enum step step, const char *text)
{
	struct supervisor *v = a->arg;

	if (step == STEP_CONNECT)
		connected(v, text);
	if (step != STEP_FRAME || v->line.pipe)
		progress_step(&v->progress, step_name[step], text);
	if (v->state == LINK_HANGING_UP)
		return;
	if (step == STEP_LOGIN && pppline_start(&v->line, &v->cause) < 0)
		attempt_stop(a);
	else if (step == STEP_EXEC)
		event(v, LINK_EXEC);
	else if (step == STEP_FRAME && v->line.pipe)
		event(v, LINK_UP);
}

static void on_settled(struct timer *t)
{
	session_over(t->arg);
}

static void on_session_end(struct attempt *a)
{
	struct supervisor *v = a->arg;

	if (v->state == LINK_HANGING_UP) {
		pppline_end(&v->line, 0);
		look_for_end(v);
	} else if (a->end.reason == REASON_LINE_CLOSED && v->line.pipe) {
		fail(v->end, REASON_LINE_CLOSED, "%s", a->end.text);
		event(v, LINK_STOP);
	} else if (a->end.reason == REASON_FAR_ENDED ||
		   a->end.reason == REASON_FAR_FAILED ||
		   a->end.reason == REASON_LINE_CLOSED) {
		/* pppd may be about to end as well, and know better why. */
		loop_timer(&v->loop, &v->settle_timer, SETTLE_MS, on_settled,
			   v);
	} else {
		session_over(v);
	}
}

static void on_signal(struct loop *l, int signo)
{
	struct supervisor *v = l->arg;

	switch (signo) {
	case SIGCHLD:
		pppline_reap(&v->line);
		break;
	case SIGHUP:
		if (!v->line.pipe) {
			redial_now(v, " (SIGHUP)");
			break;
		} /* pppd ends its pty command by it */
		__attribute__((fallthrough));
	default:
		fail(v->end, REASON_ASKED, "ended as asked (%s)",
		     strsignal(signo));
		event(v, LINK_STOP);
	}
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_tick(struct timer *t)
{
	struct supervisor *v = t->arg;
	int64_t slept = clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);

	if (slept - v->slept > SLEPT_MS) {
		log_info("woken up after %lld s",
			 (long long)(slept - v->slept) / 1000);
		if (waiting(v))
			event(v, LINK_DIAL);
		else
			attempt_tell(&v->attempt, MESSAGE_PROBE);
	}
	v->slept = slept;
	loop_timer(&v->loop, t, TICK_MS, on_tick, v);
}

static void on_lifetime(struct timer *t)
{
	struct supervisor *v = t->arg;

	fail(v->end, REASON_ASKED, "ended after max-lifetime");
	event(v, LINK_STOP);
}

static void on_watchdog(struct timer *t)
{
	notify("WATCHDOG=1");
	loop_timer(t->loop, t, notify_watchdog(), on_watchdog, t->arg);
}

/* ---- seen from outside ---- */

static void fill_status(struct supervisor *v, struct control_status *s)
{
	int64_t now = loop_now();

	s->pipe = v->line.pipe;
	s->pid = getpid();
	s->session_pid = v->attempt.running ? v->attempt.pid : 0;
	s->pppd_pid = v->line.pid;
	strcpy(s->peer, v->conf->name);
	snprintf(s->state, sizeof(s->state), "%s", link_state_name(v->state));
	strcpy(s->interface, v->line.interface);
	strcpy(s->local, v->line.local);
	strcpy(s->remote, v->line.remote);
	strcpy(s->server, v->server);
	s->since = now - v->since;
	s->up = v->up_at ? now - v->up_at : -1;
	s->next_try = v->wait.armed ? v->wait.at - now : -1;
	s->received = v->earlier.received + v->stats->down;
	s->sent = v->earlier.sent + v->stats->up;
	s->rtt_us = v->stats->rtt_us;
	s->rekeys = v->stats->rekeys;
	s->sessions = v->redial.sessions;
	if (!v->last.text[0])
		return;
	snprintf(s->reason, sizeof(s->reason), "%s",
		 reason_name(v->last.reason));
	snprintf(s->text, sizeof(s->text), "%s", v->last.text);
}

static void on_control(void *arg, enum control_verb verb,
		       struct control_status *answer)
{
	struct supervisor *v = arg;

	if (verb == CONTROL_REDIAL)
		redial_now(v, " (redial)");
	if (verb == CONTROL_HANGUP) {
		fail(v->end, REASON_ASKED, "ended as asked (hangup)");
		event(v, LINK_STOP);
	}
	fill_status(v, answer);
}

/* ---- all together ---- */

static int open_loop(struct supervisor *v)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	sigset_t mask;
	int rc;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&mask, signals[i]);
	rc = loop_init(&v->loop, &mask, on_signal, v);
	if (rc < 0)
		return fail(v->end, REASON_INTERNAL, "epoll: %s",
			    strerror(-rc));
	rc = control_open(&v->control, &v->loop, v->conf, on_control, v);
	if (rc == -EBUSY)
		return fail(v->end, REASON_BUSY,
			    "%s is being called already; sshdial status %s "
			    "shows it",
			    v->conf->name, v->conf->name);
	if (rc < 0)
		log_warn("no control socket: %s", strerror(-rc));
	return 0;
}

static int open_stats(struct supervisor *v)
{
	v->stats = mmap(NULL, sizeof(*v->stats), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v->stats != MAP_FAILED)
		return 0;
	v->stats = NULL;
	return fail(v->end, REASON_INTERNAL, "mmap: %m");
}

static void open_watchers(struct supervisor *v)
{
	if (netlink_open(&v->netlink, &v->loop, on_network, v) < 0)
		log_warn("no netlink: changes of the network are not seen");
	if (v->conf->monitor) {
		v->monitor = monitor_socket(v->conf->monitor);
		if (v->monitor < 0)
			log_warn("monitor: %s; it needs root or "
				 "net.ipv4.ping_group_range",
				 strerror(-v->monitor));
	}
	v->slept = clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);
	loop_timer(&v->loop, &v->tick, TICK_MS, on_tick, v);
	if (v->conf->max_lifetime)
		loop_timer(&v->loop, &v->lifetime, v->conf->max_lifetime,
			   on_lifetime, v);
	if (notify_watchdog())
		loop_timer(&v->loop, &v->watchdog, 0, on_watchdog, v);
}

static int prepare(struct supervisor *v)
{
	if (open_loop(v) < 0 || open_stats(v) < 0 ||
	    auth_load(&v->secrets, v->conf, true, v->end) < 0)
		return -1;
	open_watchers(v);
	v->line.conf = v->conf;
	v->line.loop = &v->loop;
	v->line.fn = on_line;
	v->line.arg = v;
	v->line.trace = v->progress.terminal;
	pppline_init(&v->line);
	v->attempt.conf = v->conf;
	v->attempt.on_step = on_step;
	v->attempt.on_hostkey = attempt_add_hostkey;
	v->attempt.on_end = on_session_end;
	v->attempt.arg = v;
	redial_init(&v->redial, v->conf);
	return 0;
}

static void run(struct supervisor *v, const struct conf *c,
		struct failure *end)
{
	v->conf = c;
	v->end = end;
	v->loop.epfd = -1;
	v->control.fd = -1;
	v->control.lock = -1;
	v->line.in = v->line.out = v->line.slave = -1;
	v->since = loop_now();
	progress_start(&v->progress);
	if (v->line.pipe)
		v->progress.terminal = 0;
	if (!prepare(v)) {
		event(v, LINK_DIAL);
		loop_run(&v->loop);
	}
	auth_wipe(&v->secrets);
	pppline_close(&v->line);
	if (v->netlink.events)
		netlink_close(&v->netlink);
	control_close(&v->control);
	loop_close(&v->loop);
}

void supervise_call(const struct conf *c, void (*on_up)(void),
		    struct failure *end)
{
	struct supervisor *v = &the_supervisor;
	char why[300];
	enum reason r = pppd_check(c, !geteuid(), why, sizeof(why));

	if (r != REASON_ASKED) {
		fail(end, r, "%s", why);
		return;
	}
	v->on_up = on_up;
	run(v, c, end);
}

void supervise_pipe(const struct conf *c, struct failure *end)
{
	the_supervisor.line.pipe = true;
	run(&the_supervisor, c, end);
}
