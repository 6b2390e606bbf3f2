/* SPDX-License-Identifier: ISC */
/*
 * The hook (verbs/hook.c) is started by pppd's scripts, as root, and does
 * what the peer wants of this machine; here is what the supervisor knows
 * about it.  The hook asks when an event begins and reports when it is over.
 * What is due while pppd is kept, and where pppd was killed, the supervisor
 * has done by a hook of its own, if it is root.
 */
#include "supervise/hooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/route_spec.h"
#include "conf/ssh_targets.h"
#include "route/apply.h"
#include "supervise/cause.h"
#include "supervise/state.h"

#define LATE_MS	  5000	/* after the link: there is no hook */
#define CLOSED_MS 10000 /* the same, where that ends the session */
#define BUSY_MS	  15000 /* of an event: its command has 10 s */

/* An ordinary user may call the same peer. */
static const struct routes_caller roots = {0, control_called_by};

#define WANT_INET  1U
#define WANT_INET6 2U

static unsigned int wanted(const struct conf *c)
{
	unsigned int want = c->dns.n || c->peer_dns || c->up ? WANT_INET : 0;
	struct conf_route *r;
	size_t n;

	if (conf_routes(c, &c->route, &r, &n) < 0)
		return want;
	for (size_t i = 0; i < n; i++)
		if (r[i].family == AF_INET)
			want |= WANT_INET;
	/* IPv6 may come later or never; only who has nothing else waits. */
	if (c->local_address6 || (n && !want))
		want |= WANT_INET6;
	free(r);
	return want;
}

/* The parent of a process, or 0. */
static pid_t parent_of(pid_t pid)
{
	char path[32], text[512];
	const char *end;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')'); /* ") S 123": the name may hold anything */
	return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

void hooks_start(struct supervisor *v)
{
	struct failure f = {0};
	char left[200];
	int rc;

	v->hooks.wanted = wanted(v->conf);
	v->hooks.above[0] = getppid();
	v->hooks.above[1] = parent_of(v->hooks.above[0]);
	if (geteuid() || !routes_left(v->conf->name))
		return;
	routes_words(v->conf->name, left, sizeof(left));
	rc = routes_undo(v->conf->name, &roots,
			 v->conf->fail_closed ? ROUTES_OPEN : ROUTES_ALL, &f);
	if (rc <= 0)
		log_info("an earlier call was killed and left %s", left);
	if (rc)
		log_warn("%s", f.text);
}

/* ---- READY ---- */

static void ready(struct supervisor *v)
{
	loop_timer_stop(&v->hooks.late);
	v->hooks.ready = true;
	link_raise(&v->events, LINK_READY);
}

/* Nothing is blocked where no hook has set it: such a link must not be taken
 * for one that is closed. */
static void not_closed(struct supervisor *v, const char *what)
{
	char why[400];

	loop_timer_stop(&v->hooks.late);
	snprintf(why, sizeof(why),
		 "%.300s; with `fail-closed` the link is not used", what);
	/* The line may be held: what is closed stays so, and the next session
	 * has the hook try again. */
	cause_end_session(v, REASON_HOOK, "%s", why);
}

static void on_late(struct timer *t)
{
	struct supervisor *v = t->arg;
	unsigned int missing = v->hooks.wanted & ~v->hooks.done;

	if (v->conf->fail_closed && v->hooks.busy) { /* its command runs */
		loop_timer(&v->loop, t, LATE_MS, on_late, v);
		return;
	}
	if (v->conf->fail_closed && (!v->hooks.done || missing & WANT_INET)) {
		not_closed(v, "no word from the hook; is it in "
			      "/etc/ppp/ip-up.d and ip-down.d");
		return;
	}
	if (v->hooks.done & WANT_INET || !(v->hooks.wanted & WANT_INET))
		log_warn("IPv6 is not up yet, nor what depends on it");
	else
		log_warn("routes, names and commands are not set: no word from "
			 "the hook; is it in /etc/ppp/ip-up.d and ip-down.d%s?",
			 v->line.pipe ? ", and is `ipparam' right" : "");
	ready(v);
}

void hooks_link_up(struct supervisor *v)
{
	int64_t ms = v->conf->fail_closed ? CLOSED_MS : LATE_MS;

	ms += v->line.pipe ? v->conf->ppp_timeout : 0;
	v->hooks.ready = false;
	if (v->hooks.wanted & ~v->hooks.done)
		loop_timer(&v->loop, &v->hooks.late, ms, on_late, v);
	else
		ready(v);
}

