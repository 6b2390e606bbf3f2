/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_STATS_H
#define SSHDIAL_IPC_STATS_H

#include <stdint.h>
#include "conf/forward_spec.h"

enum forward_state {
	FORWARD_DOWN, /* not there; the server has not answered yet */
	FORWARD_UP,
	FORWARD_UNAVAILABLE, /* the server cannot give us the port now */
	FORWARD_REFUSED,     /* the server does not allow it */
};

struct forward_stats {
	uint64_t received; /* bytes from the far end */
	uint64_t sent;
	uint32_t open;	/* connections */
	uint32_t port;	/* of a remote one: the port that the server has */
	uint32_t state; /* enum forward_state */
};

/*
 * Numbers that the session keeps in shared memory, so that its parent can show
 * them without asking.  Only the session writes; each number is written in one
 * piece, but they may be of different moments.  The parent shows them and
 * believes nothing else of them.
 */
struct session_stats {
	uint64_t received; /* bytes of the connection to the first host */
	uint64_t sent;
	uint64_t down; /* bytes of the line, from the far end */
	uint64_t up;
	uint64_t rtt_us; /* of the last ping; 0 before the first */
	struct forward_stats forward[CONF_FORWARDS_MAX]; /* by number */
};

/*
 * Makes the shared memory, all zeros, in a memfd whose size nobody can change,
 * because a session could end its parent by SIGBUS if it cut it.  *fd is for
 * session_plan.stats.  NULL with errno set.
 */
struct session_stats *stats_open(int *fd);

/* Maps it in the session, and closes fd in any case.  NULL if fd is not such a
 * memfd. */
struct session_stats *stats_map(int fd);

#endif
