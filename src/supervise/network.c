// SPDX-License-Identifier: ISC
/* What the supervisor sees of the world: the network and the clocks. */
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "route/apply.h"
#include "supervise/state.h"

#define TICK_MS	  5000 /* between two looks at the clocks */
#define SLEPT_MS  2000 /* a gap between them that is a suspend */
#define EARLY_MIN 1000 /* between two tries that the network asks for */

/*
 * Where nothing better is known, the way to some far address stands for the
 * way to the server (RFC 5737, RFC 3849: they belong to nobody).
 */
#define ANYWHERE  "192.0.2.1"
#define ANYWHERE6 "2001:db8::1"

/* The way of a connection of the session's. */
static int path_to(struct supervisor *v, const char *to, const char *from,
		   struct netlink_path *p)
{
	struct conf_target first;
	struct netlink_to q = {
		.address = to, .source = from, .uid = v->session_uid};

	conf_target(v->conf, 0, &first);
	q.port = first.port;
	return netlink_path(&v->netlink, &q, p);
}

static bool ask(struct supervisor *v, const char *to, const char *from,
		struct netlink_path *p)
{
	return !path_to(v, to, from, p) && p->there;
}

/*
 * A server that is configured by its address has one way.  A name may have
 * other addresses than the last one, and they are not known before the next
 * try: then a way that is not there is a guess.
 */
struct netlink_path supervisor_path(struct supervisor *v, bool *guess)
{
	struct netlink_path p = {.there = true};
	struct conf_target first;
	int family;

	conf_target(v->conf, 0, &first);
	*guess = true;
	if (!v->netlink.requests)
		return p;
	if (parse_address(first.host, &family) &&
	    !path_to(v, first.host, NULL, &p)) {
		*guess = false;
		return p;
	}
	if ((v->server[0] && ask(v, v->server, NULL, &p)) ||
	    ask(v, ANYWHERE, NULL, &p))
		return p;
	ask(v, ANYWHERE6, NULL, &p);
	return p;
}

void supervisor_connected(struct supervisor *v)
{
	const struct message_connect *c = &v->attempt.connected;

	memcpy(v->server, c->server, sizeof(v->server));
	memcpy(v->local, c->local, sizeof(v->local));
	if (v->netlink.requests)
		ask(v, v->server, v->local, &v->path);
}

bool supervisor_waiting(const struct supervisor *v)
{
	return v->state == LINK_DOWN || v->state == LINK_HELD;
}

/* Not even held: with such an address nothing here is right. */
void supervisor_drop_link(struct supervisor *v, const char *why)
{
	if (!v->attempt.running)
		return;
	fail(&v->cause, REASON_ADDRESS, "%s", why);
	v->hold_spent = true;
	link_raise(&v->events, LINK_UNUSABLE);
}

bool supervisor_check_addresses(struct supervisor *v, const char *interface,
				const char *local, const char *remote,
				char *why, size_t size)
{
	struct route_link l = {
		.interface = interface[0] ? interface : NULL,
		.local = local,
		.remote = remote,
		.server = v->server,
		.account = (uid_t)-1,
	};

	if (!routes_refused(v->conf, &l, why, size))
		return true;
	supervisor_drop_link(v, why);
	return false;
}

static void on_wait_over(struct timer *t)
{
	struct supervisor *v = t->arg;

	link_raise(&v->events, LINK_DIAL);
}

/* At once; but what refused a login is not asked again before its time, and
 * a way that comes and goes does not make it a storm. */
static void dial_early(struct supervisor *v)
{
	int64_t now = loop_now(), left;

	left = v->last.reason == REASON_LOGIN_REFUSED ||
			       v->last.reason == REASON_LOGIN_CLOSED
		       ? v->next_at - now
		       : v->dialed_at + EARLY_MIN - now;
	if (left > 0)
		loop_timer(&v->loop, &v->wait, left, on_wait_over, v);
	else
		link_raise(&v->events, LINK_DIAL);
}

void supervisor_wait(struct supervisor *v, int64_t ms)
{
	if (!v->no_route)
		loop_timer(&v->loop, &v->wait, ms, on_wait_over, v);
	else if (v->guess) /* it may be wrong: try, but seldom */
		loop_timer(&v->loop, &v->wait,
			   ms > v->conf->redial_max ? ms : v->conf->redial_max,
			   on_wait_over, v);
	else
		loop_timer_stop(&v->wait);
}

/* While waiting: no try without a way, one at once when there is a new one. */
static void way_changed(struct supervisor *v)
{
	struct netlink_path now = supervisor_path(v, &v->guess);

	if (!now.there) {
		if (v->no_route)
			return;
		log_info("waiting for a way to the server");
		v->no_route = true;
		supervisor_wait(v, 0);
	} else if (v->no_route || !netlink_same_path(&now, &v->path)) {
		log_info("the way to the server %s",
			 v->no_route ? "is back" : "has changed");
		v->no_route = false;
		v->path = now;
		dial_early(v);
	}
}

/* pppd may be faster than its log: a far address that is the server's, or a
 * route of somebody else's. */
static bool into_tunnel(const struct supervisor *v,
			const struct netlink_path *p)
{
	const char *name =
		v->conf->interface ? v->conf->interface : v->line.interface;

	return p->there && name[0] && p->ifindex == (int)if_nametoindex(name);
}

/* While connected: the way of this connection, from its own address. */
static void way_lost(struct supervisor *v)
{
	struct netlink_path now;
	char why[128];

	if (path_to(v, v->server, v->local, &now) < 0 ||
	    netlink_same_way(&now, &v->path))
		return;
	if (into_tunnel(v, &now)) {
		snprintf(why, sizeof(why),
			 "the way to the server, %s, leads into the tunnel "
			 "itself",
			 v->server);
		supervisor_drop_link(v, why);
		return;
	}
	fail(&v->cause, REASON_NETWORK, "the way to %s %s", v->server,
	     now.there ? "has changed" : "is gone");
	/* The link was fine, and there is another way for it. */
	v->at_once = now.there && v->up_at;
	link_raise(&v->events, LINK_LOST);
}

static void on_network(void *arg)
{
	struct supervisor *v = arg;

	if (supervisor_waiting(v))
		way_changed(v);
	else if (v->conf->watch_route && v->attempt.running && v->server[0] &&
		 v->attempt.step >= STEP_CONNECT)
		way_lost(v);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_tick(struct timer *t)
{
	struct supervisor *v = t->arg;
	int64_t slept = clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);

	if (slept - v->slept > SLEPT_MS) {
		log_info("woken up after %lld s",
			 (long long)(slept - v->slept) / 1000);
		if (supervisor_waiting(v) && !v->no_route)
			dial_early(v);
		else
			attempt_tell(&v->attempt, MESSAGE_PROBE);
	}
	v->slept = slept;
	loop_timer(&v->loop, t, TICK_MS, on_tick, v);
}

void supervisor_watch(struct supervisor *v)
{
	struct passwd *pw = geteuid() ? NULL : getpwnam(SESSION_USER);

	v->session_uid = pw ? pw->pw_uid : (uid_t)-1;
	if (netlink_open(&v->netlink, &v->loop, on_network, v) < 0)
		log_warn("no netlink: changes of the network are not seen");
	v->slept = clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);
	loop_timer(&v->loop, &v->tick, TICK_MS, on_tick, v);
}
