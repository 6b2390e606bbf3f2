// SPDX-License-Identifier: ISC
/*
 * Dialing: from the name of the first host to the login at the last.
 *
 * At each host, hops first: connect (the first by TCP, each later one by a
 * channel of the host before), exchange keys, have the parent judge the host
 * key, log in.  Each of the phases has one deadline, connect-timeout or
 * login-timeout, and a failure says which phase it was.  The parent is told
 * each step as soon as it is done (ipc/message.h).
 *
 * The host key is checked before anything secret is sent.  The parent has said
 * which algorithms to offer, so that a server with several keys shows the one
 * that is stored; if the server has no key of a stored type, then the key has
 * changed as well, even though no key was shown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/parse.h"
#include "guard/sandbox.h"
#include "session/session_state.h"
#include "ssh/algorithms.h"
#include "ssh/auth.h"
#include "ssh/net.h"
#include "ssh/tcp_channel.h"

static void on_deadline(struct timer *t)
{
	struct session *s = t->arg;
	char text[24], said[200];

	format_duration(text, sizeof(text),
			s->phase_timeout == REASON_CONNECT_TIMEOUT
				? s->conf->connect_timeout
				: s->conf->login_timeout);
	if (s->phase_timeout != REASON_LOGIN_TIMEOUT ||
	    transport_is_ssh(s->transport, said, sizeof(said)))
		fail(&s->f, s->phase_timeout, "%s took longer than %s",
		     s->phase, text);
	else if (said[0])
		fail(&s->f, s->phase_timeout,
		     "no SSH server answers there within %s; it says: %.60s",
		     text, said);
	else
		fail(&s->f, s->phase_timeout,
		     "the server said nothing within %s", text);
	loop_quit(t->loop);
}

static void begin_phase(struct session *s, const char *words,
			enum reason timeout, int64_t ms)
{
	s->phase = words;
	s->phase_timeout = timeout;
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

/* The resolver child reads what name servers send, and uses no secret. */
static void forget_in_resolver(void *arg)
{
	struct session *s = arg;

	secrets_wipe(s->secrets);
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
		/* Without a value of its own it is what the keepalive takes to
		 * find a dead connection (TCP_USER_TIMEOUT, tcp(7)). */
		.user_timeout = (int)(c->tcp_user_timeout != TIMEOUT_AUTO
					      ? c->tcp_user_timeout
					      : c->keepalive_interval *
							c->keepalive_count),
		.fallback = s->plan->reached,
		.forget = forget_in_resolver,
		.forget_arg = s,
		.resolve_ms = (int)(c->connect_timeout / 2),
	};
	struct net_result r;
	struct message m;

	begin_phase(s, "resolving the name", REASON_CONNECT_TIMEOUT,
		    c->connect_timeout);
	if (net_connect(&s->loop, &target, &r, on_resolved, s, &s->f) < 0)
		return -1;
	*fd = r.fd;
	message_begin(&m, STEP_CONNECT);
	snprintf(m.connect.server, sizeof(m.connect.server), "%s", r.address);
	snprintf(m.connect.local, sizeof(m.connect.local), "%s", r.local);
	return session_send_step(s, &m);
}

/* From the host that was reached to the next. */
static int connect_next(struct session *s)
{
	struct channel *via = &s->via[s->host + 1];
	const struct conf_target *next = &s->target[s->host + 1];

	snprintf(s->phase_text, sizeof(s->phase_text),
		 "the connection to %s port %d", next->host, next->port);
	begin_phase(s, s->phase_text, REASON_CONNECT_TIMEOUT,
		    s->conf->connect_timeout);
	if (tcp_channel_connect(via, s->transport, next->host, next->port,
				&s->f))
		return -1;
	s->host++;
	s->transport++;
	return session_step(s, STEP_CONNECT);
}

static const struct plan_host *plan_here(const struct session *s)
{
	return &s->plan->host[s->host];
}

