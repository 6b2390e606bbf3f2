// SPDX-License-Identifier: ISC
/*
 * States:
 *
 *   dialing	   a session is under way; a first login starts pppd
 *   negotiating   the far command runs; PPP has until ppp-timeout
 *   online	   the link has its addresses (pipe: PPP frames flow)
 *   hanging-up	   pppd and session are told to end, each with a deadline
 *   ended	   neither is left
 *
 * Whatever ends first (session, pppd, a signal) leads to hanging-up, and
 * that to ended.
 */
#include "supervise/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "line/pppd.h"
#include "line/pty.h"
#include "supervise/attempt.h"
#include "supervise/progress.h"

#define SETTLE_MS 300  /* for pppd to end by itself after its session */
#define HANGUP_MS 5000 /* for LCP Terminate, then the line is cut */
#define KILL_MS	  8000 /* for pppd's scripts after that */

enum state { DIALING, NEGOTIATING, ONLINE, HANGING_UP, ENDED };

static const char *const state_name[] = {
	[DIALING] = "dialing", [NEGOTIATING] = "negotiating",
	[ONLINE] = "online",   [HANGING_UP] = "hanging up",
	[ENDED] = "ended",
};

struct supervisor {
	const struct conf *conf;
	struct loop loop;
	struct attempt attempt;
	struct auth_secrets secrets;
	struct progress progress;
	struct failure *end;	 /* why the link ended */
	struct failure pppd_end; /* how pppd ended, where there was one */
	enum state state;
	bool pipe;
	bool lcp_up;
	bool told; /* pppd was told to end, or its line was cut */
	int master, slave;
	pid_t pppd;
	int log_fd;
	struct watch log_watch;
	char log_line[512];
	size_t log_used;
	char local[48], interface[16];
	struct timer ppp_timer, cut_timer, kill_timer;
};

static void set_state(struct supervisor *v, enum state state)
{
	if (v->state == state)
		return;
	v->state = state;
	log_debug("state: %s", state_name[state]);
}

static void close_line(struct supervisor *v)
{
	if (v->master >= 0 && !v->pipe)
		close(v->master);
	if (v->slave >= 0)
		close(v->slave);
	v->master = -1;
	v->slave = -1;
}

static void look_for_end(struct supervisor *v)
{
	if (v->state != HANGING_UP || v->attempt.running || v->pppd > 0)
		return;
	set_state(v, ENDED);
	loop_quit(&v->loop);
}

/* The line is cut when nobody has its master any more. */
static void cut_line(struct supervisor *v)
{
	v->told = true;
	attempt_stop(&v->attempt);
	close_line(v);
}

static void on_cut(struct timer *t)
{
	cut_line(t->arg);
}

static void end_pppd(struct supervisor *v)
{
	if (v->pppd > 0)
		kill(v->pppd, SIGTERM);
	v->told = true;
}

static void on_kill(struct timer *t)
{
	struct supervisor *v = t->arg;

	if (v->pppd > 0) {
		log_warn("pppd does not end; killing it");
		kill(v->pppd, SIGKILL);
	}
}

/* Ends what still runs.  cut_ms: how long pppd has until the line is cut. */
static void hang_up(struct supervisor *v, int64_t cut_ms)
{
	if (v->state == HANGING_UP)
		return;
	set_state(v, HANGING_UP);
	loop_timer_stop(&v->ppp_timer);
	if (v->pppd > 0) {
		loop_timer(&v->loop, &v->cut_timer, cut_ms, on_cut, v);
		loop_timer(&v->loop, &v->kill_timer, cut_ms + KILL_MS, on_kill,
			   v);
	} else {
		attempt_stop(&v->attempt);
	}
	look_for_end(v);
}

/* ---- pppd ---- */

static void pppd_says(struct supervisor *v, const char *line)
{
	char value[64], words[128];
	enum pppd_event e = pppd_line(line, value, sizeof(value));

	if (e == PPPD_DEBUG || e == PPPD_LCP_UP ||
	    (v->progress.terminal && e != PPPD_OTHER))
		log_debug("pppd: %s", line);
	else
		log_info("pppd: %s", line);
	switch (e) {
	case PPPD_INTERFACE:
		snprintf(v->interface, sizeof(v->interface), "%.15s", value);
		break;
	case PPPD_CONNECT:
		attempt_line_ready(&v->attempt);
		break;
	case PPPD_LCP_UP:
		if (!v->lcp_up)
			progress_step(&v->progress, "LCP",
				      "the far pppd answers");
		v->lcp_up = true;
		break;
	case PPPD_LOCAL:
		snprintf(v->local, sizeof(v->local), "%.47s", value);
		break;
	case PPPD_REMOTE:
		if (v->state != NEGOTIATING)
			break;
		snprintf(words, sizeof(words), "local %s remote %s", v->local,
			 value);
		progress_step(&v->progress, "IPCP", words);
		progress_step(&v->progress, "up", v->interface);
		loop_timer_stop(&v->ppp_timer);
		set_state(v, ONLINE);
		break;
	default:
		break;
	}
}

