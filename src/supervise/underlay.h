/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_UNDERLAY_H
#define SSHDIAL_SUPERVISE_UNDERLAY_H

#include <stdbool.h>
#include "route/netlink.h"

/* The network below the tunnel: the route to the server, and the clock. */
struct supervisor;

struct underlay {
	struct netlink netlink;
	struct netlink_route route; /* of the connection; while we wait, of the
				     * next one */
	uid_t session_uid;	    /* of the session's account, or -1 */
	int64_t slept; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC, in ms */
	struct timer tick;
};

/* Begins to watch.  Without netlink, a warning is logged. */
void underlay_open(struct supervisor *v);
void underlay_close(struct supervisor *v);

/* Looks for the route that the next session will take; false if there is none.
 * Without an answer of the kernel there is said to be one. */
bool underlay_find_route(struct supervisor *v);

/* A session has connected: takes over the addresses of both ends, and the
 * route that the connection has. */
void underlay_connected(struct supervisor *v);

#endif
