// SPDX-License-Identifier: ISC
/*
 * Looks at all that a call of a peer will need, in the order in which it needs
 * it, and prints a line for each: "ok" or "FAIL", a word, what was found.  The
 * exit status is that of the first FAIL.  Where the reason is one that a call
 * would end with, it is the same code that finds it: secrets_load() for keys,
 * known_hosts_load(), pppd_check(), a session that ends at the login.
 *
 * Nothing is changed.  The one exception has an option of its own, --repair.
 */
#include "verbs/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
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
#include "keys/secrets.h"
#include "line/pppd.h"
#include "route/apply.h"
#include "route/plan.h"
#include "supervise/attempt.h"
#include "supervise/control_server.h"
#include "supervise/hostkey.h"

struct check {
	bool print;
	bool dial;
	bool repair;
	int code; /* exit status for the first FAIL; 0: none so far */
};

__attribute__((format(printf, 3, 0))) static void
print_line(const char *verdict, const char *what, const char *fmt, va_list ap)
{
	printf("%-5s %-13s ", verdict, what);
	vprintf(fmt, ap);
	putchar('\n');
}

__attribute__((format(printf, 2, 3))) static void print_ok(const char *what,
							   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("ok", what, fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 5))) static void
print_fail(struct check *k, const char *what, enum reason r, const char *fmt,
	   ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("FAIL", what, fmt, ap);
	va_end(ap);
	/* The first FAIL is what a call would meet first. */
	if (!k->code)
		k->code = reason_exit_code(r);
}

static void check_identities(struct check *k, const struct conf *c,
			     struct secrets *s)
{
	struct failure f = {0};
	struct conf_target t;

	if (secrets_load(s, c, false, &f) < 0) {
		print_fail(k, "login", f.reason, "%s", f.text);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->identity[i].everywhere)
			print_ok("identity", "%s", s->identity[i].path);
	for (size_t i = 0; i < conf_targets(c); i++) {
		conf_target(c, i, &t);
		if (t.identity)
			print_ok("identity", "%s, for hop %s alone", t.identity,
				 t.host);
	}
	if (s->agent[0])
		print_ok("agent", "%s", s->agent);
	if (s->has_password)
		print_ok("password", "%s", c->password_file);
}

/* The stored host keys of a target. */
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
	if (rc < 0)
		print_fail(
			k, "known-hosts", REASON_CONFIG, "%s",
			file_explain(file, FILE_ANY, rc, text, sizeof(text)));
	if (kh.n)
		print_ok("known-hosts", "%s: %zu key%s, first %s:%u",
			 t.key_name, kh.n, kh.n == 1 ? "" : "s",
			 kh.entry[0].file, kh.entry[0].line);
	else if (c->host_key_policy == POLICY_ACCEPT_NEW)
		print_ok("known-hosts",
			 "no key of %s; the first one will be accepted",
			 t.key_name);
	else
		print_fail(k, "known-hosts", REASON_HOSTKEY_UNKNOWN,
			   "no key of %s; run: sshdial trust %s", t.key_name,
			   c->name);
	known_hosts_free(&kh);
}

static void check_group(struct check *k, const char *key, const char *group)
{
	if (getgrnam(group))
		print_ok(key, "%s", group);
	else
		print_fail(k, key, REASON_CONFIG, "there is no group %s",
			   group);
}

/* Whether pppd runs us for this event, by its folder or by its script. */
static bool hook_is_installed(const char *event)
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

/* Whether pppd's scripts would set what the peer wants of this machine: they
 * must run the hook, and the hook must do so for this user. */
static void check_hook(struct check *k, const struct conf *c)
{
	static const char *const events[] = {"ip-up", "ip-down", "ipv6-up",
					     "ipv6-down"};

	if (!plan_needs_hook(c))
		return;
	for (size_t i = 0; i < (c->ipv6 ? COUNT(events) : 2); i++) {
		if (hook_is_installed(events[i]))
			continue;
		print_fail(k, "hook", REASON_CONFIG,
			   "routes, names and commands will not be set: there "
			   "is no /etc/ppp/%s.d/sshdial; see ROUTES AND NAMES "
			   "in sshdial(8)",
			   events[i]);
		return;
	}
	if (conf_users_allow_me(c))
		print_ok("hook", "pppd's scripts run sshdial hook");
	else
		print_fail(k, "hook", REASON_CONFIG,
			   "routes, names and commands will not be set: "
			   "`users' names no group of yours; root can add "
			   "`users GROUP' to the peer's file");
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
	char left[200];
	int rc = 0;

	if (repair && control_remove_socket(peer))
		print_ok("left", "removed the socket of a killed call");
	if (!routes_left(peer) || (!root && control_called(peer, NULL, NULL)))
		return;
	routes_words(peer, left, sizeof(left));
	if (repair)
		rc = routes_undo(peer, &nobody, ROUTES_ALL, &f);
	else if (root)
		rc = routes_protected(peer, &nobody, &f);
	if (rc > 0)
		print_ok("call", "%s", f.text);
	else if (rc < 0)
		print_fail(k, "left", f.reason, "%s", f.text);
	else if (repair)
		print_ok("left", "removed what a killed call left: %s", left);
	else
		print_fail(k, "left", REASON_INTERNAL,
			   "a killed call left %s; to remove that, run as "
			   "root: sshdial check --repair %s",
			   left, peer);
}

