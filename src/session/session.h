/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_SESSION_H
#define SSHDIAL_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "conf/display.h"
#include "ipc/message.h"
#include "ipc/stats.h"
#include "keys/secrets.h"

/*
 * The session: one SSH connection, with those that it goes through, and what
 * it carries, in a process of its own, which is forked for one attempt and has
 * no rights (guard/drop.h).  It tells its parent each step and its end by
 * records (ipc/message.h).
 */
enum session_job {
	SESSION_HOSTKEY, /* as far as a host key */
	SESSION_LOGIN,	 /* as far as a login */
	SESSION_EXEC,	 /* a command with standard input, output, error */
	SESSION_LINE,	 /* a far pppd and a line, with forwards beside it */
	SESSION_KEEP,	 /* forwards only */
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
