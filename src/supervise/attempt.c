// SPDX-License-Identifier: ISC
/*
 * The parent of a session reads the network through somebody it does not
 * believe.  Records have the right form already (ipc/message.c); here it is
 * checked that they come in the right order:
 *
 * - At each host the steps come once each and one after the other.  RESOLVE is
 *   the first host's alone.  EXEC and FRAME are the last host's alone.  None
 *   comes after the last step of the job.
 * - The next host is reached by CONNECT, after the LOGIN at the one before.
 * - HOSTKEY is a question, and the session may only go on with our TRUST.
 *   Which host the key is of follows from the steps so far.  After a refusal
 *   there are no more steps, so that no second key can be shown.
 * - END is the last record: what follows is not read, and the session need not
 *   end by itself.  One that ends without it has crashed.
 *
 * A record out of order is an error of ours or an attack: the session is
 * killed.  So is one that does not get to EXEC in time.  All limits are on
 * what one turn of the loop may take, so that a session that sends without
 * end does not keep the parent from anything else.
 */
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
#include "guard/account.h"
#include "supervise/hostkey.h"
#include "supervise/spawn.h"

#define RECORDS_A_TURN	 32   /* before others get a turn */
#define LINES_PER_SECOND 200  /* of the log of a session */
#define LIMIT_SLACK	 5000 /* ms on top of the deadlines in the session */

