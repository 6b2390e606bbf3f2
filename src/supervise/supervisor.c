// SPDX-License-Identifier: ISC
/*
 * The supervisor of one peer: it holds the loop, and all parts report to it.
 *
 * Something happens in a session (attempt.h), on the line or in its pppd
 * (pppline.h), in a hook (hooks.c), in the network (underlay.c), or a signal, a
 * timer or a client of the control socket asks for something.  The handler
 * notes what is known about it, above all the cause of a failure, and raises
 * an event of the state table (link.h).  Nothing else happens in a handler.
 *
 * Before the loop waits again, handle_events() takes the events one by one:
 * the table names the next state and the action, and actions.c has the
 * actions.  An action may raise events itself; they are handled after it.
 *
 * So the answer to `redial` or `hangup` shows the state before the event, and
 * a `status` that is asked after that answer shows the state behind it.
 */
#include "supervise/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/ssh_targets.h"
#include "keys/secrets.h"
#include "line/pppd.h"
#include "supervise/actions.h"
#include "supervise/cause.h"
#include "supervise/notify.h"
#include "supervise/snapshot.h"
#include "supervise/supervisor_state.h"

static struct supervisor the_supervisor = {.monitor = {.fd = -1}};

/* The top of the loop, and the only place where actions are begun. */
static void handle_events(struct loop *l)
{
	struct supervisor *v = l->arg;
	enum link_event e;

	while (link_take(&v->events, &e)) {
		struct link_step s = link_step(v->state, e);

		if (s.next != v->state) {
			log_debug("%s: %s -> %s", link_event_name(e),
				  link_state_name(v->state),
				  link_state_name(s.next));
			v->state = s.next;
			v->since = loop_now();
		}
		supervisor_act(v, s.action);
	}
}

/* ---- where events come from ---- */

/* Somebody asks for a new session; `how` is for the log. */
static void redial_now(struct supervisor *v, const char *how)
{
	/* If the session has just ended, its wait is still to be planned. */
	if (!link_waits(v->state))
		next_try_at_once(v);
	if (v->attempt.running)
		fail(&v->cause, REASON_REDIAL, "a new session was asked for%s",
		     how);
	link_raise(&v->events, LINK_REDIAL);
}

static void on_line(struct pppline *p, enum pppline_news news)
{
	struct supervisor *v = p->arg;
	char words[300];

	switch (news) {
	case PPPLINE_READY:
		attempt_tell(&v->attempt, MESSAGE_LINE);
		break;
	case PPPLINE_LCP:
		progress_step(&v->progress, "LCP", "the far pppd answers");
		break;
	case PPPLINE_UP:
		if (!supervisor_check_addresses(v, p->interface, p->local,
						p->remote, words,
						sizeof(words)))
			break;
		snprintf(words, sizeof(words), "local %s remote %s", p->local,
			 p->remote);
		/* The session may have ended in this turn of the loop. */
		if (!v->attempt.running)
			break;
		/* LINK_EXEC may still be in the queue, or not read yet. */
		if (v->state < LINK_ONLINE)
			progress_step(&v->progress, "IPCP", words);
		link_raise(&v->events, LINK_UP);
		break;
	case PPPLINE_HUNG_UP:
		attempt_stop(&v->attempt);
		break;
	case PPPLINE_ENDED:
		/* The pppd that started us is the only one there will be. */
		if (p->pipe) {
			fail(v->end, p->end.reason, "%s", p->end.text);
			link_raise(&v->events, LINK_STOP);
			break;
		}
		fail(&v->cause, p->end.reason, "%s", p->end.text);
		hooks_pppd_ended(v);
		loop_timer_stop(&v->hold_timer);
		link_raise(&v->events, LINK_PPPD_ENDED);
		break;
	}
}

static const char *const step_name[] = {
	[STEP_RESOLVE] = "resolve",  [STEP_CONNECT] = "connect",
	[STEP_HOSTKEY] = "host key", [STEP_LOGIN] = "login",
	[STEP_EXEC] = "exec",	     [STEP_FRAME] = "PPP",
};