/* Accepts a new key if the policy does, as a call would, but stores nothing. */
static bool judge_hostkey(struct attempt *a, const uint8_t *key, size_t len)
{
	return hostkey_accept(a->conf, a->host, key, len, false, &a->end);
}

/* Logs in as a call would, with a session that ends there. */
static void check_dial(struct check *k, const struct conf *c, struct secrets *s)
{
	struct session_plan plan = {
		.job = SESSION_LOGIN,
		.in = -1,
		.out = -1,
		.err = -1,
		.stats = -1,
	};
	struct attempt a = {.conf = c, .on_hostkey = judge_hostkey};

	attempt_run(&a, &plan, s);
	if (a.end.reason == REASON_ASKED)
		print_ok("dial", "the server accepts the login");
	else
		print_fail(k, "dial", a.end.reason, "%s", a.end.text);
}

static void check_peer(struct check *k, const char *name)
{
	static struct secrets secrets;
	char why[300], lacks[64];
	struct conf_error e;
	enum reason r;
	struct conf c;

	/* Leftovers of a killed call are found even if the configuration is
	 * wrong by now. */
	if (!k->print && parse_peer_name(name))
		check_left(k, name);
	if (conf_load(&c, name, &e) < 0) {
		if (k->print)
			log_error("%s", e.text);
		else
			print_fail(k, "configuration", REASON_CONFIG, "%s",
				   e.text);
		k->code = k->code ? k->code : 2;
		return;
	}
	if (k->print) {
		conf_print(&c, stdout);
		conf_free(&c);
		return;
	}
	log_open(name, LOG_WARN);
	print_ok("configuration", "%s", name);
	check_identities(k, &c, &secrets);
	for (size_t i = 0; i < conf_targets(&c); i++)
		check_known_hosts(k, &c, i);
	if (c.control_group)
		check_group(k, "control-group", c.control_group);
	if (strcmp(c.users, "none") != 0)
		check_group(k, "users", c.users);
	r = c.ppp ? pppd_check(&c, !geteuid(), why, sizeof(why)) : REASON_NONE;
	if (r != REASON_NONE)
		print_fail(k, "pppd", r, "%s", why);
	else if (c.ppp)
		print_ok("pppd", "%s", c.pppd);
	/* A means that the kernel lacks is no FAIL: a session does without. */
	sandbox_lacks(lacks, sizeof(lacks));
	if (lacks[0])
		print_ok("sandbox", "weaker: this kernel has no %s", lacks);
	else
		print_ok("sandbox", "system calls and files");
	check_hook(k, &c);
	if (k->dial)
		check_dial(k, &c, &secrets);
	secrets_wipe(&secrets);
	conf_free(&c);
}

/* Whether a directory entry is NAME.conf of a peer; for scandir(3). */
static int is_peer_file(const struct dirent *e)
{
	size_t len = strlen(e->d_name);
	char name[64];

	if (len < 6 || len - 5 >= sizeof(name) ||
	    strcmp(e->d_name + len - 5, ".conf") ||
	    !strcmp(e->d_name, "default.conf"))
		return 0;
	memcpy(name, e->d_name, len - 5);
	name[len - 5] = '\0';
	return parse_peer_name(name);
}

/* Each NAME.conf of the folder, in the order of their names.  A folder without
 * one is an error: who runs check expects that there is something to check. */
static int check_all_peers(struct check *k)
{
	const char *path = SYSCONFDIR "/sshdial";
	struct dirent **entry;
	int n = scandir(path, &entry, is_peer_file, alphasort);

	if (n < 0) {
		log_error("%s: %s", path, strerror(errno));
		return 2;
	}
	for (int i = 0; i < n; i++) {
		*strrchr(entry[i]->d_name, '.') = '\0';
		check_peer(k, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
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
		return check_all_peers(&k);
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
