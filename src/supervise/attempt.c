// SPDX-License-Identifier: ISC
#include "supervise/attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/ssh_targets.h"
#include "keys/known_hosts.h"

#define RECORDS_A_TURN	 32
#define LINES_PER_SECOND 200  /* of a session's log */
#define LIMIT_SLACK	 5000 /* ms on top of the session's own deadlines */

/* Whatever it does, a session without a control socket is over. */
static void reap(struct attempt *a)
{
	int status = 0;

	kill(a->pid, SIGKILL);
	loop_timer_stop(&a->limit);
	loop_timer_stop(&a->force);
	loop_unwatch(&a->watch);
	close(a->control);
	a->control = -1;
	while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
		;
	a->running = false;
	if (a->told)
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		fail(&a->end, REASON_INTERNAL,
		     "the session process was killed for a system call that "
		     "somebody's filter forbids, such as SystemCallFilter of "
		     "a unit: see docs/boot.md");
	else if (WIFSIGNALED(status))
		fail(&a->end, REASON_INTERNAL,
		     "the session process was killed by signal %d (%s)",
		     WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		fail(&a->end, REASON_INTERNAL,
		     "the session process ended without a word");
}

bool attempt_at_hop(const struct attempt *a)
{
	return a->level + 1 < conf_targets(a->conf);
}

/* Beyond a hop there is a way only after the login there. */
static int next_level(struct attempt *a, uint32_t level)
{
	if (level != a->level + 1 || !attempt_at_hop(a) ||
	    a->step != STEP_LOGIN)
		return -EBADMSG;
	a->level = level;
	a->step = -1;
	a->asked = false;
	return 0;
}

/* Steps come once and in order, host by host. */
static int on_step_record(struct attempt *a, const struct message *m)
{
	char text[600];

	if (m->status != a->level && next_level(a, m->status) < 0)
		return -EBADMSG;
	if ((int)m->value <= a->step ||
	    (m->value > STEP_LOGIN && attempt_at_hop(a)))
		return -EBADMSG;
	a->step = (int)m->value;
	if (a->step >= STEP_EXEC)
		loop_timer_stop(&a->limit);
	log_printable(text, sizeof(text), m->data, m->len < 256 ? m->len : 256);
	if (a->on_step)
		a->on_step(a, (enum step)m->value, text);
	return 0;
}

static int on_hostkey_record(struct attempt *a, const struct message *m)
{
	if (a->asked || a->step < STEP_CONNECT || a->step >= STEP_LOGIN)
		return -EBADMSG;
	a->asked = true;
	if (a->on_hostkey && a->on_hostkey(a, m->data, m->len))
		message_send(a->control, MESSAGE_TRUST, 0, 0, NULL, 0);
	else
		attempt_stop(a);
	return 0;
}

static void on_log_record(struct attempt *a, const struct message *m)
{
	char text[LOG_LINE_MAX];
	int64_t second = loop_now() / 1000;

	if (second != a->second)
		a->lines = 0;
	a->second = second;
	if (a->lines++ < LINES_PER_SECOND)
		log_at((enum log_level)m->value, "%s",
		       log_printable(text, sizeof(text), m->data, m->len));
}

static void on_end_record(struct attempt *a, const struct message *m)
{
	char text[sizeof(a->end.text)];

	log_printable(text, sizeof(text), m->data, m->len);
	a->told = true;
	if (failure_is_set(&a->end)) /* ours came first, and is why it ends */
		return;
	fail(&a->end, (enum reason)m->value, "%s", text[0] ? text : "?");
	a->end.status = (int)m->status;
}

static void on_control(struct watch *w, uint32_t events)
{
	struct attempt *a = w->arg;
	struct message m;
	int rc = 0;

	(void)events;
	/* Not for ever, however much it sends: others wait as well. */
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		rc = message_receive(a->control, &m);
		if (rc <= 0)
			break;
		switch (m.type) {
		case MESSAGE_STEP:
			if (on_step_record(a, &m) < 0)
				rc = -EBADMSG;
			break;
		case MESSAGE_HOSTKEY:
			if (on_hostkey_record(a, &m) < 0)
				rc = -EBADMSG;
			break;
		case MESSAGE_LOG:
			on_log_record(a, &m);
			break;
		case MESSAGE_END:
			if (m.value == REASON_NONE)
				rc = -EBADMSG;
			else
				on_end_record(a, &m);
			break;
		default:
			rc = -EBADMSG;
		}
		if (rc < 0)
			break;
	}
	if (rc > 0 || rc == -EAGAIN)
		return;
	if (rc < 0) {
		fail(&a->end, REASON_INTERNAL,
		     "the session process sent a bad record: %s",
		     strerror(-rc));
		kill(a->pid, SIGKILL);
	}
	reap(a);
	a->on_end(a);
}

/* The session has deadlines of its own; libraries may wait past them. */
static void on_limit(struct timer *t)
{
	struct attempt *a = t->arg;

	fail(&a->end, REASON_LOGIN_TIMEOUT,
	     "the session hung on its way to a login");
	kill(a->pid, SIGKILL);
}

