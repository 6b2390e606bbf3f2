// SPDX-License-Identifier: ISC
/*
 * Only root may set routes, names and commands, and pppd runs its scripts as
 * root, whoever has started it.  So the scripts run `sshdial hook`
 * (verbs/hook.c), which does what the peer wants of this machine, and this
 * file is what the supervisor knows about it.
 *
 * Each event of a hook has a turn.  An event of pppd begins when its script
 * connects to the control socket and asks (ASK); the connection stays open.
 * For a session that is over while pppd is kept (held), and for a pppd that
 * was killed (down), there is no script; root's supervisor then starts a hook
 * of its own, which asks and reports in the same way.
 *
 * The turns stand in a queue, in the order of the events.  A turn runs when
 * no earlier one concerns the same family: that is when pppd's script has its
 * answer, or our own hook is started.  So the peer's command sees the events
 * in their order, and no event is forgotten because another one takes long.
 * What is to be told is decided when the turn begins, from what was told last
 * (command_events): a turn that has nothing to tell is over at once.
 *
 * pppd's turn is over when its script reports (DONE) or its connection ends;
 * our own when its process has ended.  Both have limits of their own: a
 * command has ten seconds, the ledger's lock LEDGER_WAIT.
 *
 * READY, and with `fail-closed` the use of the link at all, waits for the
 * reports of the families in `wanted`.  Here only events of the state table
 * are raised (link.h); no action is called.
 */
#include "supervise/hooks.h"

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
#include "conf/users.h"
#include "route/apply.h"
#include "supervise/cause.h"
#include "supervise/supervisor_state.h"

#define LATE_MS	  5000	/* after the link: there is no hook */
#define CLOSED_MS 10000 /* the same, where that ends the session */
#define END_MS	  20000 /* for the last hooks: a command has 10 s */
#define FORCED_MS 5000	/* the same, if the hangup took too long already */

/* An ordinary user may call the same peer. */
static const struct routes_caller roots = {0, control_called_by};

#define WANT_INET  1U
#define WANT_INET6 2U

/* The families that an event concerns. */
static const unsigned char families[CONTROL_EVENTS] = {
	[CONTROL_IP_UP] = WANT_INET,
	[CONTROL_IP_DOWN] = WANT_INET,
	[CONTROL_IPV6_UP] = WANT_INET6,
	[CONTROL_IPV6_DOWN] = WANT_INET6,
	[CONTROL_HELD] = WANT_INET | WANT_INET6,
	[CONTROL_DOWN] = WANT_INET | WANT_INET6,
};