/* A key of another type than the stored one is a changed key, not a new one. */
static int fail_changed_type(struct session *s, const char *types)
{
	s->f = (struct failure){0};
	return fail(&s->f, REASON_HOSTKEY_CHANGED,
		    "HOST KEY CHANGED: %s, and there is only: %.100s",
		    plan_here(s)->stored, types);
}

static int exchange_keys(struct session *s, int fd)
{
	const struct plan_host *h = plan_here(s);
	struct failure none = {0};
	struct transport *t = s->transport;
	struct channel *via = &s->via[s->host];
	char offer[512], want[512], theirs[200];

	if (algorithms_of_hostkeys(t, s->plan->hostkeys, offer, sizeof(offer),
				   &s->f))
		return -1;
	if (algorithms_of_hostkeys(t, h->offer, want, sizeof(want), &none) < 0)
		return fail_changed_type(s, offer);
	if (algorithms_offer(t, s->conf, want, &s->f) < 0)
		return -1;
	begin_phase(s, "the key exchange", REASON_LOGIN_TIMEOUT,
		    s->conf->login_timeout);
	if (!(s->host ? transport_handshake_via(t, via->t, &channel_carrier,
						via, &s->f)
		      : transport_handshake(t, fd, &s->f)))
		return 0;
	if (h->stored[0] && s->f.reason == REASON_HANDSHAKE &&
	    algorithms_lack_hostkey(t, theirs, sizeof(theirs)) &&
	    kexinit_common(theirs, offer))
		return fail_changed_type(s, theirs);
	return -1;
}

/* The parent has the known_hosts entries and gives the verdict.  If it refuses
 * the key, it knows the reason, and MESSAGE_STOP is what comes. */
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

/* A failure at a hop begins with its name, unless the transport has named the
 * host already. */
static int name_hop(struct session *s)
{
	const struct conf_target *t = &s->target[s->host];
	char text[sizeof(s->f.text)], hop[sizeof(t->host) + 8];

	snprintf(hop, sizeof(hop), "hop %s", t->host);
	if (!t->hop || s->f.reason == REASON_ASKED || s->f.names_hop)
		return -1;
	memcpy(text, s->f.text, sizeof(text));
	snprintf(s->f.text, sizeof(s->f.text), "%s: %.*s", hop,
		 (int)(sizeof(s->f.text) - strlen(hop) - 3), text);
	return -1;
}

/* Everything at one host, once it is connected. */
static int enter_host(struct session *s, int fd)
{
	struct message m;

	if (exchange_keys(s, fd) < 0 || check_hostkey(s) < 0)
		return -1;
	/* `trust` asks about one host and wants no more than its key. */
	if (s->plan->job == SESSION_HOSTKEY && s->host == s->last)
		return 0;
	message_begin(&m, STEP_LOGIN);
	s->phase = "the login";
	if (auth_login(s->transport, &s->target[s->host], s->secrets,
		       m.login.method, sizeof(m.login.method), &s->f) < 0)
		return -1;
	return session_send_step(s, &m);
}

/* Tightens the sandbox before the first byte from the server, unless
 * connections from the far end will need connect(2). */
static int narrow_sandbox(struct session *s)
{
	enum session_job job = s->plan->job;
	bool forwards = job == SESSION_LINE || job == SESSION_FORWARDS;

	if (s->plan->display || (forwards && s->conf->forward_remote.n))
		return 0;
	return sandbox_narrow(&s->f);
}

int session_dial(struct session *s)
{
	int fd;

	if (connect_first(s, &fd) < 0 || narrow_sandbox(s) < 0 ||
	    enter_host(s, fd) < 0)
		return name_hop(s);
	while (s->host < s->last)
		if (connect_next(s) < 0 || enter_host(s, -1) < 0)
			return name_hop(s);
	secrets_wipe(s->secrets);
	for (size_t i = 0; i <= s->last; i++)
		transport_forget_secrets(&s->transports[i]);
	return 0;
}
