/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/parse.h"
#include "conf/route_spec.h"
#include "route/apply.h"
#include "guard/account.h"
#include "ipc/control.h"
#include "verbs/verbs.h"

#define COMMAND_MS 10000 /* for `up' and `down', then they are killed */
#define AGAIN_MS   100
#define AGAIN_MAX  150 /* 15 s: a command's 10 and then some */
#define DNS_MAX	   2   /* pppd hands on two */

/*
 * The first four are pppd's.  The others are the supervisor's own, of a
 * session that is over while pppd is kept, and of a pppd that has ended
 * without a word.
 */
static const char *const events[] = {
	[CONTROL_IP_UP] = "ip-up",
	[CONTROL_IP_DOWN] = "ip-down",
	[CONTROL_IPV6_UP] = "ipv6-up",
	[CONTROL_IPV6_DOWN] = "ipv6-down",
	"held",
	"down",
};
enum { EVENT_HELD = CONTROL_EVENTS, EVENT_DOWN, EVENTS };

struct hook {
	int event;
	char peer[33];
	uid_t whose; /* whose supervisor it is */
	struct conf conf;
	bool has_conf;
	struct control_hook q;
	struct control_hook_answer a;
	struct failure f;
	bool command_failed; /* and that is all of f */
};

static int64_t number_of(const char *name, int64_t max)
{
	const char *text = getenv(name);
	int64_t n;

	return text && parse_int(text, 0, max, &n) ? n : 0;
}