/* True if it is the session's word that the link is up, and not pppd's. */
static bool session_reports_up(const struct supervisor *v)
{
	return v->line.pipe || !v->conf->ppp;
}

static void on_step(struct attempt *a, enum step step, const char *text)
{
	struct supervisor *v = a->arg;

	/* The way to the first host is what routes and networks change. */
	if (step == STEP_CONNECT && !a->host)
		underlay_connected(v);
	if (attempt_at_hop(a)) { /* nothing follows from it but the line */
		struct conf_target hop;
		char words[1024];

		conf_target(v->conf, a->host, &hop);
		snprintf(words, sizeof(words), "hop %s: %s", hop.host, text);
		progress_step(&v->progress, step_name[step], words);
		return;
	}
	if (step != STEP_FRAME || session_reports_up(v))
		progress_step(&v->progress,
			      step == STEP_FRAME && !v->conf->ppp
				      ? "forwards"
				      : step_name[step],
			      text);
	if (v->state == LINK_HANGING_UP)
		return;
	/* pppd is not started for a session that cannot log in.  Until EXEC
	 * clients of our ports are refused; then the session accepts them. */
	if (step == STEP_LOGIN && v->conf->ppp &&
	    pppline_start(&v->line, &v->cause) < 0) {
		link_raise(&v->events, LINK_LOST);
	} else if (step == STEP_EXEC) {
		ports_refuse(&v->ports, &v->loop, false);
		link_raise(&v->events, LINK_EXEC);
	} else if (step == STEP_FRAME && session_reports_up(v)) {
		link_raise(&v->events, LINK_UP);
	}
}

static void on_session_end(struct attempt *a)
{
	struct supervisor *v = a->arg;

	ports_refuse(&v->ports, &v->loop, true);
	if (a->end.reason == REASON_LINE_CLOSED && v->line.pipe) {
		fail(v->end, REASON_LINE_CLOSED, "%s", a->end.text);
		link_raise(&v->events, LINK_STOP);
	} else if (a->end.reason == REASON_FAR_ENDED ||
		   a->end.reason == REASON_FAR_FAILED ||
		   a->end.reason == REASON_LINE_CLOSED) {
		/* Often because of pppd, which is about to say so. */
		link_raise(&v->events, LINK_FAR_ENDED);
	} else {
		cause_session_over(v);
	}
}

static void on_signal(struct loop *l, int signo)
{
	struct supervisor *v = l->arg;

	switch (signo) {
	case SIGCHLD:
		hooks_reap(v);
		break;
	case SIGHUP:
		if (!v->line.pipe) {
			redial_now(v, " (SIGHUP)");
			break;
		}
		/* pppd ends its pty command by this signal. */
		__attribute__((fallthrough));
	default:
		fail(v->end, REASON_ASKED, "ended as asked (%s)",
		     strsignal(signo));
		link_raise(&v->events, LINK_STOP);
	}
}

static void on_lifetime(struct timer *t)
{
	struct supervisor *v = t->arg;

	fail(v->end, REASON_ASKED, "ended after max-lifetime");
	link_raise(&v->events, LINK_STOP);
}

static void on_watchdog(struct timer *t)
{
	notify("WATCHDOG=1");
	loop_timer(t->loop, t, notify_watchdog(), on_watchdog, t->arg);
}

/* ---- clients of the control socket ---- */

static void on_control(void *arg, enum control_verb verb,
		       struct control_status *answer)
{
	struct supervisor *v = arg;

	if (verb == CONTROL_REDIAL)
		redial_now(v, " (redial)");
	if (verb == CONTROL_HANGUP) {
		fail(v->end, REASON_ASKED, "ended as asked (hangup)");
		link_raise(&v->events, LINK_STOP);
	}
	snapshot_fill(v, answer);
}

/* Hands a command on to the session.  A link that is not up yet may never be:
 * then the client makes a connection of its own, which is quick. */
static int on_mux_command(void *arg, const struct control_mux *q,
			  const int *descriptors, char *why, size_t size)
{
	struct supervisor *v = arg;
	int rc;

	if (v->state != LINK_ONLINE) {
		snprintf(why, size, "the link is %s",
			 link_state_name(v->state));
		return -1;
	}
	rc = attempt_run_command(&v->attempt, q->request, q->command, q->len,
				 descriptors);
	if (rc < 0)
		snprintf(why, size, "the session: %s", strerror(-rc));
	return rc < 0 ? -1 : 0;
}

