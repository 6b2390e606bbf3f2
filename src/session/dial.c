// SPDX-License-Identifier: ISC
/*
 * From a name to a login, at the server or at a hop, then from there to the
 * next: one deadline a phase.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/parse.h"
#include "guard/sandbox.h"
#include "session/state.h"
#include "ssh/algorithms.h"
#include "ssh/auth.h"
#include "ssh/net.h"
#include "ssh/tcp_channel.h"

static void on_deadline(struct timer *t)
{
	struct session *s = t->arg;
	char text[24], said[200];

	format_duration(text, sizeof(text),
			s->late == REASON_CONNECT_TIMEOUT
				? s->conf->connect_timeout
				: s->conf->login_timeout);
	if (s->late != REASON_LOGIN_TIMEOUT ||
	    transport_is_ssh(s->transport, said, sizeof(said)))
		fail(&s->f, s->late, "%s took longer than %s", s->phase, text);
	else if (said[0])
		fail(&s->f, s->late,
		     "no SSH server answers there within %s; it says: %.60s",
		     text, said);
	else
		fail(&s->f, s->late, "the server said nothing within %s", text);
	loop_quit(t->loop);
}

static void phase(struct session *s, const char *words, enum reason late,
		  int64_t ms)
{
	s->phase = words;
	s->late = late;
	loop_timer(&s->loop, &s->deadline, ms, on_deadline, s);
}

static void on_resolved(void *arg, int n)
{
	struct session *s = arg;
	struct message m;

	message_begin(&m, STEP_RESOLVE);
	m.resolve.addresses = (uint32_t)n;
	session_send_step(s, &m);
	s->phase = "the TCP connection";
}

static int64_t user_timeout(const struct conf *c)
{
	return c->tcp_user_timeout != TIMEOUT_AUTO
		       ? c->tcp_user_timeout
		       : c->keepalive_interval * c->keepalive_count;
}

static int connect_first(struct session *s, int *fd)
{
	static const int family[] = {
		[FAMILY_ANY] = AF_UNSPEC,
		[FAMILY_INET] = AF_INET,
		[FAMILY_INET6] = AF_INET6,
	};
	const struct conf *c = s->conf;
	struct net_target target = {
		.host = s->target[0].host,
		.port = s->target[0].port,
		.family = family[c->address_family],
		.bind = c->bind_address,
		.keepalive = c->tcp_keepalive,
		.interval = (int)((c->keepalive_interval + 999) / 1000),
		.count = (int)c->keepalive_count,
		.user_timeout = (int)user_timeout(c),
		.fallback = s->plan->reached,
		.resolve_ms = (int)(c->connect_timeout / 2),
	};
	struct net_result r;
	struct message m;

	phase(s, "resolving the name", REASON_CONNECT_TIMEOUT,
	      c->connect_timeout);
	if (net_connect(&s->loop, &target, &r, on_resolved, s, &s->f) < 0)
		return -1;
	*fd = r.fd;
	message_begin(&m, STEP_CONNECT);
	snprintf(m.connect.server, sizeof(m.connect.server), "%s", r.address);
	snprintf(m.connect.local, sizeof(m.connect.local), "%s", r.local);
	return session_send_step(s, &m);
}

/* From the host where we are, which s->level counts, to the next. */
static int connect_next(struct session *s)
{
	struct channel *via = &s->via[s->level + 1];
	const struct conf_target *next = &s->target[s->level + 1];

	snprintf(s->next, sizeof(s->next), "the connection to %s port %d",
		 next->host, next->port);
	phase(s, s->next, REASON_CONNECT_TIMEOUT, s->conf->connect_timeout);
	if (tcp_channel_connect(via, s->transport, next->host, next->port,
				&s->f))
		return -1;
	s->level++;
	s->transport++;
	return session_step(s, STEP_CONNECT);
}

static const struct plan_host *plan_here(const struct session *s)
{
	return &s->plan->host[s->level];
}

/* A key of another type than the stored one is not a new key. */
static int other_type(struct session *s, const char *types)
{
	s->f = (struct failure){0};
	return fail(&s->f, REASON_HOSTKEY_CHANGED,
		    "HOST KEY CHANGED: %s, and there is only: %.100s",
		    plan_here(s)->stored, types);
}

/* True at the host whose key is all that is asked for. */
static bool is_goal(const struct session *s)
{
	return s->plan->job == SESSION_HOSTKEY && s->level == s->last;
}