static unsigned int families_wanted(const struct conf *c)
{
	unsigned int want = c->dns.n || c->peer_dns || c->up ? WANT_INET : 0;
	struct conf_route *r;
	size_t n;

	if (conf_routes(c, &c->route, &r, &n) < 0)
		return want;
	for (size_t i = 0; i < n; i++)
		if (r[i].family == AF_INET)
			want |= WANT_INET;
	/* IPv6 may come later or never: it is waited for only if there is
	 * nothing else to wait for, or if the peer has an address for it. */
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

	v->hooks.wanted = families_wanted(v->conf);
	v->hooks.allowed = conf_users_allow_me(v->conf);
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

static void raise_ready(struct supervisor *v)
{
	loop_timer_stop(&v->hooks.late);
	link_raise(&v->events, LINK_READY);
}

/*
 * Without the hook nothing is blocked, and the link must not be taken for one
 * that is closed: its session ends.  The line may be held; what is closed
 * stays so, and the next session has the hook try again.
 */
static void fail_closed_missing(struct supervisor *v, const char *what)
{
	loop_timer_stop(&v->hooks.late);
	cause_end_session(v, REASON_HOOK,
			  "%.300s; with `fail-closed` the link is not used",
			  what);
}

static void on_late(struct timer *t)
{
	struct supervisor *v = t->arg;
	unsigned int missing = v->hooks.wanted & ~v->hooks.done;

	if (v->conf->fail_closed && v->hooks.turns) { /* its command runs */
		loop_timer(&v->loop, t, LATE_MS, on_late, v);
		return;
	}
	if (v->conf->fail_closed && (!v->hooks.done || missing & WANT_INET)) {
		fail_closed_missing(v, "no word from the hook; is it in "
				       "/etc/ppp/ip-up.d and ip-down.d");
		return;
	}
	if (v->hooks.done & WANT_INET || !(v->hooks.wanted & WANT_INET))
		log_warn("IPv6 is not up yet, nor what depends on it");
	else
		log_warn("routes, names and commands are not set: no word from "
			 "the hook; is it in /etc/ppp/ip-up.d and ip-down.d%s?",
			 v->line.pipe ? ", and is `ipparam' right" : "");
	raise_ready(v);
}

void hooks_link_up(struct supervisor *v)
{
	int64_t ms = v->conf->fail_closed ? CLOSED_MS : LATE_MS;
	struct hooks *h = &v->hooks;

	/* A pipe's session is up before its pppd has any addresses. */
	ms += v->line.pipe ? v->conf->ppp_timeout : 0;
	if (!(h->wanted & ~h->done)) {
		raise_ready(v);
		return;
	}
	if (h->allowed) {
		loop_timer(&v->loop, &h->late, ms, on_late, v);
		return;
	}
	/* The hook does nothing for us, and says so only in root's log. */
	snprintf(h->failed, sizeof(h->failed),
		 "routes, names and commands are not set: `users' of %s names "
		 "no group of yours; root can add `users GROUP' to the peer's "
		 "file",
		 v->conf->name);
	if (v->conf->fail_closed) {
		fail_closed_missing(v, h->failed);
		return;
	}
	log_warn("%s", h->failed);
	raise_ready(v);
}

/* Takes the report of a hook.  An up event of a link that is over by now says
 * nothing about the one that may have followed. */
static void take_report(struct supervisor *v, const struct hook_turn *t,
			const struct control_hook *q)
{
	enum control_event e = (enum control_event)q->event;
	bool up = (e == CONTROL_IP_UP || e == CONTROL_IPV6_UP) && !t->past;
	struct hooks *h = &v->hooks;
	char text[sizeof(q->text) * 4];

	log_printable(text, sizeof(text), q->text, strlen(q->text));
	h->failed[0] = '\0';
	if (q->outcome != CONTROL_SET) {
		log_warn("hook: %s", text);
		snprintf(h->failed, sizeof(h->failed), "%.255s", text);
	} else if (up && text[0]) {
		progress_step(&v->progress, "hook", text);
	}
	if (up && q->outcome == CONTROL_FAILED && v->conf->fail_closed)
		fail_closed_missing(v, text);
	else if (up)
		h->done |= families[e];
	if (h->late.armed && !(h->wanted & ~h->done))
		raise_ready(v);
}

/* ---- the turns ---- */

/* For SSHDIAL_EVENT: what the peer's command is told when the link gets into a
 * state (first index), by what it was told last; "": nothing. */
static const char *const command_events[3][3] = {
	[TOLD_UP] = {[TOLD_DOWN] = "up",
		     [TOLD_UP] = "resumed",
		     [TOLD_HELD] = "resumed"},
	[TOLD_HELD] = {[TOLD_DOWN] = "", [TOLD_UP] = "held", [TOLD_HELD] = ""},
	[TOLD_DOWN] =
		{[TOLD_DOWN] = "", [TOLD_UP] = "down", [TOLD_HELD] = "down"},
};

static const char *next_event_for_command(struct hooks *h,
					  enum command_state now)
{
	const char *say = command_events[now][h->last_told];

	if (*say)
		h->last_told = now;
	return say;
}

/* In the child.  pppd's name and number are for the command's environment. */
static void exec_hook(struct supervisor *v, const char *event)
{
	char name[] = "sshdial", hook[] = "hook", own[] = "--own", none[] = "",
	     speed[] = "0", word[16], param[64], pid[32], link[CONF_VALUE_MAX];
	char *argv[] = {
		name, hook,  own,	    word,	    v->line.interface,
		none, speed, v->line.local, v->line.remote, param,
		NULL};
	char *env[] = {pid, link, NULL};
	int null = open("/dev/null", O_RDWR);
	sigset_t signals;

	snprintf(word, sizeof(word), "%s", event);
	snprintf(param, sizeof(param), "sshdial:%s", v->conf->name);
	snprintf(pid, sizeof(pid), "PPPD_PID=%d", (int)v->line.pid);
	snprintf(link, sizeof(link), "LINKNAME=%s",
		 v->conf->linkname ? v->conf->linkname : "");
	sigemptyset(&signals);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

/* A turn of our own: false if there is nothing to tell. */
static bool start_own_hook(struct supervisor *v, struct hook_turn *t)
{
	bool down = t->event == CONTROL_DOWN;

	t->say =
		next_event_for_command(&v->hooks, down ? TOLD_DOWN : TOLD_HELD);
	if (!*t->say)
		return false;
	t->child = fork();
	if (!t->child)
		exec_hook(v, down ? "down" : "held");
	if (t->child < 0)
		log_warn("hook: fork: %m");
	return t->child > 0;
}

static void fill_answer(const struct supervisor *v,
			struct control_hook_answer *a, const char *say)
{
	struct conf_target first;

	conf_target(v->conf, 0, &first);
	*a = (struct control_hook_answer){.verdict = CONTROL_GO_ON,
					  .port = (uint16_t)first.port};
	a->ending = v->state == LINK_HANGING_UP || v->state == LINK_ENDED;
	snprintf(a->server, sizeof(a->server), "%s", v->server);
	snprintf(a->say, sizeof(a->say), "%s", say);
}

/* The turn of a script of pppd: it has its answer.  False if that was
 * all. */
static bool answer_script(struct supervisor *v, struct hook_turn *t)
{
	const struct control_hook *q = &t->q;
	bool up = t->event == CONTROL_IP_UP || t->event == CONTROL_IPV6_UP;
	bool gone = !v->line.pipe && q->pppd_pid != v->line.pid;
	struct control_hook_answer a;
	const char *say = "";

	fill_answer(v, &a, "");
	if (up && gone) {
		a.verdict = CONTROL_NOT_OURS;
		control_answer_hook(t->client, &a);
		return false;
	}
	if (v->line.pipe && t->event == CONTROL_IP_UP) {
		memcpy(v->line.interface, q->interface, sizeof(q->interface));
		memcpy(v->line.local, q->local, sizeof(q->local));
		memcpy(v->line.remote, q->remote, sizeof(q->remote));
	}
	if (up &&
	    !supervisor_check_addresses(v, q->interface, q->local, q->remote,
					a.text, sizeof(a.text))) {
		a.verdict = CONTROL_REFUSED;
		control_answer_hook(t->client, &a);
		return false;
	}
	if (t->event == CONTROL_IP_UP)
		say = next_event_for_command(&v->hooks, TOLD_UP);
	else if (t->event == CONTROL_IP_DOWN)
		say = next_event_for_command(
			&v->hooks,
			a.ending || v->line.ending || v->line.down || gone
				? TOLD_DOWN
				: TOLD_HELD);
	snprintf(a.say, sizeof(a.say), "%s", say);
	v->hooks.pppd = q->pppd_pid;
	control_answer_hook(t->client, &a);
	return true;
}

static void remove_turn(struct hooks *h, struct hook_turn *t)
{
	h->turns--;
	memmove(t, t + 1, (size_t)(&h->turn[h->turns] - t) * sizeof(*t));
}

/* Begins each turn that no earlier one holds up. */
static void run_turns(struct supervisor *v)
{
	struct hooks *h = &v->hooks;
	unsigned int earlier = 0;

	for (size_t i = 0; i < h->turns;) {
		struct hook_turn *t = &h->turn[i];

		if (!t->running && !(earlier & families[t->event])) {
			t->running = t->client ? answer_script(v, t)
					       : start_own_hook(v, t);
			if (!t->running) {
				remove_turn(h, t);
				continue;
			}
		}
		earlier |= families[t->event];
		i++;
	}
	link_raise(&v->events, LINK_PART_ENDED);
}

static void end_turn(struct supervisor *v, struct hook_turn *t)
{
	remove_turn(&v->hooks, t);
	run_turns(v);
}

/* A client has one slot of CONTROL_CLIENTS, and our own turns are not added
 * twice in a row, so that the queue cannot be full for long. */
static bool add_turn(struct supervisor *v, const struct hook_turn *t)
{
	struct hooks *h = &v->hooks;

	if (h->turns == HOOK_TURNS) {
		log_error("hook: more than %d events wait", HOOK_TURNS);
		return false;
	}
	h->turn[h->turns++] = *t;
	run_turns(v);
	return true;
}

static void add_own_turn(struct supervisor *v, enum control_event e)
{
	struct hooks *h = &v->hooks;
	struct hook_turn *last = h->turns ? &h->turn[h->turns - 1] : NULL;

	if (geteuid()) /* the next ip-down hook says it */
		return;
	if (last && !last->client && !last->running &&
	    (last->event == e || last->event == CONTROL_DOWN))
		return;
	add_turn(v, &(struct hook_turn){.event = e});
}

/* The link is over, and so is what its hooks have reported or will. */
static void end_link(struct supervisor *v)
{
	struct hooks *h = &v->hooks;

	for (size_t i = 0; i < h->turns; i++)
		h->turn[i].past = true;
	h->done = 0;
	loop_timer_stop(&h->late);
}

void hooks_held(struct supervisor *v)
{
	end_link(v);
	add_own_turn(v, CONTROL_HELD);
}

void hooks_pppd_ended(struct supervisor *v)
{
	end_link(v);
	add_own_turn(v, CONTROL_DOWN);
}

void hooks_reap(struct supervisor *v)
{
	struct hooks *h = &v->hooks;
	int status;

	for (size_t i = 0; i < h->turns; i++) {
		struct hook_turn *t = &h->turn[i];

		if (t->child <= 0 ||
		    waitpid(t->child, &status, WNOHANG) != t->child)
			continue;
		if (WIFSIGNALED(status))
			log_warn("the hook was killed by signal %d (%s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
		end_turn(v, t);
		return; /* only one of them runs at a time */
	}
}

bool hooks_busy(const struct supervisor *v)
{
	return v->hooks.turns && !v->hooks.forced;
}

/* ---- questions and reports ---- */

/*
 * The kernel has told the hook which pppd it is, and who has started that.
 * The pppd that started us is our parent or, if sh(1) runs us, the parent of
 * that.  One that has gone into the background since (updetach) has another
 * process id than then: any of our own user is believed.
 */
static bool is_our_pppd(const struct supervisor *v,
			const struct control_hook *q)
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

/* The running turn that a client belongs to: by its connection, or, if it is a
 * hook of our own, by its process. */
static struct hook_turn *turn_of_client(struct hooks *h,
					const struct control_client *k)
{
	for (size_t i = 0; i < h->turns; i++)
		if (h->turn[i].client == k ||
		    (h->turn[i].child > 0 && h->turn[i].child == k->pid))
			return &h->turn[i];
	return NULL;
}

void hooks_request(void *arg, struct control_client *k,
		   const struct control_hook *q)
{
	struct supervisor *v = arg;
	struct hook_turn *t = turn_of_client(&v->hooks, k);
	struct control_hook_answer a = {.verdict = CONTROL_NOT_OURS};
	bool own = q->event >= CONTROL_HELD;

	if (q->head.verb == CONTROL_HOOK_ASK && !own && !t &&
	    is_our_pppd(v, q) &&
	    add_turn(v, &(struct hook_turn){
				.event = q->event, .client = k, .q = *q}))
		return; /* its answer comes with its turn */
	if (t && t->running && t->event == q->event && own != !!t->client) {
		if (own)
			fill_answer(v, &a, t->say);
		a.verdict = CONTROL_GO_ON;
		if (q->head.verb == CONTROL_HOOK_DONE)
			take_report(v, t, q);
	} else {
		t = NULL;
	}
	control_answer_hook(k, &a);
	if (t && !own && q->head.verb == CONTROL_HOOK_DONE)
		end_turn(v, t);
}

void hooks_connection_ended(void *arg, struct control_client *k)
{
	struct supervisor *v = arg;
	struct hook_turn *t = turn_of_client(&v->hooks, k);

	if (!t || !t->client)
		return;
	log_warn("a hook has ended without a report");
	end_turn(v, t);
}

/* ---- the end ---- */

static void quit_when_idle(struct loop *l)
{
	struct supervisor *v = l->arg;

	if (!v->hooks.turns)
		loop_quit(l);
}

static void on_end_late(struct timer *t)
{
	log_warn("the last hooks take too long and are left alone");
	loop_quit(t->loop);
}

/*
 * A pppd that had to be killed has left its `down` to us; one that started us
 * runs its ip-down scripts itself.  Hooks ask us, so the loop runs on.
 */
void hooks_end(struct supervisor *v)
{
	struct failure f = {0};

	loop_timer_stop(&v->hooks.late);
	if (!v->line.pipe)
		add_own_turn(v, CONTROL_DOWN);
	if (v->hooks.turns) {
		v->loop.quit = false;
		v->loop.before_wait = quit_when_idle;
		loop_timer(&v->loop, &v->hooks.late,
			   v->hooks.forced ? FORCED_MS : END_MS, on_end_late,
			   v);
		loop_run(&v->loop);
		loop_timer_stop(&v->hooks.late);
	}
	v->hooks.turns = 0;
	if (geteuid() || !routes_left(v->conf->name))
		return;
	if (routes_undo(v->conf->name, &roots, ROUTES_ALL, &f) < 0)
		log_warn("%s", f.text);
}