static void pppd_log_line(struct supervisor *v)
{
	char line[sizeof(v->log_line) * 4];

	if (v->log_used)
		pppd_says(v, log_printable(line, sizeof(line), v->log_line,
					   v->log_used));
	v->log_used = 0;
}

static void read_pppd_log(struct supervisor *v)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(v->log_fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n')
				pppd_log_line(v);
			else if (v->log_used < sizeof(v->log_line))
				v->log_line[v->log_used++] = buf[i];
		}
	}
	if (n == 0)
		loop_unwatch(&v->log_watch);
}

static void on_pppd_log(struct watch *w, uint32_t events)
{
	(void)events;
	read_pppd_log(w->arg);
}

static int start_pppd(struct supervisor *v)
{
	bool trace = v->progress.terminal;
	pid_t pid =
		pppd_start(v->conf, !geteuid(), trace, v->slave, &v->log_fd);

	if (pid < 0)
		return fail(v->end, REASON_NO_PPPD, "cannot start %s: %s",
			    v->conf->pppd, strerror(-pid));
	v->pppd = pid;
	close(v->slave);
	v->slave = -1;
	loop_watch(&v->loop, &v->log_watch, v->log_fd, EPOLLIN, on_pppd_log, v);
	return 0;
}

static void pppd_ended(struct supervisor *v, int status)
{
	const char *text;
	enum reason r;

	read_pppd_log(v);
	pppd_log_line(v);
	loop_unwatch(&v->log_watch);
	close(v->log_fd);
	v->pppd = 0;
	loop_timer_stop(&v->cut_timer);
	loop_timer_stop(&v->kill_timer);
	if (WIFSIGNALED(status)) {
		fail(&v->pppd_end, REASON_PPPD_ENDED,
		     "pppd was killed by signal %d (%s)", WTERMSIG(status),
		     strsignal(WTERMSIG(status)));
	} else {
		r = reason_of_pppd(WEXITSTATUS(status), v->told, &text);
		fail(&v->pppd_end, r, "%spppd ended with status %d: %s",
		     r == REASON_PPP_AUTH ? "PPP authentication failed: " : "",
		     WEXITSTATUS(status), text);
	}
	fail(v->end, v->pppd_end.reason, "%s", v->pppd_end.text);
	hang_up(v, SETTLE_MS);
	attempt_stop(&v->attempt);
	look_for_end(v);
}

/* ---- the session ---- */

static void on_ppp_late(struct timer *t)
{
	struct supervisor *v = t->arg;
	char limit[24];

	format_duration(limit, sizeof(limit), v->conf->ppp_timeout);
	fail(v->end, REASON_PPP_TIMEOUT,
	     "PPP did not come up within %s; look at the far pppd's options "
	     "and log",
	     limit);
	end_pppd(v);
	hang_up(v, SETTLE_MS);
	attempt_stop(&v->attempt);
}

static const char *const step_name[] = {
	[STEP_RESOLVE] = "resolve",  [STEP_CONNECT] = "connect",
	[STEP_HOSTKEY] = "host key", [STEP_LOGIN] = "login",
	[STEP_EXEC] = "exec",	     [STEP_FRAME] = "PPP",
};

static void on_step(struct attempt *a, enum step step, const char *text)
{
	struct supervisor *v = a->arg;

	progress_step(&v->progress, step_name[step], text);
	if (v->state >= HANGING_UP)
		return;
	if (step == STEP_LOGIN && !v->pipe && start_pppd(v) < 0)
		hang_up(v, 0);
	if (step == STEP_EXEC) {
		set_state(v, NEGOTIATING);
		loop_timer(&v->loop, &v->ppp_timer, v->conf->ppp_timeout,
			   on_ppp_late, v);
	}
	if (step == STEP_FRAME && v->pipe) {
		loop_timer_stop(&v->ppp_timer);
		set_state(v, ONLINE);
	}
}

