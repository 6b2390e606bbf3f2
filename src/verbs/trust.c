// SPDX-License-Identifier: ISC
/*
 * Fetches the host key of each target of a peer, the hops first, and stores
 * those that are new.  A session is started that ends at the key exchange.
 * For the server behind a hop it logs in to the hops before, whose keys are
 * checked as always: by then they are stored.
 */
#include "verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/ssh_targets.h"
#include "keys/known_hosts.h"
#include "keys/secrets.h"
#include "supervise/attempt.h"
#include "supervise/hostkey.h"

/* The key that a target offered. */
struct offered_key {
	size_t target; /* as conf_target() counts */
	uint8_t key[MESSAGE_KEY_MAX];
	size_t len; /* 0 until it was offered */
};

/* Keeps the key of the target; that of a hop on the way is checked. */
static bool take_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	struct offered_key *o = a->arg;

	if (a->host != o->target)
		return attempt_accept_hostkey(a, key, len);
	memcpy(o->key, key, len);
	o->len = len;
	return true;
}

/* Returns true if the user typed yes. */
static bool ask_user(void)
{
	char line[16];

	if (!isatty(STDIN_FILENO)) {
		fprintf(stderr, "sshdial: there is no terminal to ask on; "
				"--yes adds the key without asking\n");
		return false;
	}
	printf("Is this the key of that server (yes/no)? ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && !strcmp(line, "yes\n");
}

/* Compares the key with the stored ones.  Returns an exit status, or -1 if the
 * target has no stored key and this one can be added. */
static int check_stored(const struct conf *c, const struct conf_target *t,
			const struct offered_key *o)
{
	static struct known_hosts kh;
	const struct known_entry *e = NULL;
	enum reason reason = REASON_NONE;
	const char *unreadable;
	int code = -1;

	/* A file that cannot be read cannot be compared with; check says so. */
	known_hosts_load(&kh, &c->known_hosts, t->key_name, t->key_port,
			 &unreadable);
	switch (known_hosts_check(&kh, o->key, o->len, &e)) {
	case KNOWN_MATCH:
		printf("already known: %s:%u\n", e->file, e->line);
		code = 0;
		break;
	case KNOWN_CHANGED:
		reason = REASON_HOSTKEY_CHANGED;
		log_error("%s: %s:%u has another key for %s; if the key was "
			  "changed on purpose, remove that line first",
			  reason_name(reason), e->file, e->line, t->key_name);
		break;
	case KNOWN_REVOKED:
		reason = REASON_HOSTKEY_REVOKED;
		log_error("%s: %s:%u revokes this key", reason_name(reason),
			  e->file, e->line);
		break;
	case KNOWN_UNKNOWN:
		break;
	}
	known_hosts_free(&kh);
	return reason == REASON_NONE ? code : reason_exit_code(reason);
}

/* Returns an exit status. */
static int trust_target(const struct conf *c, size_t target, bool yes)
{
	static struct secrets secrets;
	static struct offered_key o;
	struct session_plan plan = {
		.job = SESSION_HOSTKEY,
		.target = target,
		.in = -1,
		.out = -1,
		.err = -1,
		.stats = -1,
	};
	struct attempt a = {.conf = c, .on_hostkey = take_hostkey, .arg = &o};
	char type[64] = "?", fingerprint[64] = "?";
	struct conf_target t;
	int code;

	o.target = target;
	o.len = 0;
	conf_target(c, target, &t);
	/* Only a target behind a hop needs a login. */
	if (target && secrets_load(&secrets, c, true, &a.end) < 0)
		return verb_report_end(&a.end);
	attempt_run(&a, &plan, &secrets);
	if (a.end.reason != REASON_ASKED || !o.len)
		return verb_report_end(&a.end);
	known_hosts_type(o.key, o.len, type, sizeof(type));
	known_hosts_fingerprint(o.key, o.len, fingerprint, sizeof(fingerprint));
	printf("%s%s port %d: %s %s\n", t.hop ? "hop " : "", t.host, t.port,
	       type, fingerprint);
	code = check_stored(c, &t, &o);
	if (code >= 0)
		return code;
	if (!yes && !ask_user())
		return reason_exit_code(REASON_HOSTKEY_UNKNOWN);
	memset(&a.end, 0, sizeof(a.end));
	if (hostkey_add(c, target, o.key, o.len, &a.end))
		return 0;
	return verb_report_end(&a.end);
}

static int run_trust(const struct verb_args *args)
{
	struct conf c;
	int code = 0;

	if (verb_load_peer(&c, args->operand[0]))
		return 2;
	for (size_t i = 0; !code && i < conf_targets(&c); i++)
		code = trust_target(&c, i, args->given[0]);
	conf_free(&c);
	return code;
}

static const char help[] =
	"Shows the host key of the peer's server and, after you type yes,\n"
	"adds it to the known-hosts file.  Compare it with what the server\n"
	"itself says:\n"
	"\n"
	"    ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n"
	"\n"
	"The keys of hops come first, each fetched through the hops before\n"
	"it.\n";

static const struct verb_option options[] = {
	{0, "yes", "add the key without asking"},
	{0},
};

const struct verb verb_trust = {
	.name = "trust",
	.summary = "show the host key of a server and store it",
	.help = help,
	.options = options,
	.operand = {"NAME"},
	.run = run_trust,
};
