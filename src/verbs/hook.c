// SPDX-License-Identifier: ISC
/*
 * pppd runs its scripts as root, whoever has started it, and this command in
 * them: it is the only part of the program that changes the machine.  So it
 * decides by itself for whom it works, and asks only what cannot be forged.
 *
 * 1. Who has started the link is asked of the kernel (line/pppd_above.h).
 *    Nothing in the environment plays a part; without an answer nothing is
 *    done.  A hook of the supervisor's own (--own) must be the child of the
 *    very process that listens at root's control socket.
 * 2. The configuration is read here, and must be root's.  If another user has
 *    started the link, the key `users` must name a group of his, or nothing
 *    is set and no command is run.  He is not asked anything then.
 * 3. The supervisor of that user, and of no other, is asked whether the link
 *    is his and what the peer's command is to be told.  What a user's
 *    supervisor answers is checked like all that an ordinary user says.  An
 *    answer may take long; no lock is held meanwhile.
 * 4. Root has the last word: if root calls the peer, nothing of a user's call
 *    is set, and what a call of root's has set is not changed for any user
 *    (struct routes_caller).
 *
 * An up event sets addresses, routes, rules and names, then runs the command.
 * A down event takes them back first, without a look at the configuration, so
 * that neither a mistake in it nor a command that hangs keeps anything.  The
 * result is reported on the same connection.  If the supervisor has ended
 * meanwhile, it could not undo what an up event has set, so that is done here.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/route_spec.h"
#include "conf/users.h"
#include "guard/account.h"
#include "ipc/control.h"
#include "line/pppd_above.h"
#include "route/apply.h"
#include "verbs/verbs.h"

#define COMMAND_MS 10000 /* for `up` and `down`, then they are killed */
#define RETRY_MS   100	 /* between two tries for a slot of the supervisor */
#define RETRY_FOR  5000	 /* ms: a new try begins */
#define DNS_MAX	   2	 /* pppd passes two name servers on */

static const char *const events[] = {
	[CONTROL_IP_UP] = "ip-up",     [CONTROL_IP_DOWN] = "ip-down",
	[CONTROL_IPV6_UP] = "ipv6-up", [CONTROL_IPV6_DOWN] = "ipv6-down",
	[CONTROL_HELD] = "held",       [CONTROL_DOWN] = "down",
};

struct hook {
	int event; /* enum control_event */
	bool own;  /* the supervisor itself has started us */
	char peer[33];
	uid_t starter; /* the user whose link it is */
	bool allowed;  /* key `users` */
	/* Of the interface, from before find_starter(): a pppd that lives
	 * then has it.  Later another link may have its name. */
	unsigned int ifindex;
	struct conf conf;
	bool has_conf;
	struct conf_error conf_error;
	int link; /* to the supervisor, or -1 */
	struct control_hook q;
	struct control_hook_answer a;
	struct failure f;
	bool command_failed; /* and that is all of f */
};

static bool is_up(const struct hook *h)
{
	return h->event == CONTROL_IP_UP || h->event == CONTROL_IPV6_UP;
}

/* ---- what pppd passes ---- */

