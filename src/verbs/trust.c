// SPDX-License-Identifier: ISC
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/ssh_targets.h"
#include "keys/known_hosts.h"
#include "keys/secrets.h"
#include "supervise/attempt.h"
#include "supervise/hostkey.h"
#include "verbs/verbs.h"

struct offered {
	size_t target; /* whose it is, as conf_target() counts */
	uint8_t key[MESSAGE_KEY_MAX];
	size_t len;
};

/* Takes the key down and lets the session end. */
static bool on_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	struct offered *o = a->arg;

	if (a->host != o->target)
		return attempt_accept_hostkey(a, key, len);
	memcpy(o->key, key, len);
	o->len = len;
	return true;
}

static bool yes(const char *question)
{
	char line[16];

	if (!isatty(STDIN_FILENO)) {
		fprintf(stderr,
			"sshdial: there is no terminal to ask on; with --yes "
			"the key is added without a question\n");
		return false;
	}
	printf("%s ", question);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && !strcmp(line, "yes\n");
}

/* An exit code, or -1 where the key is new. */
static int verdict(const struct known_hosts *kh, const struct conf_target *t,
		   const struct offered *o)
{
	const struct known_entry *e = NULL;

	switch (known_hosts_check(kh, o->key, o->len, &e)) {
	case KNOWN_MATCH:
		printf("already known: %s:%u\n", e->file, e->line);
		return 0;
	case KNOWN_CHANGED:
		log_error("%s: %s:%u has another key for %s; if the change is "
			  "meant, remove that line first",
			  reason_name(REASON_HOSTKEY_CHANGED), e->file, e->line,
			  t->key_name);
		return reason_exit_code(REASON_HOSTKEY_CHANGED);
	case KNOWN_REVOKED:
		log_error("%s: %s:%u revokes this key",
			  reason_name(REASON_HOSTKEY_REVOKED), e->file,
			  e->line);
		return reason_exit_code(REASON_HOSTKEY_REVOKED);
	case KNOWN_UNKNOWN:
		break;
	}
	return -1;
}

static int already_known(const struct conf *c, const struct conf_target *t,
			 const struct offered *o)
{
	static struct known_hosts kh;
	const char *bad;
	int code;

	known_hosts_load(&kh, &c->known_hosts, t->key_name, t->key_port, &bad);
	code = verdict(&kh, t, o);
	known_hosts_free(&kh);
	return code;
}

static int trust(const struct conf *c, size_t target, bool sure)
{
	static struct auth_secrets secrets;
	static struct offered o;
	struct session_plan plan = {.job = SESSION_HOSTKEY,
				    .target = target,
				    .in = -1,
				    .out = -1,
				    .err = -1,
				    .stats = -1};
	struct attempt a = {.conf = c, .on_hostkey = on_hostkey, .arg = &o};
	struct conf_target t;
	char type[64] = "?", print[64] = "?";
	int code;

	o.target = target;
	o.len = 0;
	conf_target(c, target, &t);
	/* Only through a hop does one have to log in. */
	if (target && auth_load(&secrets, c, true, &a.end) < 0)
		return report(&a.end);
	attempt_run(&a, &plan, &secrets);
	if (a.end.reason != REASON_ASKED || !o.len)
		return report(&a.end);
	known_hosts_type(o.key, o.len, type, sizeof(type));
	known_hosts_fingerprint(o.key, o.len, print, sizeof(print));
	printf("%s%s port %d: %s %s\n", t.hop ? "hop " : "", t.host, t.port,
	       type, print);
	code = already_known(c, &t, &o);
	if (code >= 0)
		return code;
	if (!sure && !yes("Is this the key of that server (yes/no)?"))
		return reason_exit_code(REASON_HOSTKEY_UNKNOWN);
	memset(&a.end, 0, sizeof(a.end));
	return hostkey_add(c, target, o.key, o.len, &a.end) ? 0
							    : report(&a.end);
}

static int run_trust(const struct verb_args *args)
{
	struct conf c;
	int code = 0;

	if (load_peer(&c, args->operand[0]))
		return 2;
	for (size_t i = 0; !code && i < conf_targets(&c); i++)
		code = trust(&c, i, args->given[0]);
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
