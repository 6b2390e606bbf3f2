// SPDX-License-Identifier: ISC
/*
 * Before a session starts, hostkey_plan() reads the entries of each host that
 * it will reach and says which host key algorithms to offer there: those that
 * a stored key can sign with, so that a server with keys of several types
 * shows the one that is known.  When the session sends the key,
 * hostkey_accept() reads the files again, because another session may have
 * added the key meanwhile, and compares.
 */
#include "supervise/hostkey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/util.h"
#include "keys/known_hosts.h"

/* The strongest and shortest first; nothing that signs with SHA-1.  The
 * session leaves out what its libssh2 does not know. */
static const char default_algorithms[] =
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
	"ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";

static int load_entries(struct known_hosts *kh, const struct conf *c,
			const struct conf_target *t, struct failure *f)
{
	const char *bad;
	char why[300];
	int rc = known_hosts_load(kh, &c->known_hosts, t->key_name, t->key_port,
				  &bad);

	return rc < 0 ? fail(f, REASON_CONFIG, "known-hosts: %s",
			     file_explain(bad, FILE_ANY, rc, why, sizeof(why)))
		      : 0;
}

static int plan_host(struct session_plan *p, const struct conf *c, size_t i,
		     struct failure *f)
{
	static struct known_hosts kh;
	const struct known_entry *e = NULL;
	struct plan_host *h = &p->host[i];
	struct conf_target t;
	int rc;

	conf_target(c, i, &t);
	rc = load_entries(&kh, c, &t, f);
	snprintf(h->offer, sizeof(h->offer), "%s", p->hostkeys);
	h->stored[0] = 0;
	/* For `trust` a server shows the key that it likes best. */
	if (p->job != SESSION_HOSTKEY || i != p->target) {
		if (known_hosts_algorithms(&kh, p->hostkeys, h->offer,
					   sizeof(h->offer)) < 0)
			h->offer[0] = 0;
		/* The first stored key that binds this host, for messages. */
		for (size_t k = 0; k < kh.n && !e; k++)
			if (!kh.entry[k].revoked && !kh.entry[k].plain)
				e = &kh.entry[k];
		if (e)
			snprintf(h->stored, sizeof(h->stored),
				 "%.160s:%u has a %s key for %.64s", e->file,
				 e->line, e->type, t.host);
	}
	known_hosts_free(&kh);
	return rc;
}

int hostkey_plan(struct session_plan *p, const struct conf *c,
		 struct failure *f)
{
	size_t last =
		p->job == SESSION_HOSTKEY ? p->target : conf_targets(c) - 1;

	snprintf(p->hostkeys, sizeof(p->hostkeys), "%s",
		 c->host_key_algorithms ? c->host_key_algorithms
					: default_algorithms);
	for (size_t i = 0; i <= last; i++)
		if (plan_host(p, c, i, f) < 0)
			return -1;
	return 0;
}

const char *hostkey_text(const uint8_t *key, size_t len, char *out, size_t size)
{
	char type[64], print[64];

	if (known_hosts_type(key, len, type, sizeof(type)) < 0 ||
	    known_hosts_fingerprint(key, len, print, sizeof(print)) < 0)
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%s %s", type, print);
	return out;
}

/* Sets the failure that a verdict means: 0 if none. */
static int explain_verdict(enum known_verdict verdict,
			   const struct known_entry *e, const struct conf *c,
			   const struct conf_target *t, const char *shown,
			   struct failure *f)
{
	char at[sizeof(t->host) + 8] = "";

	if (t->hop)
		snprintf(at, sizeof(at), "hop %s: ", t->host);
	switch (verdict) {
	case KNOWN_MATCH:
		break;
	case KNOWN_REVOKED:
		return fail(f, REASON_HOSTKEY_REVOKED,
			    "%sthe host key of %s, %s, is revoked by %s:%u", at,
			    t->key_name, shown, e->file, e->line);
	case KNOWN_CHANGED:
		return fail(f, REASON_HOSTKEY_CHANGED,
			    "%sHOST KEY CHANGED: %s shows %s, and %s:%u "
			    "has another; if the change is meant, remove that "
			    "line and run: sshdial trust %s",
			    at, t->key_name, shown, e ? e->file : "?",
			    e ? e->line : 0, c->name);
	case KNOWN_UNKNOWN:
		return fail(f, REASON_HOSTKEY_UNKNOWN,
			    "%sthe host key of %s is not known: %s; compare "
			    "it with the server's and run: sshdial trust %s",
			    at, t->key_name, shown, c->name);
	}
	return 0;
}

bool hostkey_accept(const struct conf *c, size_t host, const uint8_t *key,
		    size_t len, bool store, struct failure *f)
{
	static struct known_hosts kh;
	const struct known_entry *e = NULL;
	enum known_verdict verdict;
	struct conf_target t;
	char shown[128];
	bool new;
	int rc = 0;

	conf_target(c, host, &t);
	hostkey_text(key, len, shown, sizeof(shown));
	if (!strcmp(shown, "?")) {
		fail(f, REASON_HANDSHAKE,
		     "the server's host key cannot be read");
		return false;
	}
	if (load_entries(&kh, c, &t, f) < 0) {
		known_hosts_free(&kh);
		return false;
	}
	verdict = known_hosts_check(&kh, key, len, &e);
	new = verdict == KNOWN_UNKNOWN &&
	      c->host_key_policy == POLICY_ACCEPT_NEW;
	if (!new)
		rc = explain_verdict(verdict, e, c, &t, shown, f);
	known_hosts_free(&kh);
	return new &&store ? hostkey_add(c, host, key, len, f) : !rc;
}

bool hostkey_add(const struct conf *c, size_t host, const uint8_t *key,
		 size_t len, struct failure *f)
{
	struct conf_target t;
	char print[64] = "?";
	const char *first = "there is none";
	int rc = 0;

	conf_target(c, host, &t);
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
	fail(f, REASON_HOSTKEY_UNKNOWN,
	     "the host key of %s, %s, cannot be stored in any known-hosts "
	     "file: %s%s%s",
	     t.key_name, print, first, rc ? ": " : "", rc ? strerror(rc) : "");
	return false;
}