int attempt_start(struct attempt *a, struct loop *l,
		  const struct session_plan *plan, struct auth_secrets *s,
		  struct failure *f)
{
	int rc;

	a->loop = l;
	a->level = 0;
	a->step = -1;
	a->asked = false;
	a->told = false;
	memset(&a->end, 0, sizeof(a->end));
	a->pid = session_start(a->conf, plan, s, &a->control, f);
	if (a->pid < 0)
		return -1;
	a->running = true;
	rc = loop_watch(l, &a->watch, a->control, EPOLLIN, on_control, a);
	if (rc < 0) {
		kill(a->pid, SIGKILL);
		reap(a);
		return fail(f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	}
	loop_timer(l, &a->limit,
		   (int64_t)conf_targets(a->conf) * (a->conf->connect_timeout +
						     a->conf->login_timeout) +
			   LIMIT_SLACK,
		   on_limit, a);
	return 0;
}

void attempt_tell(struct attempt *a, enum message_type type)
{
	if (a->running)
		message_send(a->control, type, 0, 0, NULL, 0);
}

int attempt_share(struct attempt *a, uint32_t request, const char *command,
		  size_t len, const int *descriptors)
{
	if (!a->running)
		return -ENOTCONN;
	return message_send_mux(a->control, request, command, len, descriptors);
}

void attempt_kill(struct attempt *a)
{
	if (a->running)
		kill(a->pid, SIGKILL);
}

static void on_force(struct timer *t)
{
	struct attempt *a = t->arg;

	log_debug("the session does not end; killing it");
	kill(a->pid, SIGKILL);
}

void attempt_stop(struct attempt *a)
{
	if (!a->running)
		return;
	message_send(a->control, MESSAGE_STOP, 0, 0, NULL, 0);
	if (!a->force.armed)
		loop_timer(a->loop, &a->force, ATTEMPT_FORCE, on_force, a);
}

bool attempt_accept_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	const struct conf *c = a->conf;
	struct conf_target t;
	const struct known_entry *e;
	const char *bad;
	struct known_hosts *kh = calloc(1, sizeof(*kh));
	bool unknown = kh && c->host_key_policy == POLICY_ACCEPT_NEW;

	conf_target(c, a->level, &t);
	unknown = unknown &&
		  known_hosts_load(kh, &c->known_hosts, t.key_name, t.key_port,
				   &bad) >= 0 &&
		  known_hosts_check(kh, key, len, &e) == KNOWN_UNKNOWN;
	if (kh)
		known_hosts_free(kh);
	free(kh);
	if (!unknown)
		fail(&a->end, REASON_INTERNAL,
		     "the session asked for a host key that is not new");
	return unknown && attempt_add_hostkey(a, key, len);
}

bool attempt_add_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	const struct conf *c = a->conf;
	struct conf_target t;
	char print[64] = "?";
	const char *first = "there is none";
	int rc = 0;

	conf_target(c, a->level, &t);
	known_hosts_fingerprint(key, len, print, sizeof(print));
	for (size_t i = 0; i < c->known_hosts.n; i++) {
		int error = -known_hosts_add(c->known_hosts.v[i], t.key_name,
					     t.key_port, key, len);

		if (!error) {
			log_info("added the host key of %s, %s, to %s",
				 t.key_name, print, c->known_hosts.v[i]);
			return true;
		}
		if (!rc) {
			first = c->known_hosts.v[i];
			rc = error;
		}
	}
	a->end = (struct failure){0};
	fail(&a->end, REASON_HOSTKEY_UNKNOWN,
	     "the host key of %s, %s, cannot be stored in any known-hosts "
	     "file: %s%s%s",
	     t.key_name, print, first, rc ? ": " : "", rc ? strerror(rc) : "");
	return false;
}

struct run {
	struct attempt *a;
	int signo; /* the last signal, or 0 */
};

static void on_signal(struct loop *l, int signo)
{
	struct run *r = l->arg;

	r->signo = signo;
	attempt_stop(r->a);
}

static void on_run_end(struct attempt *a)
{
	loop_quit(a->loop);
}

void attempt_run(struct attempt *a, const struct session_plan *plan,
		 struct auth_secrets *s)
{
	struct run r = {.a = a};
	sigset_t mask, before;
	struct loop l;
	int rc;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, NULL, &before);
	a->on_end = on_run_end;
	rc = loop_init(&l, &mask, on_signal, &r);
	if (rc < 0) {
		fail(&a->end, REASON_INTERNAL, "epoll: %s", strerror(-rc));
		return;
	}
	rc = attempt_start(a, &l, plan, s, &a->end);
	auth_wipe(s);
	if (!rc)
		loop_run(&l);
	loop_close(&l);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r.signo) {
		signal(r.signo, SIG_DFL);
		raise(r.signo);
	}
}
