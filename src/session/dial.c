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
#include "ssh/auth.h"
#include "ssh/net.h"

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

	if (!n)
		session_step(s, STEP_RESOLVE,
			     "%s: not resolved; its last address is taken",
			     s->target[0].host);
	else
		session_step(s, STEP_RESOLVE, "%s: %d address%s",
			     s->target[0].host, n, n == 1 ? "" : "es");
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

	phase(s, "resolving the name", REASON_CONNECT_TIMEOUT,
	      c->connect_timeout);
	if (net_connect(&s->loop, &target, &r, on_resolved, s, &s->f) < 0)
		return -1;
	*fd = r.fd;
	session_step(s, STEP_CONNECT, "%s port %d from %s", r.address,
		     target.port, r.local);
	return 0;
}

/* From the host where we are, which s->level counts, to the next. */
static int connect_next(struct session *s)
{
	struct channel *via = &s->via[s->level + 1];
	const struct conf_target *here = &s->target[s->level];
	const struct conf_target *next = here + 1;

	snprintf(s->next, sizeof(s->next), "the connection to %s port %d",
		 next->host, next->port);
	phase(s, s->next, REASON_CONNECT_TIMEOUT, s->conf->connect_timeout);
	if (channel_connect(via, s->transport, next->host, next->port, &s->f))
		return -1;
	s->level++;
	s->transport++;
	session_step(s, STEP_CONNECT, "%s port %d from %s", next->host,
		     next->port, here->host);
	return 0;
}

/* The first stored key that binds this host, or NULL. */
static const struct known_entry *stored_key(const struct known_hosts *kh)
{
	for (size_t i = 0; i < kh->n; i++)
		if (!kh->entry[i].revoked && !kh->entry[i].plain)
			return &kh->entry[i];
	return NULL;
}

static int other_type(struct session *s, const struct known_entry *e,
		      const char *types)
{
	s->f = (struct failure){0};
	return fail(&s->f, REASON_HOSTKEY_CHANGED,
		    "HOST KEY CHANGED: %s:%u has a %s key for %s, and there is "
		    "only: %.100s",
		    e->file, e->line, e->type, s->target[s->level].host, types);
}

/* Where the host key itself is what is asked for. */
static bool only_look(const struct session *s)
{
	return s->plan->job == SESSION_HOSTKEY && s->level == s->last;
}

/* A key of another type than the stored one is not a new key. */
static int handshake(struct session *s, int fd)
{
	bool look = only_look(s);
	const struct known_hosts *known = &s->known[s->level];
	const struct known_entry *e = look ? NULL : stored_key(known);
	struct transport *t = s->transport;
	char offer[512], want[512], theirs[200];

	if (transport_hostkey_offer(t, s->conf, offer, sizeof(offer), &s->f))
		return -1;
	snprintf(want, sizeof(want), "%s", offer);
	if (!look &&
	    known_hosts_algorithms(known, offer, want, sizeof(want)) < 0 && e)
		return other_type(s, e, offer);
	if (transport_algorithms(t, s->conf, want, &s->f) < 0)
		return -1;
	phase(s, "the key exchange", REASON_LOGIN_TIMEOUT,
	      s->conf->login_timeout);
	if (!(s->level ? transport_handshake_via(t, &s->via[s->level], &s->f)
		       : transport_handshake(t, fd, &s->f)))
		return 0;
	if (e && s->f.reason == REASON_HANDSHAKE &&
	    transport_no_hostkey(t, theirs, sizeof(theirs)) &&
	    kexinit_common(theirs, offer))
		return other_type(s, e, theirs);
	return -1;
}

/* Asks the parent to take the key. */
static int ask_parent(struct session *s, const uint8_t *key, size_t len)
{
	if (message_send(s->control, MESSAGE_HOSTKEY, 0, 0, key, len) < 0)
		return fail(&s->f, REASON_INTERNAL,
			    "the host key does not fit into a record");
	s->trusted = false;
	while (!s->trusted && !failure_is_set(&s->f)) {
		s->loop.quit = false;
		loop_run(&s->loop);
	}
	return failure_is_set(&s->f) ? -1 : 0;
}

static int verdict(struct session *s, const uint8_t *key, size_t len,
		   const char *type, const char *print)
{
	const struct known_entry *e;
	const char *host = s->target[s->level].key_name;

	switch (known_hosts_check(&s->known[s->level], key, len, &e)) {
	case KNOWN_MATCH:
		return 0;
	case KNOWN_REVOKED:
		return fail(&s->f, REASON_HOSTKEY_REVOKED,
			    "the host key of %s, %s %s, is revoked by %s:%u",
			    host, type, print, e->file, e->line);
	case KNOWN_CHANGED:
		return fail(&s->f, REASON_HOSTKEY_CHANGED,
			    "HOST KEY CHANGED: %s shows %s %s, and %s:%u has "
			    "another; if the change is meant, remove that line "
			    "and run: sshdial trust %s",
			    host, type, print, e ? e->file : "?",
			    e ? e->line : 0, s->conf->name);
	case KNOWN_UNKNOWN:
		break;
	}
	if (s->conf->host_key_policy == POLICY_ACCEPT_NEW)
		return ask_parent(s, key, len);
	return fail(&s->f, REASON_HOSTKEY_UNKNOWN,
		    "the host key of %s is not known: %s %s; compare it with "
		    "the server's and run: sshdial trust %s",
		    host, type, print, s->conf->name);
}

static int check_hostkey(struct session *s)
{
	size_t len;
	const uint8_t *key = transport_hostkey(s->transport, &len);
	char type[64], print[64];

	if (!key || known_hosts_type(key, len, type, sizeof(type)) < 0 ||
	    known_hosts_fingerprint(key, len, print, sizeof(print)) < 0)
		return fail(&s->f, REASON_HANDSHAKE,
			    "the server's host key cannot be read");
	if (only_look(s)) {
		session_step(s, STEP_HOSTKEY, "%s %s", type, print);
		return ask_parent(s, key, len);
	}
	if (verdict(s, key, len, type, print) < 0)
		return -1;
	session_step(s, STEP_HOSTKEY, "%s %s", type, print);
	return 0;
}

static int login(struct session *s)
{
	const struct conf_target *t = &s->target[s->level];
	char how[200];

	s->phase = "the login";
	if (auth_login(s->transport, t, s->secrets, how, sizeof(how), &s->f) <
	    0)
		return -1;
	session_step(s, STEP_LOGIN, "%s by %s", t->user, how);
	return 0;
}

/* A failure at a hop begins with its name. */
static int name_hop(struct session *s)
{
	const struct conf_target *t = &s->target[s->level];
	char text[sizeof(s->f.text)], hop[sizeof(t->host) + 8];

	snprintf(hop, sizeof(hop), "hop %s", t->host);
	if (!t->hop || s->f.reason == REASON_ASKED || strstr(s->f.text, hop))
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
	return only_look(s) ? 0 : login(s);
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
