/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_PORTS_H
#define SSHDIAL_SUPERVISE_PORTS_H

#include "base/failure.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "ipc/plan.h"

/*
 * The sockets that listen for forward-local.  They are opened once, with the
 * rights that a port below 1024 needs, kept over all sessions and given to
 * each of them.
 */
struct ports {
	int n;
	struct session_port port[CONF_FORWARDS_MAX];
	struct watch watch[CONF_FORWARDS_MAX];
	struct timer pause; /* nobody can be accepted now */
	bool short_of;	    /* what accept(2) needs: it was said */
};

/* Opens them; waits a moment for a port that an older session is about to give
 * up, while no signal waits.  0, or -1 with REASON_FORWARD or REASON_ASKED. */
int ports_open(struct ports *p, const struct conf *c, struct failure *f);

/* While there is no session: each connection is closed at once. */
void ports_refuse(struct ports *p, struct loop *l, bool on);

/* Closes them all. */
void ports_close(struct ports *p);

#endif
