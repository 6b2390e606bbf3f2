// SPDX-License-Identifier: ISC
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/ssh_targets.h"
#include "conf/users.h"
#include "guard/sandbox.h"
#include "keys/known_hosts.h"
#include "line/pppd.h"
#include "route/apply.h"
#include "route/plan.h"
#include "keys/secrets.h"
#include "supervise/attempt.h"
#include "supervise/hostkey.h"
#include "supervise/control.h"
#include "verbs/verbs.h"

struct check {
	bool print;
	bool dial;
	bool repair;
	int code; /* exit status for the first problem; 0: none so far */
};

static void good(const char *what, const char *text)
{
	printf("ok    %-13s %s\n", what, text);
}

static void bad(struct check *k, const char *what, const char *text,
		enum reason r)
{
	printf("FAIL  %-13s %s\n", what, text);
	if (!k->code)
		k->code = reason_exit_code(r);
}

static void check_hop_identity(const struct conf *c, size_t i)
{
	char text[CONF_VALUE_MAX + 300];
	struct conf_target t;

	conf_target(c, i, &t);
	if (!t.identity)
		return;
	snprintf(text, sizeof(text), "%s, for hop %s alone", t.identity,
		 t.host);
	good("identity", text);
}

static void check_identities(struct check *k, const struct conf *c,
			     struct auth_secrets *s)
{
	struct failure f = {0};
	char text[64];

	if (auth_load(s, c, false, &f) < 0) {
		bad(k, "login", f.text, f.reason);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->identity[i].everywhere)
			good("identity", s->identity[i].path);
	for (size_t i = 0; i < conf_targets(c); i++)
		check_hop_identity(c, i);
	if (s->agent[0])
		good("agent", s->agent);
	if (s->has_password) {
		snprintf(text, sizeof(text), "%.63s", c->password_file);
		good("password", text);
	}
}

/* Of the hops as well. */
static void check_known_hosts(struct check *k, const struct conf *c, size_t i)
{
	static struct known_hosts kh;
	struct conf_target t;
	const char *file;
	char text[1024];
	int rc;

	conf_target(c, i, &t);
	rc = known_hosts_load(&kh, &c->known_hosts, t.key_name, t.key_port,
			      &file);
	if (rc < 0) {
		file_explain(file, FILE_ANY, rc, text, sizeof(text));
		bad(k, "known-hosts", text, REASON_CONFIG);
	}
	if (kh.n)
		snprintf(text, sizeof(text), "%s: %zu key%s, first %.512s:%u",
			 t.key_name, kh.n, kh.n == 1 ? "" : "s",
			 kh.entry[0].file, kh.entry[0].line);
	else
		snprintf(text, sizeof(text),
			 "no key of %s; run: sshdial trust %s", t.key_name,
			 c->name);
	if (kh.n || c->host_key_policy == POLICY_ACCEPT_NEW)
		good("known-hosts", text);
	else
		bad(k, "known-hosts", text, REASON_HOSTKEY_UNKNOWN);
	known_hosts_free(&kh);
}

static void check_pppd(struct check *k, const struct conf *c)
{
	char why[300];
	enum reason r;

	if (!c->ppp)
		return;
	r = pppd_check(c, !geteuid(), why, sizeof(why));
	if (r == REASON_NONE)
		good("pppd", c->pppd);
	else
		bad(k, "pppd", why, r);
}

/* The connection goes without what the kernel lacks. */
static void check_sandbox(void)
{
	char lacks[64], text[100] = "system calls and files";

	sandbox_lacks(lacks, sizeof(lacks));
	if (lacks[0])
		snprintf(text, sizeof(text), "less: this kernel has no %s",
			 lacks);
	good("sandbox", text);
}

static void check_group(struct check *k, const char *key, const char *group)
{
	char text[300];

	if (getgrnam(group)) {
		snprintf(text, sizeof(text), "%.255s", group);
		good(key, text);
	} else {
		snprintf(text, sizeof(text), "there is no group %.255s", group);
		bad(k, key, text, REASON_CONFIG);
	}
}

/* Does pppd run us for this event, by its folder or by its script? */
static bool hook_there(const char *event)
{
	char path[128], *text;
	bool there;
	size_t len;

	snprintf(path, sizeof(path), "/etc/ppp/%s.d/sshdial", event);
	if (!access(path, X_OK))
		return true;
	snprintf(path, sizeof(path), "/etc/ppp/%s", event);
	if (file_read(path, FILE_ANY, 65536, &text, &len) < 0)
		return false;
	there = strstr(text, "sshdial hook") != NULL;
	free(text);
	return there;
}

static void check_hook(struct check *k, const struct conf *c)
{
	static const char *const events[] = {"ip-up", "ip-down", "ipv6-up",
					     "ipv6-down"};
	char text[200];

	if (!plan_needs_hook(c))
		return;
	for (size_t i = 0; i < (c->ipv6 ? 4 : 2); i++) {
		if (hook_there(events[i]))
			continue;
		snprintf(text, sizeof(text),
			 "routes, names and commands are not set: there is no "
			 "/etc/ppp/%s.d/sshdial; see ROUTES AND NAMES in "
			 "sshdial(8)",
			 events[i]);
		bad(k, "hook", text, REASON_CONFIG);
		return;
	}
	if (conf_users_allow_me(c))
		good("hook", "pppd's scripts run sshdial hook");
	else
		bad(k, "hook",
		    "routes, names and commands are not set: `users' names no "
		    "group of yours; root can add `users GROUP' to the peer's "
		    "file",
		    REASON_CONFIG);
}