static void on_session_end(struct attempt *a)
{
	struct supervisor *v = a->arg;
	bool closed = a->end.reason == REASON_LINE_CLOSED && v->pppd > 0;

	/* Why pppd closed the line, its own end will tell. */
	if (v->state != HANGING_UP && !closed)
		fail(v->end, a->end.reason, "%s", a->end.text);
	v->end->status = a->end.status;
	hang_up(v, SETTLE_MS);
	look_for_end(v);
}

/* ---- all together ---- */

static void reap_pppd(struct supervisor *v)
{
	int status;

	if (v->pppd > 0 && waitpid(v->pppd, &status, WNOHANG) == v->pppd)
		pppd_ended(v, status);
}

static void on_signal(struct loop *l, int signo)
{
	struct supervisor *v = l->arg;

	if (signo == SIGCHLD) {
		reap_pppd(v);
		return;
	}
	fail(v->end, REASON_ASKED, "ended as asked (%s)", strsignal(signo));
	end_pppd(v);
	if (v->state == HANGING_UP)
		cut_line(v); /* asked again: at once */
	else
		hang_up(v, HANGUP_MS);
}

/*
 * What pppd says of its own end explains more than the end of the session
 * that followed from it.
 */
static void choose_end(struct supervisor *v)
{
	bool better = v->pppd_end.reason == REASON_PPP_AUTH ||
		      v->pppd_end.reason == REASON_PPP_NEGOTIATION ||
		      v->pppd_end.reason == REASON_PPPD_OPTIONS ||
		      v->pppd_end.reason == REASON_PPPD_PRIVILEGE ||
		      v->pppd_end.reason == REASON_NO_KERNEL_PPP;

	if (better && v->end->reason != REASON_ASKED) {
		v->end->reason = v->pppd_end.reason;
		snprintf(v->end->text, sizeof(v->end->text), "%s",
			 v->pppd_end.text);
	}
}

static int prepare(struct supervisor *v)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	sigset_t mask;
	int rc;

	if (auth_load(&v->secrets, v->conf, true, v->end) < 0)
		return -1;
	log_never_wait();

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&mask, signals[i]);
	rc = loop_init(&v->loop, &mask, on_signal, v);
	if (rc < 0)
		return fail(v->end, REASON_INTERNAL, "epoll: %s",
			    strerror(-rc));
	signal(SIGPIPE, SIG_IGN);
	if (v->pipe)
		return 0;
	rc = pty_open(&v->master, &v->slave);
	if (rc < 0)
		return fail(v->end, REASON_INTERNAL, "cannot open a pty: %s",
			    strerror(-rc));
	return 0;
}

static void supervise(struct supervisor *v)
{
	struct session_plan plan = {
		.job = SESSION_LINE,
		.command = v->conf->remote_command,
		.in = v->pipe ? STDIN_FILENO : v->master,
		.out = v->pipe ? STDOUT_FILENO : v->master,
		.err = -1,
		.line_ready = v->pipe,
	};

	v->attempt = (struct attempt){
		.conf = v->conf,
		.on_step = on_step,
		.on_hostkey = attempt_accept_hostkey,
		.on_end = on_session_end,
		.arg = v,
	};
	/* Both are the same pty: one descriptor can be waited for. */
	if (v->pipe && isatty(STDIN_FILENO))
		plan.out = plan.in;
	if (attempt_start(&v->attempt, &v->loop, &plan, &v->secrets, v->end) <
	    0)
		return;
	auth_wipe(&v->secrets);
	loop_run(&v->loop);
	choose_end(v);
}

static void run(struct supervisor *v, const struct conf *c, struct failure *end)
{
	v->conf = c;
	v->end = end;
	v->master = -1;
	v->slave = -1;
	v->loop.epfd = -1;
	progress_start(&v->progress);
	if (v->pipe)
		v->progress.terminal = 0;
	if (!prepare(v))
		supervise(v);
	auth_wipe(&v->secrets);
	close_line(v);
	loop_close(&v->loop);
}

static struct supervisor the_supervisor;

void supervise_call(const struct conf *c, struct failure *end)
{
	char why[300];
	enum reason r = pppd_check(c, !geteuid(), why, sizeof(why));

	if (r != REASON_ASKED) {
		fail(end, r, "%s", why);
		return;
	}
	run(&the_supervisor, c, end);
}

void supervise_pipe(const struct conf *c, struct failure *end)
{
	the_supervisor.pipe = true;
	run(&the_supervisor, c, end);
}