static int handshake(struct session *s, int fd)
{
	const struct plan_host *h = plan_here(s);
	struct failure none = {0};
	struct transport *t = s->transport;
	struct channel *via = &s->via[s->level];
	char offer[512], want[512], theirs[200];

	if (algorithms_of_hostkeys(t, s->plan->hostkeys, offer, sizeof(offer),
				   &s->f))
		return -1;
	if (algorithms_of_hostkeys(t, h->offer, want, sizeof(want), &none) < 0)
		return other_type(s, offer);
	if (algorithms_offer(t, s->conf, want, &s->f) < 0)
		return -1;
	phase(s, "the key exchange", REASON_LOGIN_TIMEOUT,
	      s->conf->login_timeout);
	if (!(s->level ? transport_handshake_via(t, via->t, &channel_carrier,
						 via, &s->f)
		       : transport_handshake(t, fd, &s->f)))
		return 0;
	if (h->stored[0] && s->f.reason == REASON_HANDSHAKE &&
	    algorithms_lack_hostkey(t, theirs, sizeof(theirs)) &&
	    kexinit_common(theirs, offer))
		return other_type(s, theirs);
	return -1;
}

/* The parent has the known_hosts entries and gives the verdict.  If it refuses
 * the key it has the reason and asks the session to stop. */
static int check_hostkey(struct session *s)
{
	struct message m;
	size_t len;
	const uint8_t *key = transport_hostkey(s->transport, &len);

	if (!key || !len || len > sizeof(m.hostkey.key))
		return fail(&s->f, REASON_HANDSHAKE,
			    "the server's host key cannot be read");
	message_begin(&m, STEP_HOSTKEY);
	m.hostkey.len = (uint32_t)len;
	memcpy(m.hostkey.key, key, len);
	s->trusted = false;
	if (session_send_step(s, &m) < 0)
		return -1;
	while (!s->trusted && !failure_is_set(&s->f)) {
		s->loop.quit = false;
		loop_run(&s->loop);
	}
	return failure_is_set(&s->f) ? -1 : 0;
}

static int login(struct session *s)
{
	struct message m;

	message_begin(&m, STEP_LOGIN);
	s->phase = "the login";
	if (auth_login(s->transport, &s->target[s->level], s->secrets,
		       m.login.method, sizeof(m.login.method), &s->f) < 0)
		return -1;
	return session_send_step(s, &m);
}

/* A failure at a hop begins with its name, unless the transport has named the
 * host already. */
static int name_hop(struct session *s)
{
	const struct conf_target *t = &s->target[s->level];
	char text[sizeof(s->f.text)], hop[sizeof(t->host) + 8];

	snprintf(hop, sizeof(hop), "hop %s", t->host);
	if (!t->hop || s->f.reason == REASON_ASKED || s->f.names_hop)
		return -1;
	memcpy(text, s->f.text, sizeof(text));
	snprintf(s->f.text, sizeof(s->f.text), "%s: %.*s", hop,
		 (int)(sizeof(s->f.text) - strlen(hop) - 3), text);
	return -1;
}

/* On the connection to the host that s->level counts. */
static int enter(struct session *s, int fd)
{
	if (handshake(s, fd) < 0 || check_hostkey(s) < 0)
		return -1;
	return is_goal(s) ? 0 : login(s);
}

/* Before a byte of the server's is read: all that is left is to move bytes, but
 * where who comes to the server is connected to something here. */
static int narrow(struct session *s)
{
	enum session_job job = s->plan->job;
	bool forwards = job == SESSION_LINE || job == SESSION_KEEP;

	if (s->plan->display || (forwards && s->conf->forward_remote.n))
		return 0;
	return sandbox_narrow(&s->f);
}

static void forget_secrets(struct session *s)
{
	/* This copy of them is ours alone. */
	auth_wipe(s->secrets);
	for (size_t i = 0; i <= s->last; i++)
		transport_leave_agent(&s->transports[i]);
}

int session_dial(struct session *s)
{
	int fd;

	if (connect_first(s, &fd) < 0 || narrow(s) < 0 || enter(s, fd) < 0)
		return name_hop(s);
	while (s->level < s->last)
		if (connect_next(s) < 0 || enter(s, -1) < 0)
			return name_hop(s);
	forget_secrets(s);
	return 0;
}
