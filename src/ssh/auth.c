// SPDX-License-Identifier: ISC
/*
 * The server is asked what it offers (RFC 4252, 5.2), then each method that we
 * can do is tried in turn: key files, each with its certificate first; the
 * agent's keys; keyboard-interactive with the password as the answer to every
 * question without echo; the password itself.  The first that is accepted ends
 * that.
 *
 * A method that is refused is noted in `tried' for the failure's text.  A key
 * that the library cannot read is noted apart, because that is no refusal: if
 * there is nothing else, the failure is REASON_IDENTITY.
 */
#include "ssh/auth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"

/*
 * A server counts every key that it refuses (MaxAuthTries, 6 in sshd), so
 * an agent full of keys must not use up the tries.
 */
#define AGENT_KEYS_MAX 5

#define METHODS_MAX 3 /* that a server may want one after the other */

#define RSA_TEXT                                                               \
	"identity: %s is an RSA key, which needs libssh2 1.11 or newer; use "  \
	"an ed25519 key"

struct login {
	struct transport *t;
	const char *user;
	const char *identity; /* the only key file, or NULL */
	const struct secrets *s;
	bool with_password;
	struct failure *f;
	char methods[200]; /* what the server offers, with commas */
	char tried[200];   /* what it refused, for people */
	char unread[160];  /* a key that the library cannot read */
	const char *rsa;   /* an RSA key that was not offered, or NULL */
	bool refused;	   /* the server has, once */
	char *how;
	size_t size;
};

enum outcome { ACCEPTED, REFUSED, BROKEN };

/* Waits if rc is EAGAIN.  1: call again; 0: rc is final; -1: broken. */
static int wait_to_retry(struct login *l, int rc)
{
	if (rc != LIBSSH2_ERROR_EAGAIN)
		return 0;
	return transport_wait(l->t, l->f) < 0 ? -1 : 1;
}

/* Notes how a method has ended; its name goes to `how' or `tried'. */
__attribute__((format(printf, 3, 4))) static enum outcome
note_result(struct login *l, int rc, const char *fmt, ...)
{
	char method[160];
	size_t used = strlen(l->tried);
	char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(method, sizeof(method), fmt, ap);
	va_end(ap);
	if (!rc) {
		snprintf(l->how, l->size, "%s", method);
		return ACCEPTED;
	}
	if (l->t->farewell[0]) { /* such as: too many failures */
		fail(l->f, REASON_LOGIN_REFUSED,
		     "the server refused user %s (tried %s%s%s) and says: %s",
		     l->user, l->tried, used ? ", " : "", method,
		     l->t->farewell);
		return BROKEN;
	}
	if (transport_is_over(l->t) || rc == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
	    rc == LIBSSH2_ERROR_SOCKET_RECV ||
	    rc == LIBSSH2_ERROR_SOCKET_SEND) {
		transport_fail(l->t, REASON_LINK_LOST, "login", l->f);
		return BROKEN;
	}
	libssh2_session_last_error(l->t->ssh, &message, NULL, 0);
	log_debug("login: %s: %s (%d)", method, message ? message : "", rc);
	if (rc == LIBSSH2_ERROR_FILE ||
	    rc == LIBSSH2_ERROR_KEYFILE_AUTH_FAILED) {
		memcpy(l->unread, method, sizeof(l->unread));
		return REFUSED;
	}
	l->refused = true;
	snprintf(l->tried + used, sizeof(l->tried) - used, "%s%s",
		 used ? ", " : "", method);
	return REFUSED;
}

