/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_PORTS_H
#define SSHDIAL_PORTS_H

#include "base/failure.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "session/session.h"

/*
 * The sockets that listen for forward-local.  They are opened once, with the
 * rights that a port below 1024 needs, kept over all sessions and given to
 * each of them.
 */
struct ports {
	int n;
	struct session_port port[CONF_FORWARDS_MAX];
	struct watch watch[CONF_FORWARDS_MAX];
};

/* Opens them; waits a moment for a port that an older session is about to give
 * up.  0, or -1 with REASON_FORWARD. */
int ports_open(struct ports *p, const struct conf *c, struct failure *f);

/* While there is no session: each connection is closed at once. */
void ports_refuse(struct ports *p, struct loop *l, bool on);

/* Closes them all. */
void ports_close(struct ports *p);

#endif