/* ---- a hook of our own ---- */

static char *env_of(const char *name, const char *value)
{
	char *out = NULL;

	return asprintf(&out, "%s=%s", name, value) < 0 ? NULL : out;
}

/* In the child: pppd's words and the most of its environment. */
static void exec_hook(const struct supervisor *v, const char *event)
{
	char param[64], pid[16], *argv[10], *env[10];
	int null = open("/dev/null", O_RDWR);
	size_t n = 0;
	sigset_t none;

	snprintf(param, sizeof(param), "sshdial:%s", v->conf->name);
	snprintf(pid, sizeof(pid), "%d", (int)v->line.pid);
	argv[n++] = strdup("sshdial");
	argv[n++] = strdup("hook");
	argv[n++] = strdup(event);
	argv[n++] = strdup(v->line.interface);
	argv[n++] = strdup("");
	argv[n++] = strdup("0");
	argv[n++] = strdup(v->line.local);
	argv[n++] = strdup(v->line.remote);
	argv[n++] = strdup(param);
	argv[n] = NULL;
	n = 0;
	env[n++] = env_of("PATH", "/usr/local/sbin:/usr/sbin:/sbin:"
				  "/usr/local/bin:/usr/bin:/bin");
	env[n++] = env_of("IFNAME", v->line.interface);
	env[n++] = env_of("IPLOCAL", v->line.local);
	env[n++] = env_of("IPREMOTE", v->line.remote);
	env[n++] = env_of("PPPD_PID", pid);
	env[n++] =
		env_of("LINKNAME", v->conf->linkname ? v->conf->linkname : "");
	env[n++] = env_of("SSHDIAL_SERVER", v->server);
	env[n] = NULL;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

static void start_hook(struct supervisor *v, const char *event)
{
	pid_t pid;

	if (geteuid() || v->hooks.child)
		return;
	pid = fork();
	if (!pid)
		exec_hook(v, event);
	if (pid < 0)
		log_warn("hook: fork: %m");
	else
		v->hooks.child = pid;
}

void hooks_reap(struct supervisor *v)
{
	int status;

	if (v->hooks.child <= 0 ||
	    waitpid(v->hooks.child, &status, WNOHANG) != v->hooks.child)
		return;
	v->hooks.child = 0;
	if (WIFSIGNALED(status))
		log_warn("the hook was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	link_raise(&v->events, LINK_PART_ENDED);
}

void hooks_held(struct supervisor *v)
{
	v->hooks.done = 0;
	loop_timer_stop(&v->hooks.late);
	if (v->hooks.told != TOLD_UP || geteuid())
		return; /* the next ip-down hook says it */
	v->hooks.told = TOLD_HELD;
	start_hook(v, "held");
}

void hooks_pppd_ended(struct supervisor *v)
{
	v->hooks.done = 0;
	loop_timer_stop(&v->hooks.late);
	if (v->hooks.told == TOLD_DOWN || geteuid())
		return;
	v->hooks.told = TOLD_DOWN;
	start_hook(v, "down");
}

static void on_busy_late(struct timer *t)
{
	struct supervisor *v = t->arg;

	v->hooks.busy = 0;
	link_raise(&v->events, LINK_PART_ENDED);
}

bool hooks_busy(const struct supervisor *v)
{
	return v->hooks.busy || v->hooks.child;
}

void hooks_end(struct supervisor *v)
{
	struct failure f = {0};

	/* Its time is limited. */
	while (v->hooks.child > 0 && waitpid(v->hooks.child, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	v->hooks.child = 0;
	loop_timer_stop(&v->hooks.late);
	loop_timer_stop(&v->hooks.busy_late);
	if (geteuid() || !routes_left(v->conf->name))
		return;
	if (routes_undo(v->conf->name, &roots, ROUTES_ALL, &f) < 0)
		log_warn("%s", f.text);
}

/* ---- questions and reports ---- */

/*
 * The pppd that started us is our parent or, where sh(1) runs us, the parent
 * of that.  One that has gone into the background since (updetach) has another
 * process id than then: any of our own user is believed.
 */
static bool is_ours(const struct supervisor *v, const struct control_hook *q)
{
	const pid_t *above = v->hooks.above;

	if (q->starter != getuid() || q->pppd_pid <= 0)
		return false;
	/* The last words of a pppd may come when it has ended. */
	if (!v->line.pipe)
		return q->pppd_pid == v->line.pid ||
		       q->pppd_pid == v->hooks.pppd;
	for (int i = 0; i < 2; i++)
		if (above[i] == q->pppd_pid ||
		    (kill(above[i], 0) < 0 && errno == ESRCH))
			return true;
	return false;
}

/* What the peer's command is to be told, and whether anything. */
static const char *due(struct supervisor *v, enum control_event e, bool ending)
{
	struct hooks *h = &v->hooks;
	const char *say = "";

	if (e == CONTROL_IP_UP) {
		say = h->told == TOLD_DOWN ? "up" : "resumed";
		h->told = TOLD_UP;
	} else if (e == CONTROL_IP_DOWN && ending) {
		say = h->told == TOLD_DOWN ? "" : "down";
		h->told = TOLD_DOWN;
	} else if (e == CONTROL_IP_DOWN) {
		say = h->told == TOLD_UP ? "held" : "";
		h->told = h->told == TOLD_UP ? TOLD_HELD : h->told;
	}
	return say;
}

static bool is_up(enum control_event e)
{
	return e == CONTROL_IP_UP || e == CONTROL_IPV6_UP;
}

static void on_ask(struct supervisor *v, const struct control_hook *q,
		   struct control_hook_answer *a)
{
	enum control_event e = (enum control_event)q->event;
	bool over = v->state == LINK_HANGING_UP || v->state == LINK_ENDED;
	struct conf_target first;
	bool ending = over || v->line.ending || v->line.down ||
		      (!v->line.pipe && q->pppd_pid != v->line.pid);

	a->ending = over;
	conf_target(v->conf, 0, &first);
	a->port = (uint16_t)first.port;
	snprintf(a->server, sizeof(a->server), "%s", v->server);
	if (v->hooks.child) {
		a->verdict = CONTROL_AGAIN;
		return;
	}
	a->verdict = CONTROL_GO_ON;
	if (v->line.pipe && e == CONTROL_IP_UP) {
		memcpy(v->line.interface, q->interface, sizeof(q->interface));
		memcpy(v->line.local, q->local, sizeof(q->local));
		memcpy(v->line.remote, q->remote, sizeof(q->remote));
	}
	if (is_up(e) &&
	    !supervisor_check_addresses(v, q->interface, q->local, q->remote,
					a->text, sizeof(a->text))) {
		a->verdict = CONTROL_REFUSED;
		return;
	}
	snprintf(a->say, sizeof(a->say), "%s", due(v, e, ending));
	v->hooks.pppd = q->pppd_pid;
	v->hooks.busy |= 1U << e;
	loop_timer(&v->loop, &v->hooks.busy_late, BUSY_MS, on_busy_late, v);
}

static void on_done(struct supervisor *v, const struct control_hook *q)
{
	enum control_event e = (enum control_event)q->event;
	struct hooks *h = &v->hooks;
	char text[sizeof(q->text) * 4];

	log_printable(text, sizeof(text), q->text, strlen(q->text));
	h->busy &= ~(1U << e);
	if (!h->busy)
		loop_timer_stop(&h->busy_late);
	h->failed[0] = 0;
	if (q->ok != CONTROL_SET) {
		log_warn("hook: %s", text);
		snprintf(h->failed, sizeof(h->failed), "%.255s", text);
	} else if (is_up(e) && text[0]) {
		progress_step(&v->progress, "hook", text);
	}
	if (is_up(e) && q->ok == CONTROL_FAILED && v->conf->fail_closed)
		not_closed(v, text);
	else if (is_up(e))
		h->done |= e == CONTROL_IP_UP ? WANT_INET : WANT_INET6;
	if (h->late.armed && !(h->wanted & ~h->done))
		ready(v);
	link_raise(&v->events, LINK_PART_ENDED);
}

void hooks_answer(void *arg, const struct control_hook *q,
		  struct control_hook_answer *a)
{
	struct supervisor *v = arg;
	bool child = v->hooks.child && q->pppd_pid == v->hooks.child;

	a->verdict = CONTROL_NOT_OURS;
	if (!child && !is_ours(v, q))
		return;
	if (q->head.verb == CONTROL_HOOK_DONE) {
		a->verdict = CONTROL_GO_ON;
		on_done(v, q);
	} else {
		on_ask(v, q, a);
	}
}
