// SPDX-License-Identifier: ISC
/* What the supervisor sees of the world: the network and the clocks. */
#include <string.h>
#include <time.h>
#include "base/log.h"
#include "supervise/state.h"

#define TICK_MS	 5000 /* between two looks at the clocks */
#define SLEPT_MS 2000 /* a gap between them that is a suspend */

/* Where there is no address yet, the way to some far address stands for the
 * way to the server (RFC 5737, RFC 3849: they belong to nobody). */
#define ANYWHERE  "192.0.2.1"
#define ANYWHERE6 "2001:db8::1"

struct netlink_path supervisor_path(struct supervisor *v)
{
	const char *to = v->server[0] ? v->server : v->conf->server;
	struct netlink_path p = {.there = true};

	if (!v->netlink.requests || !netlink_path(&v->netlink, to, &p))
		return p;
	netlink_path(&v->netlink, ANYWHERE, &p);
	if (!p.there)
		netlink_path(&v->netlink, ANYWHERE6, &p);
	return p;
}

bool supervisor_waiting(const struct supervisor *v)
{
	return v->state == LINK_DOWN || v->state == LINK_HELD;
}

static void on_wait_over(struct timer *t)
{
	supervisor_event(t->arg, LINK_DIAL);
}

/* At once; but what refused a login is not asked again before its time. */
static void dial_early(struct supervisor *v)
{
	int64_t left = v->next_at - loop_now();

	if (v->last.reason == REASON_LOGIN_REFUSED && left > 0)
		loop_timer(&v->loop, &v->wait, left, on_wait_over, v);
	else
		supervisor_event(v, LINK_DIAL);
}

/* While waiting: no try without a way, one at once when there is a new one. */
static void way_changed(struct supervisor *v, const struct netlink_path *now)
{
	if (!now->there) {
		if (!v->no_route)
			log_info("waiting for a way to the server");
		v->no_route = true;
		loop_timer_stop(&v->wait);
	} else if (v->no_route || !netlink_same_path(now, &v->path)) {
		log_info("the way to the server %s",
			 v->no_route ? "is back" : "has changed");
		v->no_route = false;
		v->path = *now;
		dial_early(v);
	}
}

static void on_network(void *arg)
{
	struct supervisor *v = arg;
	struct netlink_path now = supervisor_path(v);

	if (supervisor_waiting(v)) {
		way_changed(v, &now);
	} else if (v->conf->watch_route && v->attempt.running && v->server[0] &&
		   !netlink_same_path(&now, &v->path)) {
		fail(&v->cause, REASON_NETWORK, "the way to %s %s", v->server,
		     now.there ? "has changed" : "is gone");
		/* The link was fine, and there is another way for it. */
		v->at_once = now.there && v->up_at;
		supervisor_event(v, LINK_LOST);
	}
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
		if (supervisor_waiting(v))
			dial_early(v);
		else
			attempt_tell(&v->attempt, MESSAGE_PROBE);
	}
	v->slept = slept;
	loop_timer(&v->loop, t, TICK_MS, on_tick, v);
}

void supervisor_watch(struct supervisor *v)
{
	if (netlink_open(&v->netlink, &v->loop, on_network, v) < 0)
		log_warn("no netlink: changes of the network are not seen");
	v->slept = clock_ms(CLOCK_BOOTTIME) - clock_ms(CLOCK_MONOTONIC);
	loop_timer(&v->loop, &v->tick, TICK_MS, on_tick, v);
}
