// SPDX-License-Identifier: ISC
/*
 * The kernel says that something has changed (route/netlink.h), and we ask for
 * the route to the server again.  What follows depends on what we do just now:
 *
 *   waiting    without a route the next try is put off; a route that comes
 *		back, or changes, is a reason to dial at once (next_try.h)
 *   connected  (watch-route) a connection whose packets have no route any
 *		more, or take another one, is ended: another network has other
 *		addresses, and its silence would be noticed only later.  A route
 *		into the tunnel itself ends pppd as well
 *
 * The question has all that routing rules may go by: the server's port, the
 * session's account, and the source address if it is known (`bind-address', or
 * that of the connection).
 *
 * The clock is the other thing that is watched: a machine that has slept has a
 * connection that the server may have given up, so it is probed at once, or
 * the wait for the next try is over.
 */
#include "supervise/underlay.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "guard/account.h"
#include "base/parse.h"
#include "conf/ssh_targets.h"
#include "supervise/cause.h"
#include "supervise/next_try.h"
#include "supervise/supervisor_state.h"

#define TICK_MS	 5000 /* between two looks at the clocks */
#define SLEPT_MS 2000 /* a gap between them that is a suspend */

/*
 * If nothing better is known, the route to some far address stands for that to
 * the server.  These belong to nobody (RFC 5737, RFC 3849).
 */
#define ANYWHERE  "192.0.2.1"
#define ANYWHERE6 "2001:db8::1"

/* Asks for the route of a connection that the session makes.  0 or -errno. */
static int find_route_to(struct supervisor *v, const char *address,
			 const char *source, struct netlink_route *out)
{
	struct conf_target first;
	struct netlink_flow flow = {.address = address,
				    .source = source,
				    .uid = v->underlay.session_uid};

	conf_target(v->conf, 0, &first);
	flow.port = first.port;
	return netlink_find_route(&v->underlay.netlink, &flow, out);
}

static bool has_route_to(struct supervisor *v, const char *address,
			 struct netlink_route *out)
{
	return !find_route_to(v, address, v->conf->bind_address, out) &&
	       out->found;
}

/*
 * A name may have other addresses than the last one, and they are not known
 * before the next try, so that a route to anywhere is good enough for it.
 */
static bool find_route(struct supervisor *v, struct netlink_route *out)
{
	struct conf_target first;
	int family;

	*out = (struct netlink_route){.found = true};
	if (!v->underlay.netlink.events)
		return true;
	conf_target(v->conf, 0, &first);
	if (parse_address(first.host, &family) &&
	    !find_route_to(v, first.host, v->conf->bind_address, out))
		return out->found;
	return (v->server[0] && has_route_to(v, v->server, out)) ||
	       has_route_to(v, ANYWHERE, out) ||
	       has_route_to(v, ANYWHERE6, out);
}

bool underlay_find_route(struct supervisor *v)
{
	return find_route(v, &v->underlay.route);
}

void underlay_connected(struct supervisor *v)
{
	const struct message_connect *c = &v->attempt.connected;

	memcpy(v->server, c->server, sizeof(v->server));
	memcpy(v->local, c->local, sizeof(v->local));
	if (v->underlay.netlink.events)
		find_route_to(v, v->server, v->local, &v->underlay.route);
}

static void check_next_route(struct supervisor *v)
{
	bool waits_for_it = v->next.when == TRY_WITH_ROUTE;
	struct netlink_route now;

	if (!find_route(v, &now)) {
		if (waits_for_it)
			return;
		log_info("waiting for a route to the server");
		next_try_route_lost(v);
	} else if (waits_for_it ||
		   !netlink_same_route_and_source(&now, &v->underlay.route)) {
		log_info("the route to the server %s",
			 waits_for_it ? "is back" : "has changed");
		v->underlay.route = now;
		next_try_early(v);
	}
}

static void check_connection(struct supervisor *v)
{
	/* pppd may be faster than its log, which names the interface. */
	const char *tunnel =
		v->conf->interface ? v->conf->interface : v->line.interface;
	struct netlink_route now;
	char why[128];

	if (find_route_to(v, v->server, v->local, &now) < 0 ||
	    netlink_same_route(&now, &v->underlay.route))
		return;
	if (now.found && tunnel[0] &&
	    now.ifindex == (int)if_nametoindex(tunnel)) {
		snprintf(why, sizeof(why),
			 "the route to the server, %s, leads into the tunnel "
			 "itself",
			 v->server);
		supervisor_drop_link(v, why);
		return;
	}
	/* The link was fine, and there is another route for it. */
	if (now.found && v->up_at)
		next_try_at_once(v);
	cause_end_session(v, REASON_NETWORK, "the route to %s %s", v->server,
			  now.found ? "has changed" : "is gone");
}

static void on_change(void *arg)
{
	struct supervisor *v = arg;

	if (link_waits(v->state))
		check_next_route(v);
	else if (v->conf->watch_route && v->attempt.running && v->server[0] &&
		 v->attempt.step >= STEP_CONNECT)
		check_connection(v);
}

static void on_removed(void *arg)
{
	repair_soon(arg);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* How long the machine has slept since it was started. */
static int64_t time_slept(void)
{
	return clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);
}

static void on_tick(struct timer *t)
{
	struct supervisor *v = t->arg;
	struct underlay *u = &v->underlay;
	int64_t slept = time_slept();

	if (slept - u->slept > SLEPT_MS) {
		log_info("woken up after %lld s",
			 (long long)(slept - u->slept) / 1000);
		if (!link_waits(v->state))
			attempt_tell(&v->attempt, MESSAGE_PROBE);
		else if (v->next.when != TRY_WITH_ROUTE)
			next_try_early(v);
	}
	u->slept = slept;
	loop_timer(&v->loop, t, TICK_MS, on_tick, v);
}

void underlay_open(struct supervisor *v)
{
	static const struct netlink_calls calls = {on_change, on_removed};
	const struct account *as = geteuid() ? NULL : session_account();
	struct underlay *u = &v->underlay;

	u->session_uid = as && as->own ? as->uid : (uid_t)-1;
	if (netlink_open(&u->netlink, &v->loop, &calls, v) < 0)
		log_warn("no netlink: changes of the network are not seen");
	u->slept = time_slept();
	loop_timer(&v->loop, &u->tick, TICK_MS, on_tick, v);
}

void underlay_close(struct supervisor *v)
{
	loop_timer_stop(&v->underlay.tick);
	netlink_close(&v->underlay.netlink);
}