static bool server_offers(const struct login *l, const char *method)
{
	size_t len = strlen(method);

	for (const char *p = l->methods; *p;) {
		size_t n = strcspn(p, ",");

		if (n == len && !memcmp(p, method, n))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

static enum outcome list_methods(struct login *l)
{
	unsigned int len = (unsigned int)strlen(l->user);
	char *list, shown[sizeof(l->methods)];
	int rc;

	for (;;) {
		list = libssh2_userauth_list(l->t->ssh, l->user, len);
		if (list)
			break;
		rc = libssh2_session_last_errno(l->t->ssh);
		switch (wait_to_retry(l, rc)) {
		case 1:
			continue;
		case -1:
			return BROKEN;
		}
		/* The question is the method "none" (RFC 4252, 5.2), and the
		 * server may accept that. */
		if (libssh2_userauth_authenticated(l->t->ssh))
			return note_result(l, 0, "no authentication at all");
		if (l->t->farewell[0] && l->tried[0]) {
			fail(l->f, REASON_LOGIN_REFUSED,
			     "the server refused user %s (tried %s) and says: "
			     "%s",
			     l->user, l->tried, l->t->farewell);
			return BROKEN;
		}
		transport_fail(l->t, REASON_LINK_LOST, "login", l->f);
		return BROKEN;
	}
	snprintf(l->methods, sizeof(l->methods), "%s",
		 log_printable(shown, sizeof(shown), list, strlen(list)));
	return REFUSED;
}

static enum outcome try_key(struct login *l, const struct identity *id,
			    const char *public, size_t public_len)
{
	size_t user_len = strlen(l->user);
	const char *pass = id->encrypted ? id->passphrase : NULL;
	int rc, w;

	do {
		rc = libssh2_userauth_publickey_frommemory(
			l->t->ssh, l->user, user_len, public, public_len,
			id->key, id->key_len, pass);
		w = wait_to_retry(l, rc);
	} while (w == 1);
	if (w < 0)
		return BROKEN;
	return note_result(l, rc, "%s %s", public ? "certificate" : "key",
			   id->path);
}

static enum outcome try_identity(struct login *l, const struct identity *id)
{
	enum outcome o = REFUSED;

	/* Each host counts the keys that it refuses, so only its own are
	 * offered. */
	if (l->identity ? strcmp(id->path, l->identity) != 0 : !id->everywhere)
		return REFUSED;
	/* Before 1.11 libssh2 signs with an RSA key by SHA-1 only, which
	 * servers refuse since OpenSSH 8.8; and each key that is refused
	 * counts. */
	if (id->rsa && !libssh2_version(0x010b00)) {
		l->rsa = id->path;
		return REFUSED;
	}
	if (id->certificate)
		o = try_key(l, id, id->certificate, id->certificate_len);
	return o == REFUSED ? try_key(l, id, NULL, 0) : o;
}

static enum outcome try_agent(struct login *l)
{
	struct libssh2_agent_publickey *key = NULL;
	enum outcome o = REFUSED;
	int rc, w;

	if (libssh2_agent_list_identities(l->t->agent))
		return note_result(l, LIBSSH2_ERROR_AGENT_PROTOCOL, "agent");
	for (int i = 0; o == REFUSED && i < AGENT_KEYS_MAX; i++) {
		if (libssh2_agent_get_identity(l->t->agent, &key, key))
			break;
		do {
			rc = libssh2_agent_userauth(l->t->agent, l->user, key);
			w = wait_to_retry(l, rc);
		} while (w == 1);
		if (w < 0)
			return BROKEN;
		o = note_result(l, rc, "agent key %.60s",
				key->comment ? key->comment : "");
	}
	return o;
}

/* Answers each question without echo by the password, others by nothing. */
static void answer_prompts(const char *name, int name_len,
			   const char *instruction, int instruction_len, int n,
			   const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompt,
			   LIBSSH2_USERAUTH_KBDINT_RESPONSE *response,
			   void **abstract)
{
	struct transport *t = *abstract;

	(void)name;
	(void)name_len;
	(void)instruction;
	(void)instruction_len;
	for (int i = 0; i < n; i++) {
		const char *text = prompt[i].echo ? "" : t->password;

		response[i].text = strdup(text ? text : "");
		response[i].length =
			response[i].text
				? (unsigned int)strlen(response[i].text)
				: 0;
	}
}

static enum outcome try_keyboard(struct login *l)
{
	unsigned int len = (unsigned int)strlen(l->user);
	int rc, w;

	l->t->password = l->s->password;
	do {
		rc = libssh2_userauth_keyboard_interactive_ex(
			l->t->ssh, l->user, len, answer_prompts);
		w = wait_to_retry(l, rc);
	} while (w == 1);
	l->t->password = NULL;
	return w < 0 ? BROKEN : note_result(l, rc, "keyboard-interactive");
}

static enum outcome try_password(struct login *l)
{
	unsigned int len = (unsigned int)strlen(l->user);
	int rc, w;

	do {
		rc = libssh2_userauth_password_ex(
			l->t->ssh, l->user, len, l->s->password,
			(unsigned int)strlen(l->s->password), NULL);
		w = wait_to_retry(l, rc);
	} while (w == 1);
	return w < 0 ? BROKEN : note_result(l, rc, "password");
}

static enum outcome try_offered(struct login *l)
{
	enum outcome o = REFUSED;

	if (server_offers(l, "publickey")) {
		for (size_t i = 0; o == REFUSED && i < l->s->n; i++)
			o = try_identity(l, &l->s->identity[i]);
		if (o == REFUSED && l->t->agent)
			o = try_agent(l);
	}
	if (!l->with_password)
		return o;
	if (o == REFUSED && server_offers(l, "keyboard-interactive"))
		o = try_keyboard(l);
	if (o == REFUSED && server_offers(l, "password"))
		o = try_password(l);
	return o;
}

/* True if the server did not offer all that we could do. */
static bool can_do_more(const struct login *l)
{
	if (!l->tried[0])
		return false;
	if (!server_offers(l, "publickey") && (l->s->n || l->t->agent))
		return true;
	return l->with_password && !server_offers(l, "password") &&
	       !server_offers(l, "keyboard-interactive");
}

/*
 * A server may want one method after the other (AuthenticationMethods of
 * sshd).  It calls the first a failure with partial success (RFC 4252, 5.1),
 * which libssh2 does not tell from a refusal; but then it offers others.  So if
 * we can do what it did not offer, it is asked again.
 */
static enum outcome try_methods(struct login *l)
{
	char before[sizeof(l->methods)];
	enum outcome o = list_methods(l);

	for (int step = 1; o == REFUSED; step++) {
		o = try_offered(l);
		if (o != REFUSED || step == METHODS_MAX || !can_do_more(l))
			break;
		memcpy(before, l->methods, sizeof(before));
		o = list_methods(l);
		if (!strcmp(before, l->methods))
			break;
		log_debug("login: the server wants one more: %s", l->methods);
	}
	return o;
}

int auth_login(struct transport *t, const struct conf_target *to,
	       const struct secrets *s, char *how, size_t size,
	       struct failure *f)
{
	struct login l = {
		.t = t,
		.user = to->user,
		.identity = to->identity,
		.s = s,
		.with_password = !to->hop && s->has_password,
		.f = f,
		.how = how,
		.size = size,
	};
	enum outcome o = try_methods(&l);

	if (l.rsa && o == REFUSED && !l.refused)
		return fail(f, REASON_IDENTITY, RSA_TEXT, l.rsa);
	if (l.rsa)
		log_warn(RSA_TEXT, l.rsa);
	switch (o) {
	case ACCEPTED:
		if (l.unread[0])
			log_warn("identity: cannot read %s", l.unread);
		return 0;
	case BROKEN:
		/* An account that PAM refuses, RefuseConnection. */
		if (f->reason == REASON_LINK_LOST && t->rx == TRANSPORT_RX_EOF)
			f->reason = REASON_LOGIN_CLOSED;
		return -1;
	case REFUSED:
		break;
	}
	/* Most likely a wrong passphrase; the library does not tell. */
	if (l.unread[0] && !l.refused)
		return fail(f, REASON_IDENTITY,
			    "cannot read %s: a wrong passphrase, or a form "
			    "that libssh2 does not know",
			    l.unread);
	return fail(f, REASON_LOGIN_REFUSED,
		    "the server refused user %s (tried %s%s%s; it offers %s)",
		    to->user, l.tried[0] ? l.tried : "nothing it offers",
		    l.unread[0] ? "; cannot read " : "", l.unread, l.methods);
}

void auth_agent_open(struct transport *t, const struct secrets *s)
{
	LIBSSH2_AGENT *agent;

	if (!s->agent[0])
		return;
	agent = libssh2_agent_init(t->ssh);
	if (!agent)
		return;
	libssh2_agent_set_identity_path(agent, s->agent);
	if (!libssh2_agent_connect(agent)) {
		t->agent = agent;
		return;
	}
	log_warn("identity-agent: no agent answers at %s", s->agent);
	libssh2_agent_free(agent);
}