/* ---- from start to end ---- */

static int open_loop(struct supervisor *v)
{
	static const struct control_calls calls = {on_control, hooks_request,
						   hooks_connection_ended,
						   on_mux_command};
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	sigset_t mask;
	int rc;

	sigemptyset(&mask);
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaddset(&mask, signals[i]);
	rc = loop_init(&v->loop, &mask, on_signal, v);
	v->loop.before_wait = handle_events;
	if (rc < 0)
		return fail(v->end, REASON_INTERNAL, "epoll: %s",
			    strerror(-rc));
	rc = control_open(&v->control, &v->loop, v->conf, &calls, v);
	if (rc == -EBUSY)
		return fail(v->end, REASON_BUSY,
			    "%s is being called already; sshdial status %s "
			    "shows it",
			    v->conf->name, v->conf->name);
	if (rc < 0)
		log_warn("no control socket: %s", strerror(-rc));
	return 0;
}

/* Opens all parts.  0, or -1 with v->end set. */
static int open_parts(struct supervisor *v)
{
	/* Before open_loop() takes the signals: while a passphrase is asked
	 * for, they can still interrupt. */
	if (secrets_load(&v->secrets, v->conf, true, v->end) < 0)
		return -1;
	log_never_wait();
	if (open_loop(v) < 0)
		return -1;
	v->stats = stats_open(&v->stats_fd);
	if (!v->stats)
		return fail(v->end, REASON_INTERNAL, "memfd_create: %m");
	if (ports_open(&v->ports, v->conf, v->end) < 0)
		return -1;
	ports_refuse(&v->ports, &v->loop, true);
	underlay_open(v);
	repair_open(v);
	if (v->conf->max_lifetime)
		loop_timer(&v->loop, &v->lifetime, v->conf->max_lifetime,
			   on_lifetime, v);
	if (notify_watchdog())
		loop_timer(&v->loop, &v->watchdog, 0, on_watchdog, v);
	v->line.conf = v->conf;
	v->line.loop = &v->loop;
	v->line.fn = on_line;
	v->line.arg = v;
	v->line.trace = v->progress.terminal;
	pppline_init(&v->line);
	v->attempt.conf = v->conf;
	v->attempt.on_step = on_step;
	v->attempt.on_end = on_session_end;
	v->attempt.arg = v;
	redial_init(&v->redial, v->conf);
	hooks_start(v);
	return 0;
}

static void supervise(struct supervisor *v, const struct conf *c,
		      struct failure *end)
{
	bool begun;
	int rc;

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
	begun = !open_parts(v);
	if (begun) {
		link_raise(&v->events, LINK_DIAL);
		rc = loop_run(&v->loop);
		if (rc < 0)
			fail(end, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	}
	/* The last hooks ask us over the control socket, so that is closed
	 * after them.  Without the lock another supervisor has the peer, and
	 * the hooks are its. */
	secrets_wipe(&v->secrets);
	pppline_close(&v->line);
	ports_close(&v->ports);
	/* Before that, all that there is was left by a call that was killed,
	 * and `fail-closed` keeps it. */
	if (begun && v->control.lock >= 0)
		hooks_end(v);
	repair_close(v);
	underlay_close(v);
	control_close(&v->control);
	loop_close(&v->loop);
}

void supervise_call(const struct conf *c, void (*on_up)(void),
		    struct failure *end)
{
	struct supervisor *v = &the_supervisor;
	char why[300];
	enum reason r = REASON_NONE;

	if (c->ppp)
		r = pppd_check(c, !geteuid(), why, sizeof(why));
	if (r != REASON_NONE) {
		fail(end, r, "%s", why);
		return;
	}
	v->on_up = on_up;
	supervise(v, c, end);
}

void supervise_pipe(const struct conf *c, struct failure *end)
{
	the_supervisor.line.pipe = true;
	supervise(&the_supervisor, c, end);
}