/*
 * A call that was killed leaves its ledger behind, with the routes, rules and
 * name servers that the ledger lists.  Only root can read it and remove them,
 * and only --repair does.
 */
static void check_left(struct check *k, const char *peer)
{
	/* A ledger is left alone as long as its owner, whoever that is, calls
	 * the peer. */
	const struct routes_caller nobody = {ROUTES_ANYBODY, control_called_by};
	bool root = !geteuid(), repair = k->repair && root;
	struct failure f = {0};
	char left[200], text[400];
	int rc = 0;

	if (!routes_left(peer) || (!root && control_called(peer)))
		return;
	routes_words(peer, left, sizeof(left));
	if (repair)
		rc = routes_undo(peer, &nobody, ROUTES_ALL, &f);
	else if (root)
		rc = routes_protected(peer, &nobody, &f);
	if (rc > 0) {
		good("call", f.text);
	} else if (rc < 0) {
		bad(k, "left", f.text, f.reason);
	} else if (repair) {
		snprintf(text, sizeof(text),
			 "removed what a killed call left: %s", left);
		good("left", text);
	} else {
		snprintf(text, sizeof(text),
			 "a killed call left %s; to remove that, run as root: "
			 "sshdial check --repair %s",
			 left, peer);
		bad(k, "left", text, REASON_INTERNAL);
	}
}

/* A new key that would be taken is not stored by a check. */
static bool on_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	return hostkey_accept(a->conf, a->host, key, len, false, &a->end);
}

static void check_login(struct check *k, const struct conf *c,
			struct auth_secrets *s)
{
	struct session_plan plan = {.job = SESSION_LOGIN,
				    .in = -1,
				    .out = -1,
				    .err = -1,
				    .stats = -1};
	struct attempt a = {.conf = c, .on_hostkey = on_hostkey};

	attempt_run(&a, &plan, s);
	if (a.end.reason == REASON_ASKED)
		good("dial", "the server takes the login");
	else
		bad(k, "dial", a.end.text, a.end.reason);
}

static void check_peer(struct check *k, const char *name)
{
	static struct auth_secrets secrets;
	struct conf_error e;
	struct conf c;

	if (!k->print && parse_peer_name(name))
		check_left(k, name);
	if (conf_load(&c, name, &e) < 0) {
		if (k->print)
			log_error("%s", e.text);
		else
			bad(k, "configuration", e.text, REASON_CONFIG);
		k->code = k->code ? k->code : 2;
		return;
	}
	if (k->print) {
		conf_print(&c, stdout);
	} else {
		log_open(name, LOG_WARN);
		good("configuration", name);
		check_identities(k, &c, &secrets);
		for (size_t i = 0; i < conf_targets(&c); i++)
			check_known_hosts(k, &c, i);
		if (c.control_group)
			check_group(k, "control-group", c.control_group);
		if (strcmp(c.users, "none") != 0)
			check_group(k, "users", c.users);
		check_pppd(k, &c);
		check_sandbox();
		check_hook(k, &c);
		if (k->dial)
			check_login(k, &c, &secrets);
		auth_wipe(&secrets);
	}
	conf_free(&c);
}

/* The name of the peer whose file this is, or false. */
static bool peer_of_file(const char *file, char *name, size_t size)
{
	size_t len = strlen(file);

	if (len < 6 || len - 5 >= size || strcmp(file + len - 5, ".conf") ||
	    !strcmp(file, "default.conf"))
		return false;
	memcpy(name, file, len - 5);
	name[len - 5] = 0;
	return parse_peer_name(name);
}

static int check_all(struct check *k)
{
	const char *path = SYSCONFDIR "/sshdial";
	DIR *d = opendir(path);
	struct dirent *e;
	char name[64];
	int n = 0;

	if (!d) {
		log_error("%s: %s", path, strerror(errno));
		return 2;
	}
	while ((e = readdir(d))) {
		if (peer_of_file(e->d_name, name, sizeof(name))) {
			check_peer(k, name);
			n++;
		}
	}
	closedir(d);
	if (!n)
		log_error("%s has no NAME.conf of a peer", path);
	return n ? k->code : 2;
}

/* The indices of the options of check. */
enum { CHECK_PRINT, CHECK_DIAL, CHECK_REPAIR };

static int run_check(const struct verb_args *args)
{
	struct check k = {
		.print = args->given[CHECK_PRINT],
		.dial = args->given[CHECK_DIAL],
		.repair = args->given[CHECK_REPAIR],
	};

	if (!args->operands)
		return check_all(&k);
	for (int i = 0; i < args->operands; i++)
		check_peer(&k, args->operand[i]);
	return k.code;
}

static const char help[] =
	"Reads the configuration of the named peers, or of all, and checks\n"
	"what they need: files, keys, pppd, the kernel, the hook.  Nothing\n"
	"is changed unless --repair is given.\n";

static const struct verb_option options[] = {
	[CHECK_PRINT] = {0, "print",
			 "print the effective configuration, in a form that\n"
			 "can be read back, and check nothing else"},
	[CHECK_DIAL] = {0, "dial", "log in to the server as well"},
	[CHECK_REPAIR] =
		{0, "repair",
		 "remove routes, rules and name servers that a killed\n"
		 "call left; only root can"},
	{0},
};

const struct verb verb_check = {
	.name = "check",
	.summary = "check the configuration of peers and what they need",
	.help = help,
	.options = options,
	.operand = {"[NAME...]"},
	.run = run_check,
};
