// SPDX-License-Identifier: ISC
/*
 * The process of a session, from its start to its end:
 *
 * 1. The plan is read from its memfd, which is closed, and all descriptors
 *    that are not in the plan are closed.
 * 2. What only the rights of the caller can open is opened: the agent and the
 *    standard streams.  libcrypto reads its configuration.
 * 3. The rights are dropped and the sandbox is entered, for good.
 * 4. Only now the network: session_dial() connects and logs in, host by host.
 *    The sandbox narrows once TCP is connected, before the first byte from the
 *    server is read; the secrets are wiped after the last login.
 * 5. The command or the forwards run, until they end, the connection is lost,
 *    or the parent says so or is gone.
 * 6. The last record has the reason.
 *
 * There is one failure, s->f.  Whatever sets it also has the loop quit, and
 * every function that runs the loop returns when it is set.
 */
#include "session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/util.h"
#include "guard/drop.h"
#include "guard/sandbox.h"
#include "session/carried.h"
#include "session/session_state.h"
#include "ssh/auth.h"
#include "ssh/crypto.h"

#define DNS_PORT 53   /* also over TCP: RFC 7766 */
#define PROBE_MS 2000 /* after a suspend, for the server's next byte */
#define END_MS	 500  /* for the parent to make room for the last record */

static struct session the_session;
static struct plan_input the_input;
static struct transport the_transports[CONF_TARGETS_MAX];

/* True if somebody who runs the loop has to look at it. */
static bool handle_record(struct session *s, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_TRUST:
		s->trusted = true;
		return true;
	case MESSAGE_STOP:
		fail(&s->f, REASON_ASKED, "ended as asked");
		return true;
	case MESSAGE_LINE:
		s->line_ready = true;
		break;
	case MESSAGE_PROBE:
		keepalive_require_byte(&s->keepalive, PROBE_MS);
		break;
	default:
		break;
	}
	return false;
}

static void on_parent_record(struct watch *w, uint32_t events)
{
	struct session *s = w->arg;
	struct message m;
	int descriptors[MESSAGE_DESCRIPTORS];
	int rc;

	(void)events;
	while ((rc = message_receive_any(w->fd, &m, descriptors)) > 0 ||
	       rc == -EMSGSIZE)
		if (rc < 0)
			log_warn("exec --shared: there are no descriptors for "
				 "one more");
		else if (m.type == MESSAGE_MUX)
			carried_take_command(s, &m, descriptors);
		else if (handle_record(s, &m))
			loop_quit(w->loop);
	if (rc != -EAGAIN) {
		fail(&s->f, REASON_ASKED, "the parent is gone");
		loop_unwatch(w);
		loop_quit(w->loop);
	}
}

/* How many connections may be carried at a time. */
static int connections_max(const struct session *s)
{
	if (s->plan->display)
		return CARRIED_STREAMS_MAX;
	if (s->plan->job != SESSION_LINE && s->plan->job != SESSION_FORWARDS)
		return 0;
	return (conf_forwards(s->conf) ? CARRIED_STREAMS_MAX : 0) +
	       CARRIED_MUX_DESCRIPTORS;
}

/* The session connects to the first host and to name servers; connections that
 * come from the far end are connected to their targets. */
static void list_destinations(const struct session *s, struct sandbox_net *net)
{
	const struct display *d = s->plan->display;

	net->bind = s->conf->bind_address != NULL;
	net->port[net->n++] = (uint16_t)s->target[0].port;
	net->port[net->n++] = DNS_PORT;
	if (d && d->path[0])
		net->abstract = true;
	else if (d)
		net->port[net->n++] = (uint16_t)d->port;
	for (int i = 0; i < conf_forwards(s->conf); i++) {
		struct conf_forward f;

		conf_forward(s->conf, i, &f);
		if (f.remote)
			net->port[net->n++] = (uint16_t)f.host_port;
	}
}

