/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_PORTS_H
#define SSHDIAL_SUPERVISE_PORTS_H

#include "base/failure.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "ipc/session_plan.h"

/*
 * The sockets that listen for forward-local.  They are opened once, with the
 * rights that a port below 1024 needs, kept over all sessions and given to
 * each of them.
 */
struct ports {
	int n;
	struct session_port port[CONF_FORWARDS_MAX];
	struct watch watch[CONF_FORWARDS_MAX];
	struct timer pause; /* after an accept(2) that failed */
	bool warned;	    /* about that */
};

/* Opens them.  A port in use is tried again for 2 s, because a session of an
 * earlier call may be about to close it.  0, or -1 with f set: REASON_FORWARD,
 * or REASON_ASKED if a signal came meanwhile. */
int ports_open(struct ports *p, const struct conf *c, struct failure *f);

/* While no session has them (`on`), each connection is reset at once; with
 * `on` false they are left to the session. */
void ports_refuse(struct ports *p, struct loop *l, bool on);

/* Closes all of them. */
void ports_close(struct ports *p);

#endif