/* Ends the session, if it still runs, and notes how it ended. */
static void reap_session(struct attempt *a)
{
	int status = 0;

	/* It has said END or closed its records, but may still run.  Until
	 * waitpid(2) below the number is of no other process. */
	kill(a->pid, SIGKILL);
	loop_timer_stop(&a->limit);
	loop_timer_stop(&a->force);
	loop_unwatch(&a->watch);
	close(a->control);
	a->control = -1;
	while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
		;
	a->running = false;
	if (a->end_received)
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		fail(&a->end, REASON_INTERNAL,
		     "the session process was killed for a system call that a "
		     "filter forbids, such as SystemCallFilter of a unit: see "
		     "docs/boot.md");
	else if (WIFSIGNALED(status))
		fail(&a->end, REASON_INTERNAL,
		     "the session process was killed by signal %d (%s)",
		     WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		fail(&a->end, REASON_INTERNAL,
		     "the session process ended without a word%s",
		     WEXITSTATUS(status) == 127
			     ? ": its libraries cannot be loaded"
			     : "");
}

bool attempt_at_hop(const struct attempt *a)
{
	return a->host + 1 < conf_targets(a->conf);
}

/* Puts a step into words for people.  Names and commands come from our own
 * configuration, not from the record. */
static void describe_step(const struct attempt *a, const struct message *m,
			  char *out, size_t size)
{
	char method[sizeof(m->login.method) * 4];
	struct conf_target here, before;

	conf_target(a->conf, a->host, &here);
	switch ((enum step)m->type) {
	case STEP_RESOLVE:
		if (!m->resolve.addresses)
			snprintf(out, size,
				 "%s: not resolved; its last address is taken",
				 here.host);
		else
			snprintf(out, size, "%s: %u address%s", here.host,
				 m->resolve.addresses,
				 m->resolve.addresses == 1 ? "" : "es");
		break;
	case STEP_CONNECT:
		if (a->host)
			conf_target(a->conf, a->host - 1, &before);
		snprintf(out, size, "%s port %d from %s",
			 a->host ? here.host : m->connect.server, here.port,
			 a->host ? before.host : m->connect.local);
		break;
	case STEP_HOSTKEY:
		hostkey_text(m->hostkey.key, m->hostkey.len, out, size);
		break;
	case STEP_LOGIN:
		snprintf(out, size, "%s by %s", here.user,
			 log_printable(method, sizeof(method), m->login.method,
				       strlen(m->login.method)));
		break;
	case STEP_EXEC:
		snprintf(out, size, "%.200s",
			 a->job == SESSION_FORWARDS ? "nothing: forwards only"
			 : a->request == FAR_SHELL  ? "the account's shell"
						    : a->command);
		break;
	case STEP_FRAME:
		snprintf(out, size, "%s",
			 a->job == SESSION_FORWARDS ? "the ports were asked for"
						    : "the far pppd speaks");
		break;
	case STEP_COUNT:
		break;
	}
}

/* The last step of each job, at the last of its hosts. */
static const enum step last_step[SESSION_JOBS] = {
	[SESSION_HOSTKEY] = STEP_HOSTKEY, [SESSION_LOGIN] = STEP_LOGIN,
	[SESSION_EXEC] = STEP_EXEC,	  [SESSION_LINE] = STEP_FRAME,
	[SESSION_FORWARDS] = STEP_FRAME,
};

static int on_step_record(struct attempt *a, const struct message *m)
{
	char text[1200];

	if (m->host != a->host) {
		/* The next host is reached through the login at this one. */
		if (m->host != a->host + 1 || m->host > a->last ||
		    a->step != STEP_LOGIN)
			return -EBADMSG;
		a->host = m->host;
		a->step = STEP_RESOLVE; /* is the first host's alone */
	}
	if ((int)m->type != a->step + 1 || a->refused ||
	    m->type > (a->host < a->last ? STEP_LOGIN : last_step[a->job]))
		return -EBADMSG;
	/* The session waits for TRUST here, and has sent no secret to this
	 * host. */
	if (m->type == STEP_HOSTKEY &&
	    !(a->on_hostkey ? a->on_hostkey : attempt_accept_hostkey)(
		    a, m->hostkey.key, m->hostkey.len)) {
		a->refused = true;
		attempt_stop(a);
		return 0;
	}
	a->step = (int)m->type;
	if (a->step == STEP_CONNECT && !a->host)
		a->connected = m->connect;
	if (a->step >= STEP_EXEC)
		loop_timer_stop(&a->limit);
	describe_step(a, m, text, sizeof(text));
	if (m->type == STEP_HOSTKEY)
		attempt_tell(a, MESSAGE_TRUST);
	if (a->on_step)
		a->on_step(a, (enum step)m->type, text);
	return 0;
}

static void tell_lost_lines(unsigned int lines)
{
	if (lines)
		log_warn("%u log line%s of the session %s lost", lines,
			 lines == 1 ? "" : "s", lines == 1 ? "is" : "are");
}

static void on_log_record(struct attempt *a, const struct message *m)
{
	char text[LOG_LINE_MAX];
	int64_t second = loop_now() / 1000;

	/* Lines that the session had to drop count with ours. */
	a->lost += m->log.lost;
	if (second != a->second) {
		tell_lost_lines(a->lost);
		a->lines = a->lost = 0;
	}
	a->second = second;
	if (a->lines++ < LINES_PER_SECOND)
		log_at((enum log_level)m->log.level, "%s",
		       log_printable(text, sizeof(text), m->log.text,
				     strlen(m->log.text)));
	else
		a->lost++;
}

static void on_end_record(struct attempt *a, const struct message *m)
{
	char text[sizeof(a->end.text)];

	log_printable(text, sizeof(text), m->end.text, strlen(m->end.text));
	a->end_received = true;
	if (failure_is_set(&a->end)) /* the session ends because of that */
		return;
	fail(&a->end, (enum reason)m->end.reason, "%s", text[0] ? text : "?");
	a->end.status = (int)m->end.status;
}

static void on_record(struct watch *w, uint32_t events)
{
	struct attempt *a = w->arg;
	struct message m;
	int rc = 0;

	(void)events;
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		rc = message_receive(a->control, &m);
		if (rc <= 0)
			break;
		if (m.type < STEP_COUNT) {
			if (on_step_record(a, &m) < 0)
				rc = -EBADMSG;
		} else if (m.type == MESSAGE_LOG) {
			on_log_record(a, &m);
		} else if (m.type == MESSAGE_END) {
			on_end_record(a, &m);
			rc = 0; /* nothing follows */
		} else {
			rc = -EBADMSG;
		}
		if (rc <= 0)
			break;
	}
	if (rc > 0 || rc == -EAGAIN) /* there are more; none for now */
		return;
	if (rc < 0) {
		fail(&a->end, REASON_INTERNAL,
		     "the session process sent a bad record: %s",
		     strerror(-rc));
		kill(a->pid, SIGKILL);
	}
	tell_lost_lines(a->lost);
	reap_session(a);
	a->on_end(a);
}