/* Opens what only the rights of the caller can open, then drops them. */
static int prepare_and_drop_rights(struct session *s)
{
	struct sandbox_net net = {0};
	int rc = loop_init(&s->loop, NULL, NULL, s);

	if (rc < 0)
		return fail(&s->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	if (crypto_load() < 0)
		return fail(&s->f, REASON_INTERNAL,
			    "libcrypto cannot be used; look at openssl.cnf");
	for (size_t i = 0; i <= s->last; i++) {
		struct conf_target *t = &s->target[i];

		conf_target(s->conf, i, t);
		if (transport_init(&s->transports[i], &s->loop, &s->f) < 0)
			return -1;
		if (t->hop)
			s->transports[i].hop = t->host;
		auth_agent_open(&s->transports[i], s->secrets);
	}
	if ((s->plan->job == SESSION_EXEC || s->plan->job == SESSION_LINE) &&
	    session_open_local_io(s) < 0)
		return -1;
	list_destinations(s, &net);
	if (drop_rights(s->plan->uid, s->plan->gid, connections_max(s), &s->f) <
		    0 ||
	    sandbox_enter(&net, &s->f) < 0)
		return -1;
	rc = loop_watch(&s->loop, &s->control_watch, s->control, EPOLLIN,
			on_parent_record, s);
	if (rc < 0)
		return fail(&s->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	return 0;
}

static void log_by_parent(enum log_level level, const char *text, size_t len)
{
	struct session *s = &the_session;
	struct message m;

	message_begin(&m, MESSAGE_LOG);
	m.log.level = level;
	m.log.lost = s->lost;
	if (len >= sizeof(m.log.text))
		len = sizeof(m.log.text) - 1;
	memcpy(m.log.text, text, len);
	if (message_send(s->control, &m) < 0)
		s->lost++;
	else
		s->lost = 0;
}

static void run_plan(struct session *s)
{
	if (prepare_and_drop_rights(s) == 0 && session_dial(s) == 0) {
		if (s->plan->job == SESSION_FORWARDS)
			session_run_forwards(s);
		else if (s->plan->job >= SESSION_EXEC)
			session_run_command(s);
		else
			fail(&s->f, REASON_ASKED, "done");
	}
	session_restore_local_io();
	for (size_t i = s->last + 1; i-- > 0;)
		transport_close(&s->transports[i]);
}

/* Signals are for the parent, which then sends MESSAGE_STOP; its death is seen
 * at the socket. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM,
				      SIGPIPE};
	sigset_t none;

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * A process that talks to the network must not have a terminal, because it
 * could type there (ioctl_tty(2), TIOCSTI).  The exception is `exec` by an
 * ordinary user, which stays in its job so that Ctrl-Z stops all of it.
 */
static void leave_terminal(const struct session_plan *plan)
{
	int null;

	if (geteuid() == 0 || plan->job != SESSION_EXEC)
		setsid();
	if (plan->job == SESSION_EXEC)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		if (fd != plan->in && fd != plan->out)
			dup2(null, fd);
	close(null);
}

static int load_plan(struct session *s)
{
	int rc = plan_read(PLAN_FD, &the_input);
	struct session_plan *plan = &the_input.plan;
	int keep[4 + CONF_FORWARDS_MAX] = {PLAN_CONTROL_FD, plan->in, plan->out,
					   plan->err};

	close(PLAN_FD);
	if (rc < 0)
		return fail(&s->f, REASON_INTERNAL,
			    "the session cannot read its plan: %s",
			    strerror(-rc));
	s->plan = plan;
	s->conf = &the_input.conf;
	s->secrets = &the_input.secrets;
	s->line_ready = plan->line_ready;
	s->last = plan->job == SESSION_HOSTKEY ? plan->target
					       : conf_targets(s->conf) - 1;
	if (s->last >= conf_targets(s->conf))
		return fail(&s->f, REASON_INTERNAL,
			    "the plan has no such host");
	if (plan->stats >= 0)
		s->stats = stats_map(plan->stats);
	for (int i = 0; i < plan->ports; i++)
		keep[4 + i] = plan->port[i].fd;
	drop_descriptors(keep, 4 + (size_t)plan->ports);
	leave_terminal(plan);
	return 0;
}

/* Only sshdial gives a process these two descriptors.  The account of the other
 * end is ours, unless this program has more rights than its caller, by a
 * set-user-ID bit for example. */
static bool started_by_parent(void)
{
	int type = 0;
	struct ucred peer;
	socklen_t len = sizeof(type), peer_len = sizeof(peer);

	return !getsockopt(PLAN_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       type == SOCK_SEQPACKET &&
	       !getsockopt(PLAN_CONTROL_FD, SOL_SOCKET, SO_PEERCRED, &peer,
			   &peer_len) &&
	       peer.uid == geteuid() && plan_is_sealed(PLAN_FD);
}

int session_main(void)
{
	struct session *s = &the_session;
	struct message m;

	if (!started_by_parent()) {
		fprintf(stderr, SESSION_PROGRAM ": only sshdial itself can "
						"start this program\n");
		return 2;
	}
	/* Otherwise it would be "exe", of /proc/self/exe. */
	prctl(PR_SET_NAME, SESSION_PROGRAM, 0, 0, 0);
	ignore_signals();
	fcntl(PLAN_CONTROL_FD, F_SETFD, FD_CLOEXEC);
	s->control = PLAN_CONTROL_FD;
	log_to(log_by_parent);
	s->transports = s->transport = the_transports;
	if (!load_plan(s))
		run_plan(s);
	message_begin(&m, MESSAGE_END);
	m.end.reason = s->f.reason;
	m.end.status = (uint32_t)s->f.status;
	memcpy(m.end.text, s->f.text, sizeof(s->f.text));
	message_send_patiently(s->control, &m, END_MS);
	_exit(0);
}
