/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_STATS_H
#define SSHDIAL_IPC_STATS_H

#include <stdint.h>
#include "conf/forward_spec.h"

enum forward_state {
	FORWARD_DOWN, /* the server is being asked */
	FORWARD_UP,
	FORWARD_HELD, /* the server does not give the port: somebody has it */
	FORWARD_REFUSED, /* the server does not allow it */
};

struct forward_stats {
	uint64_t received; /* bytes, from the far end */
	uint64_t sent;
	uint32_t open; /* connections */
	uint32_t port; /* remote: that the server chose */
	uint32_t state;
};

/*
 * Numbers that the session keeps for its parent in shared memory, so that
 * nobody has to ask it: each is written whole, and only by the session.
 */
struct session_stats {
	uint64_t received; /* bytes of the connection */
	uint64_t sent;
	uint64_t down; /* bytes of the line, from the far end */
	uint64_t up;
	uint64_t rtt_us; /* of the last ping, 0 before the first */
	struct forward_stats forward[CONF_FORWARDS_MAX]; /* by number */
};

/*
 * Makes the shared memory, all zeros, in a memfd whose size nobody can change:
 * a session that cuts it would end its parent by SIGBUS.  *fd is to be handed
 * to the sessions.  NULL with errno set.
 */
struct session_stats *stats_open(int *fd);

/* The session's view of it; fd is closed in any case.  NULL if it is not such
 * a memfd. */
struct session_stats *stats_map(int fd);

#endif