/* The session has deadlines of its own, but a library may wait past them. */
static void on_limit(struct timer *t)
{
	struct attempt *a = t->arg;

	fail(&a->end, REASON_LOGIN_TIMEOUT,
	     "the session hung on its way to a login");
	kill(a->pid, SIGKILL);
}

int attempt_start(struct attempt *a, struct loop *l,
		  const struct session_plan *plan, struct secrets *s,
		  struct failure *f)
{
	struct session_plan whole = *plan;
	int rc;

	a->loop = l;
	a->job = plan->job;
	a->request = plan->request;
	a->command = plan->command;
	a->host = 0;
	a->step = -1;
	a->last = plan->job == SESSION_HOSTKEY ? plan->target
					       : conf_targets(a->conf) - 1;
	a->refused = a->end_received = false;
	a->lines = a->lost = 0;
	memset(&a->connected, 0, sizeof(a->connected));
	memset(&a->end, 0, sizeof(a->end));
	if (hostkey_plan(&whole, a->conf, f) < 0)
		return -1;
	whole.uid = session_account()->uid;
	whole.gid = session_account()->gid;
	a->pid = spawn_session(a->conf, &whole, s, &a->control, f);
	if (a->pid < 0)
		return -1;
	a->running = true;
	rc = loop_watch(l, &a->watch, a->control, EPOLLIN, on_record, a);
	if (rc < 0) {
		kill(a->pid, SIGKILL);
		reap_session(a);
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
	struct message m;

	if (!a->running)
		return;
	message_begin(&m, type);
	/* The session would wait for it without end. */
	if (message_send(a->control, &m) == -EAGAIN) {
		fail(&a->end, REASON_INTERNAL,
		     "the session process does not read what it is told");
		kill(a->pid, SIGKILL);
	}
}

int attempt_run_command(struct attempt *a, uint32_t request,
			const char *command, size_t len, const int *descriptors)
{
	struct message m;

	if (!a->running)
		return -ENOTCONN;
	if (len > sizeof(m.mux.command))
		return -EMSGSIZE;
	message_begin(&m, MESSAGE_MUX);
	m.mux.request = request;
	m.mux.len = (uint32_t)len;
	memcpy(m.mux.command, command, len);
	return message_send_mux(a->control, &m, descriptors);
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
	attempt_tell(a, MESSAGE_STOP);
	/* Asking again does not give it more time. */
	if (!a->force.armed)
		loop_timer(a->loop, &a->force, ATTEMPT_FORCE, on_force, a);
}

bool attempt_accept_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	return hostkey_accept(a->conf, a->host, key, len, true, &a->end);
}

/* An attempt that a command waits for. */
struct waiting_command {
	struct attempt *a;
	int signo; /* the last signal, or 0 */
};

static void on_signal(struct loop *l, int signo)
{
	struct waiting_command *r = l->arg;

	r->signo = signo;
	attempt_stop(r->a);
}

static void on_attempt_over(struct attempt *a)
{
	loop_quit(a->loop);
}

void attempt_run(struct attempt *a, const struct session_plan *plan,
		 struct secrets *s)
{
	struct waiting_command r = {.a = a};
	sigset_t mask, before;
	struct loop l;
	int rc;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, NULL, &before);
	a->on_end = on_attempt_over;
	rc = loop_init(&l, &mask, on_signal, &r);
	if (rc < 0) {
		fail(&a->end, REASON_INTERNAL, "epoll: %s", strerror(-rc));
		return;
	}
	rc = attempt_start(a, &l, plan, s, &a->end);
	secrets_wipe(s);
	if (!rc)
		loop_run(&l);
	loop_close(&l);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r.signo) {
		signal(r.signo, SIG_DFL);
		raise(r.signo);
	}
}
