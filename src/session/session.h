/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_H
#define SSHDIAL_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "conf/forward.h"
#include "session/display.h"
#include "ssh/auth.h"
#include "ssh/channel.h"

/*
 * The session: one SSH connection, with those that it goes through, and what
 * it carries, in a process of its own, which is forked for one attempt and has
 * no rights (guard/drop.h).  It tells its parent each step and its end by
 * records (guard/message.h).
 */
enum session_job {
	SESSION_HOSTKEY, /* as far as a host key */
	SESSION_LOGIN,	 /* as far as a login */
	SESSION_EXEC,	 /* a command with standard input, output, error */
	SESSION_LINE,	 /* a far pppd and a line, with forwards beside it */
	SESSION_KEEP,	 /* forwards only */
};

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
	uint64_t rekeys;
	struct forward_stats forward[CONF_FORWARDS_MAX]; /* by number */
};

/* A socket that listens for a forward. */
struct session_port {
	int fd;
	int forward; /* its number, as conf_forward() has it */
};

struct session_plan {
	enum session_job job;
	size_t target;		  /* HOSTKEY: whose, as conf_target() counts */
	enum far_request request; /* EXEC; for LINE it is a command */
	const struct display *display; /* EXEC: the X server, or NULL */
	const char *command;	       /* EXEC, LINE */
	int in;		     /* EXEC: its standard input ...; LINE: both the */
	int out;	     /* line; the descriptors stay open here */
	int err;	     /* EXEC only, otherwise -1: to the log */
	bool line_ready;     /* LINE: do not wait for MESSAGE_LINE */
	bool held;	     /* LINE: what waits on it is stale */
	const char *reached; /* the first host's address of an earlier session,
			      * for where its name is not resolved; or NULL */
	const struct session_port *port; /* LINE, KEEP: they stay open here */
	int ports;
	struct session_stats *stats; /* LINE, KEEP: shared memory, or NULL */
};

/*
 * Forks the session.  *control gets our end of the records.  The process id,
 * or -1 with f set.  Nothing of the child returns from here.
 */
pid_t session_start(const struct conf *c, const struct session_plan *plan,
		    struct auth_secrets *s, int *control, struct failure *f);

#endif