static bool copy_text(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

/* Takes pppd's words; false if the link is not one of ours. */
static bool take_operands(struct hook *h, const struct verb_args *args)
{
	const char *param = args->operands > 6 ? args->operand[6] : "";

	if (strncmp(param, "sshdial:", 8) != 0 || !parse_peer_name(param + 8))
		return false;
	h->q.event = (uint16_t)h->event;
	return parse_interface(args->operand[1]) &&
	       copy_text(h->peer, sizeof(h->peer), param + 8) &&
	       copy_text(h->q.interface, sizeof(h->q.interface),
			 args->operand[1]) &&
	       copy_text(h->q.local, sizeof(h->q.local), args->operand[4]) &&
	       copy_text(h->q.remote, sizeof(h->q.remote), args->operand[5]);
}

/* True if a value has no byte that could end a line or move a cursor. */
static bool is_printable_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/*
 * Replaces the environment by what we set ourselves and pppd's own variables
 * (pppd(8), SCRIPTS).  A user of pppd before 2.5.3 can set any other one:
 * LD_PRELOAD and PATH reach neither the peer's command nor any other program
 * that is run from here.
 */
static void clean_environment(const struct hook *h)
{
	static const char *const pppds[] = {
		"DEVICE",     "SPEED",	    "PEERNAME",	  "PPPLOGNAME",
		"CALL_FILE",  "LINKNAME",   "DNS1",	  "DNS2",
		"USEPEERDNS", "WINS1",	    "WINS2",	  "LLLOCAL",
		"LLREMOTE",   "BYTES_SENT", "BYTES_RCVD", "CONNECT_TIME",
		"PPPD_PID",
	};
	const size_t n = COUNT(pppds);
	char *value[COUNT(pppds)];

	for (size_t i = 0; i < n; i++) {
		const char *text = getenv(pppds[i]);

		value[i] =
			text && is_printable_text(text) ? strdup(text) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < n; i++) {
		if (value[i])
			setenv(pppds[i], value[i], 1);
		free(value[i]);
	}
	setenv("PATH",
	       "/usr/local/sbin:/usr/sbin:/sbin:"
	       "/usr/local/bin:/usr/bin:/bin",
	       1);
	setenv("IFNAME", h->q.interface, 1);
	setenv("IPLOCAL", h->q.local, 1);
	setenv("IPREMOTE", h->q.remote, 1);
	setenv("SSHDIAL_PEER", h->peer, 1);
}

/* The name servers that the far pppd has named: addresses, or nothing. */
static size_t take_dns(const char **dns)
{
	static const char *const names[DNS_MAX] = {"DNS1", "DNS2"};
	size_t n = 0;
	int family;

	for (size_t i = 0; i < DNS_MAX; i++) {
		const char *text = getenv(names[i]);

		if (text && parse_address(text, &family))
			dns[n++] = text;
	}
	return n;
}

/* ---- for whom ---- */

/* Finds out who has started the link.  0, or -1 after an error was logged. */
static int find_starter(struct hook *h)
{
	static struct pppd_above above;
	char number[24];
	int rc;

	if (h->own) {
		h->allowed = true;
		return 0; /* ask_supervisor() looks at the listener */
	}
	rc = pppd_above_find(&above, h->has_conf ? h->conf.pppd : NULL);
	if (rc) {
		log_error("%s: nothing is done: no pppd with root's rights is "
			  "above this process, so nobody knows whose link it "
			  "is: %s",
			  events[h->event], strerror(-rc));
		return -1;
	}
	h->starter = above.user;
	h->q.starter = (uint32_t)above.user;
	h->q.pppd_pid = (int32_t)above.pid;
	h->allowed =
		!above.user ||
		(h->has_conf && conf_users_allow(&h->conf, above.user,
						 above.group, above.groups));
	snprintf(number, sizeof(number), "%u", (unsigned int)above.user);
	setenv("ORIG_UID", number, 1);
	snprintf(number, sizeof(number), "%d", (int)above.pid);
	setenv("PPPD_PID", number, 1);
	return 0;
}

static struct routes_caller caller_of(const struct hook *h)
{
	return (struct routes_caller){h->starter, control_called_by};
}

/* A user whom `users` does not name: nothing is set, and he is not asked.
 * Settings from a time when it did name him go. */
static int refuse_user(struct hook *h)
{
	const struct routes_caller caller = caller_of(h);

	if (is_up(h))
		log_warn("%s: nothing is set for user %u, who has started %s: "
			 "%s",
			 events[h->event], (unsigned int)h->starter,
			 h->q.interface,
			 h->has_conf ? "`users' in the peer's file names no "
				       "group of his"
				     : h->conf_error.text);
	else if (routes_left(h->peer) &&
		 routes_undo(h->peer, &caller, ROUTES_ALL, &h->f) < 0)
		log_warn("%s: %s", events[h->event], h->f.text);
	return 1;
}

/* ---- the supervisor ---- */

/* A user's supervisor may be any program; what it says goes to root's
 * commands, rules and log. */
static void sanitize_answer(struct control_hook_answer *a)
{
	static const char *const known[] = {"up", "resumed", "held", "down"};
	char text[sizeof(a->text)] = "";
	int family;
	size_t i = 0;

	if (!parse_scoped(a->server, &family))
		a->server[0] = '\0';
	while (i < COUNT(known) && strcmp(a->say, known[i]))
		i++;
	if (i == COUNT(known))
		a->say[0] = '\0';
	log_printable(text, sizeof(text), a->text, strlen(a->text));
	memcpy(a->text, text, sizeof(text));
}

/*
 * Asks the supervisor of the link's user.  0 with the answer in h->a, and
 * h->link open; or -errno as of control_hook_open() and control_hook_ask().
 * A supervisor that has no slot for us closes at once: that is tried again, for
 * a time and not a number of times, because a user's supervisor may let each
 * try wait.
 */
static int ask_supervisor(struct hook *h)
{
	struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	int64_t end = loop_now() + RETRY_FOR;
	pid_t pid = 0;
	int rc = 0;

	do {
		if (rc)
			nanosleep(&pause, NULL);
		rc = control_hook_open(h->peer, h->starter, &pid);
		if (rc < 0)
			break;
		h->link = rc;
		rc = h->own && pid != getppid()
			     ? -EACCES
			     : control_hook_ask(h->link, CONTROL_HOOK_ASK,
						&h->q, &h->a,
						CONTROL_HOOK_TURN);
		if (rc < 0) {
			close(h->link);
			h->link = -1;
		}
	} while (rc == -EPIPE && loop_now() < end);
	sanitize_answer(&h->a);
	return rc;
}

/* Reports the result.  0, also if there is nobody to hear it; or -errno. */
static int report_result(struct hook *h, const char *text)
{
	struct control_hook_answer a;

	h->q.outcome = !failure_is_set(&h->f) ? CONTROL_SET
		       : h->command_failed    ? CONTROL_COMMAND
					      : CONTROL_FAILED;
	if (failure_is_set(&h->f))
		text = h->f.text;
	snprintf(h->q.text, sizeof(h->q.text), "%.*s",
		 (int)sizeof(h->q.text) - 1, text);
	if (failure_is_set(&h->f))
		log_warn("%s: %s", events[h->event], text);
	else if (*text)
		log_info("%s: %s", events[h->event], text);
	return h->link < 0 ? 0
			   : control_hook_ask(h->link, CONTROL_HOOK_DONE, &h->q,
					      &a, CONTROL_LIMIT);
}

/* ---- the events ---- */

static void run_command(struct hook *h, const char *who, const char *command,
			const char *say)
{
	if (!command || !*say)
		return;
	setenv("SSHDIAL_EVENT", say, 1);
	/* Of a supervisor that is gone: as it is configured. */
	setenv("SSHDIAL_SERVER", h->a.server[0] ? h->a.server : h->conf.server,
	       1);
	h->command_failed =
		child_run_shell(who, command, environ, COMMAND_MS, &h->f) < 0;
}

static void count_routes(const struct conf *c, int family, char *out,
			 size_t size)
{
	struct conf_route *r;
	size_t n, of_it = 0;

	*out = '\0';
	if (conf_routes(c, &c->route, &r, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		of_it += r[i].family == family;
	free(r);
	if (of_it)
		snprintf(out, size, "%zu %s route%s", of_it,
			 family == AF_INET ? "IPv4" : "IPv6",
			 of_it == 1 ? "" : "s");
}

/*
 * Chooses what is undone, by the supervisor's answer (rc as of
 * ask_supervisor()).  A supervisor that has ended in good order has left no
 * socket.  If there is one but no answer, it was killed or is too busy: then
 * perhaps nobody is there to open what `fail-closed` keeps, so that stays.
 */
static enum routes_part part_to_undo(const struct hook *h, int rc)
{
	if (h->event == CONTROL_HELD)
		return ROUTES_HELD;
	if (h->event == CONTROL_DOWN || (rc && rc != -ENOENT && rc != -EACCES))
		return ROUTES_OPEN;
	if (h->event == CONTROL_IPV6_DOWN && !rc)
		return ROUTES_INET6;
	return rc || h->a.ending ? ROUTES_ALL : ROUTES_INET;
}

static void handle_up(struct hook *h)
{
	int family = h->event == CONTROL_IP_UP ? AF_INET : AF_INET6;
	const struct routes_caller caller = caller_of(h);
	const char *dns[DNS_MAX], *usepeerdns = getenv("USEPEERDNS");
	/* The account that only sessions have, if this one is root's. */
	const struct account *as = h->starter ? NULL : session_account();
	struct route_link l = {
		.interface = h->q.interface,
		.ifindex = h->ifindex,
		.local = h->q.local,
		.remote = h->q.remote,
		.server = h->a.server,
		.port = h->a.port,
		.account = as && as->own && as->uid ? as->uid : (uid_t)-1,
		.dns = dns,
		.dns_n = take_dns(dns),
		.usepeerdns = usepeerdns && *usepeerdns,
		.caller = &caller,
	};
	struct failure undo = {0};
	char text[100] = "";
	pid_t pid;
	int rc;

	if (!h->has_conf)
		fail(&h->f, REASON_CONFIG, "%s", h->conf_error.text);
	else if (h->starter && control_called_by(h->peer, 0))
		fail(&h->f, REASON_BUSY,
		     "root calls %s: nothing of another user's call is set",
		     h->peer);
	else if (!routes_set(&h->conf, &l, family, &h->f)) {
		if (family == AF_INET)
			run_command(h, "up", h->conf.up, h->a.say);
		count_routes(&h->conf, family, text, sizeof(text));
	}
	if (report_result(h, text) != -EPIPE)
		return;
	/* The supervisor has ended meanwhile: by its socket, in good order or
	 * not.  If another one is there by now, it takes over what is set. */
	rc = control_hook_open(h->peer, h->starter, &pid);
	if (rc >= 0)
		close(rc);
	else if (routes_undo(h->peer, &caller, part_to_undo(h, rc), &undo) < 0)
		log_warn("%s: %s", events[h->event], undo.text);
}

static bool is_allowed(void *arg, uid_t uid)
{
	const struct hook *h = arg;

	return conf_users_allow_user(&h->conf, uid);
}

/* True if another user's call of the peer is the one that counts, so that its
 * command is not to be told of this link.  Anybody can listen at a socket in a
 * folder of his own: only a user who may have the peer counts. */
static bool is_called_by_other(struct hook *h, int rc)
{
	if (h->starter)
		return control_called_by(h->peer, 0);
	return rc == -ENOENT && control_called(h->peer, is_allowed, h);
}

static void handle_down(struct hook *h, int rc)
{
	const struct routes_caller caller = caller_of(h);
	bool had_ledger = routes_left(h->peer);
	struct failure undo = {0};

	switch (routes_undo(h->peer, &caller, part_to_undo(h, rc), &undo)) {
	case 0:
		break;
	case 1: /* nothing was set for this link */
		log_info("%s: %s", events[h->event], undo.text);
		report_result(h, "");
		return;
	default:
		h->f = undo;
	}
	if (!h->has_conf)
		fail(&h->f, REASON_CONFIG, "%s", h->conf_error.text);
	else if (h->event != CONTROL_IPV6_DOWN &&
		 (had_ledger || !is_called_by_other(h, rc)))
		run_command(h, "down", h->conf.down, rc ? "down" : h->a.say);
	report_result(h, "");
}

static int handle_event(struct hook *h)
{
	int rc;

	h->ifindex = if_nametoindex(h->q.interface);
	if (find_starter(h) < 0)
		return 1;
	if (!h->allowed)
		return refuse_user(h);
	rc = ask_supervisor(h);
	if (!rc && h->a.verdict == CONTROL_NOT_OURS)
		return 0;
	if (h->own && rc) {
		log_error("%s: the supervisor that started this hook is gone",
			  events[h->event]);
		return 1;
	}
	if (!is_up(h))
		handle_down(h, rc);
	else if (rc)
		log_info("%s: user %u does not call %s: %s", events[h->event],
			 (unsigned int)h->starter, h->peer, strerror(-rc));
	else if (h->a.verdict == CONTROL_REFUSED)
		log_warn("%s: %s", events[h->event], h->a.text);
	else
		handle_up(h);
	return failure_is_set(&h->f) ? 1 : 0;
}

static int run_hook(const struct verb_args *args)
{
	static struct hook h = {.link = -1};
	int code;

	h.own = args->given[0];
	while (h.event < CONTROL_EVENTS &&
	       strcmp(events[h.event], args->operand[0]) != 0)
		h.event++;
	if (h.event == CONTROL_EVENTS || h.own != (h.event >= CONTROL_HELD))
		return verb_usage_error(&verb_hook, "unknown event",
					args->operand[0]);
	if (!take_operands(&h, args))
		return 0;
	clean_environment(&h);
	log_open(h.peer, LOG_INFO);
	log_syslog(false);
	if (geteuid()) {
		log_error("hook: only root sets routes");
		return 1;
	}
	h.has_conf = !conf_load(&h.conf, h.peer, &h.conf_error);
	if (h.has_conf)
		log_open(h.peer, (enum log_level)h.conf.log_level);
	code = handle_event(&h);
	if (h.has_conf)
		conf_free(&h.conf);
	return code;
}

static const char help[] =
	"For the script folders of pppd: sets, and takes back, what a peer\n"
	"wants of this machine.  EVENT is ip-up, ip-down, ipv6-up or\n"
	"ipv6-down; the rest is what pppd passes to its scripts.  A link\n"
	"whose ipparam is not sshdial:NAME is left alone.  If there is only\n"
	"a plain /etc/ppp/ip-up, it needs this line:\n"
	"\n"
	"    sshdial hook ip-up \"$@\"\n";

static const struct verb_option options[] = {
	{0, "own", "of the supervisor itself, for held and down"},
	{0},
};

const struct verb verb_hook = {
	.name = "hook",
	.summary = "for the script folders of pppd only",
	.help = help,
	.options = options,
	.operand = {"EVENT", "INTERFACE", "TTY", "SPEED", "LOCAL", "REMOTE",
		    "[IPPARAM]"},
	.options_first = true,
	.run = run_hook,
};