static bool copy(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

/* Takes pppd's words; false where the link is none of ours. */
static bool take_operands(struct hook *h, const struct verb_args *args)
{
	const char *param = args->operands > 6 ? args->operand[6] : "";

	if (strncmp(param, "sshdial:", 8) != 0 || !parse_peer_name(param + 8))
		return false;
	h->q.starter = (uint32_t)number_of("ORIG_UID", UINT32_MAX - 1);
	h->q.pppd_pid = h->event < CONTROL_EVENTS
				? (int32_t)number_of("PPPD_PID", INT32_MAX)
				: (int32_t)getpid();
	h->q.event = (uint16_t)(h->event < CONTROL_EVENTS ? h->event
							  : CONTROL_IP_DOWN);
	return copy(h->peer, sizeof(h->peer), param + 8) &&
	       copy(h->q.interface, sizeof(h->q.interface), args->operand[1]) &&
	       copy(h->q.local, sizeof(h->q.local), args->operand[4]) &&
	       copy(h->q.remote, sizeof(h->q.remote), args->operand[5]);
}

/* A user's supervisor may be anything; what it says goes to root's commands,
 * rules and log. */
static void distrust(struct control_hook_answer *a)
{
	static const char *const said[] = {"up", "resumed", "held", "down"};
	char text[sizeof(a->text)] = "";
	int family;
	size_t i = 0;

	if (!parse_scoped(a->server, &family))
		a->server[0] = '\0';
	while (i < sizeof(said) / sizeof(said[0]) && strcmp(a->say, said[i]))
		i++;
	if (i == sizeof(said) / sizeof(said[0]))
		a->say[0] = '\0';
	log_printable(text, sizeof(text), a->text, strlen(a->text));
	memcpy(a->text, text, sizeof(text));
}

/* The supervisor's answer, waiting for the end of an earlier event. */
static int ask(struct hook *h, enum control_verb verb,
	       struct control_hook_answer *a)
{
	struct timespec pause = {.tv_nsec = AGAIN_MS * 1000000L};
	int rc = 0;

	for (int i = 0; i < AGAIN_MAX; i++) {
		rc = control_hook(h->peer, verb, &h->q, a, &h->whose);
		if (rc != -EBUSY && (rc || a->verdict != CONTROL_AGAIN))
			break;
		nanosleep(&pause, NULL);
	}
	distrust(a);
	return rc;
}

/* 0 where the supervisor has heard it, or -errno. */
static int tell(struct hook *h, const char *text)
{
	struct control_hook_answer a;

	h->q.ok = !failure_is_set(&h->f) ? CONTROL_SET
		  : h->command_failed	 ? CONTROL_COMMAND
					 : CONTROL_FAILED;
	snprintf(h->q.text, sizeof(h->q.text), "%.*s",
		 (int)sizeof(h->q.text) - 1,
		 failure_is_set(&h->f) ? h->f.text : text);
	if (failure_is_set(&h->f))
		log_warn("%s: %s", events[h->event], h->f.text);
	else if (*text)
		log_info("%s: %s", events[h->event], text);
	return ask(h, CONTROL_HOOK_DONE, &a);
}

static void load(struct hook *h)
{
	struct conf_error e;

	h->has_conf = conf_load(&h->conf, h->peer, &e) == 0;
	if (h->has_conf)
		log_open(h->peer, (enum log_level)h->conf.log_level);
	else
		fail(&h->f, REASON_CONFIG, "%s", e.text);
}

static void run_command(struct hook *h, const char *who, const char *command,
			const char *say)
{
	if (!command || !*say)
		return;
	setenv("SSHDIAL_PEER", h->peer, 1);
	/* Of a supervisor that is gone, as it is configured. */
	if (h->a.server[0])
		setenv("SSHDIAL_SERVER", h->a.server, 1);
	else
		setenv("SSHDIAL_SERVER", h->conf.server, 0);
	setenv("SSHDIAL_EVENT", say, 1);
	if (!getenv("PATH"))
		setenv("PATH",
		       "/usr/local/sbin:/usr/sbin:/sbin:"
		       "/usr/local/bin:/usr/bin:/bin",
		       1);
	h->command_failed =
		child_run_shell(who, command, environ, COMMAND_MS, &h->f) < 0;
}

/* Name servers that the far pppd has named: addresses, or nothing. */
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

/* The account that only sessions have, where this session is one of root's. */
static uid_t account_of(const struct hook *h)
{
	const struct account *as = h->whose ? NULL : session_account();

	return as && as->own && as->uid ? as->uid : (uid_t)-1;
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
 * What is undone where the supervisor has answered so, and without a look at
 * the configuration.  One that has ended in good order has left no socket;
 * one that was killed has, or is too busy to answer, and nobody may be there
 * who would open what is closed.
 */
static enum routes_part part_of(const struct hook *h, int rc)
{
	if (h->event == EVENT_HELD)
		return ROUTES_HELD;
	if (h->event == EVENT_DOWN || (rc && rc != -ENOENT && rc != -EACCES))
		return ROUTES_OPEN;
	if (h->event == CONTROL_IPV6_DOWN && !rc)
		return ROUTES_INET6;
	return rc || h->a.ending ? ROUTES_ALL : ROUTES_INET;
}

/* Where no supervisor has answered, that of who has started pppd is meant. */
static struct routes_caller caller_of(const struct hook *h, int rc)
{
	return (struct routes_caller){rc ? h->q.starter : h->whose,
				      control_called_by};
}

static void up(struct hook *h, int family)
{
	const struct routes_caller caller = caller_of(h, 0);
	const char *dns[DNS_MAX], *usepeerdns = getenv("USEPEERDNS");
	struct route_link l = {
		.interface = h->q.interface,
		.local = h->q.local,
		.remote = h->q.remote,
		.server = h->a.server,
		.port = h->a.port,
		.account = account_of(h),
		.dns = dns,
		.dns_n = take_dns(dns),
		.usepeerdns = usepeerdns && *usepeerdns,
		.caller = &caller,
	};
	char text[100] = "";
	int rc;

	load(h);
	if (h->has_conf && !routes_set(&h->conf, &l, family, &h->f))
		run_command(h, "up", h->conf.up, h->a.say);
	if (h->has_conf)
		count_routes(&h->conf, family, text, sizeof(text));
	rc = tell(h, text);
	/* It has ended meanwhile, and cannot undo this any more. */
	if ((rc == -ENOENT || rc == -ECONNREFUSED) &&
	    routes_undo(h->peer, &caller, part_of(h, rc), &h->f) < 0)
		log_warn("%s", h->f.text);
}

static void down(struct hook *h, int rc)
{
	const struct routes_caller caller = caller_of(h, rc);
	struct failure others = {0};
	const char *say = rc ? "down" : h->a.say;

	if (h->event == EVENT_HELD || h->event == EVENT_DOWN)
		say = events[h->event];
	if (h->event == CONTROL_IPV6_DOWN)
		say = "";
	switch (routes_undo(h->peer, &caller, part_of(h, rc), &others)) {
	case 0:
		break;
	case 1: /* nothing was set for this link */
		log_info("%s: %s", events[h->event], others.text);
		tell(h, "");
		return;
	default:
		h->f = others;
		log_warn("%s", h->f.text);
	}
	load(h);
	if (h->has_conf)
		run_command(h, "down", h->conf.down, say);
	tell(h, "");
}

static int act(struct hook *h)
{
	bool up_event =
		h->event == CONTROL_IP_UP || h->event == CONTROL_IPV6_UP;
	bool asks = h->event < CONTROL_EVENTS;
	int rc = asks ? ask(h, CONTROL_HOOK_ASK, &h->a) : 0;

	if (!rc && asks && h->a.verdict == CONTROL_NOT_OURS)
		return 0;
	/* Another user's, who calls the peer as well. */
	if (rc == -ENOENT && (up_event || !routes_left(h->peer)) &&
	    control_called(h->peer))
		return 0;
	if (!up_event) {
		down(h, rc);
	} else if (rc) {
		log_info("%s: nobody calls %s: %s", events[h->event], h->peer,
			 strerror(-rc));
	} else if (h->a.verdict == CONTROL_REFUSED) {
		log_warn("%s: %s", events[h->event], h->a.text);
	} else if (h->a.verdict == CONTROL_GO_ON) {
		up(h, h->event == CONTROL_IP_UP ? AF_INET : AF_INET6);
	} else {
		fail(&h->f, REASON_INTERNAL,
		     "an earlier event is not over; nothing is set");
		tell(h, "");
	}
	return failure_is_set(&h->f) ? 1 : 0;
}

static int run_hook(const struct verb_args *args)
{
	static struct hook h;
	int code;

	while (h.event < EVENTS &&
	       strcmp(events[h.event], args->operand[0]) != 0)
		h.event++;
	if (h.event == EVENTS)
		return verb_usage_error(&verb_hook, "unknown event",
					args->operand[0]);
	if (!take_operands(&h, args))
		return 0;
	log_open(h.peer, LOG_INFO);
	log_syslog(false);
	if (geteuid()) {
		log_error("hook: only root sets routes");
		return 1;
	}
	code = act(&h);
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

const struct verb verb_hook = {
	.name = "hook",
	.summary = "for the script folders of pppd only",
	.help = help,
	.operand = {"EVENT", "INTERFACE", "TTY", "SPEED", "LOCAL", "REMOTE",
		    "[IPPARAM]"},
	.options_first = true,
	.run = run_hook,
};
