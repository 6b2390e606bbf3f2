// SPDX-License-Identifier: ISC
/*
 * A full tunnel whose rules are gone leads everything outside, while the link
 * is online.  Other programs do remove them: systemd-networkd deletes the
 * rules and routes that it does not know when it starts or reads its files
 * again (ManageForeignRoutingPolicyRules= and ManageForeignRoutes= in
 * networkd.conf(5), both on by default), and an administrator flushes a table.
 *
 * The kernel reports each removal (route/netlink.h).  A moment later all that
 * the peer's ledger has is set once more; the kernel refuses what is there,
 * and the rest is what was missing.  The ledger is what should be there, at
 * any time that it is not locked: a hook writes before it sets and after it
 * removes.  So it does not matter whether the removal was our own, nor in
 * which state the link is; what `fail-closed` keeps without a link is watched
 * as well.  A slow timer does the same, as messages can be lost.
 *
 * If a program removes them again and again, the delay doubles each time up to
 * ten seconds, and the log says once what to do.  Only root can set rules: the
 * supervisor of an ordinary user says once that something was removed.
 */
#include "supervise/route_watch.h"

#include <errno.h>
#include <unistd.h>
#include "base/log.h"
#include "route/apply.h"
#include "route/repair.h"
#include "supervise/supervisor_state.h"

/* All in ms. */
#define DELAY_MIN  50	 /* less than NETLINK_SETTLE: before underlay.c */
#define DELAY_MAX  10000 /* in a fight */
#define DELAY_BUSY 1000	 /* until the ledger's lock is tried again */
#define PEACE	   60000 /* without a repair: the delay begins anew */
#define SLOW	   60000 /* between repairs that no message asked for */

#define FIGHT 5 /* repairs without peace */

static void on_due(struct timer *t);

static void repair_in(struct supervisor *v, int64_t ms)
{
	loop_timer(&v->loop, &v->repair.timer, ms, on_due, v);
}

static void on_due(struct timer *t)
{
	struct supervisor *v = t->arg;
	struct repair *r = &v->repair;
	struct failure f = {0};
	size_t missing;
	int rc = routes_repair(v->conf->name, &missing, &f);

	if (rc == -EBUSY) {
		repair_in(v, DELAY_BUSY);
		return;
	}
	if (!rc && !missing)
		return;
	r->last = loop_now();
	r->times++;
	r->delay = r->delay * 2 < DELAY_MAX ? r->delay * 2 : DELAY_MAX;
	if (rc) {
		if (r->times == 1)
			log_warn("rules and routes of this link: %s", f.text);
		repair_in(v, r->delay);
		return;
	}
	if (r->times == 1)
		log_warn("another program has removed rules or routes of this "
			 "link; %zu set again",
			 missing);
	if (r->times < FIGHT || r->warned_of_fight)
		return;
	r->warned_of_fight = true;
	log_warn("another program keeps removing rules or routes of this "
		 "link; if it is systemd-networkd, set "
		 "ManageForeignRoutingPolicyRules=no and "
		 "ManageForeignRoutes=no in networkd.conf (docs/boot.md)");
}

void repair_soon(struct supervisor *v)
{
	struct repair *r = &v->repair;

	if (geteuid()) {
		/* The removal may have been a hook's own, or another peer's. */
		if (v->state != LINK_ONLINE || hooks_busy(v) || r->warned_user)
			return;
		r->warned_user = true;
		log_warn("a rule or route of sshdial's was removed while the "
			 "link is up; only a call by root sets such again, "
			 "`redial' does so for this link");
		return;
	}
	if (r->timer.armed || !routes_left(v->conf->name))
		return;
	if (!r->last || loop_now() - r->last > PEACE) {
		r->delay = DELAY_MIN;
		r->times = 0;
	}
	repair_in(v, r->delay);
}

static void on_slow(struct timer *t)
{
	repair_soon(t->arg);
	loop_timer(t->loop, t, SLOW, on_slow, t->arg);
}

void repair_open(struct supervisor *v)
{
	if (!geteuid())
		loop_timer(&v->loop, &v->repair.slow, SLOW, on_slow, v);
}

void repair_close(struct supervisor *v)
{
	loop_timer_stop(&v->repair.timer);
	loop_timer_stop(&v->repair.slow);
}
