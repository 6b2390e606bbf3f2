/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_PLAN_H
#define SSHDIAL_IPC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/display.h"
#include "conf/ssh_targets.h"
#include "ipc/message.h"
#include "ipc/stats.h"

/*
 * What one session is to do.  The parent makes the plan; the session has it,
 * beside the configuration, from its start and only reads it.
 */
enum session_job {
	SESSION_HOSTKEY, /* as far as a host key */
	SESSION_LOGIN,	 /* as far as a login */
	SESSION_EXEC,	 /* a command with standard input, output, error */
	SESSION_LINE,	 /* a far pppd and a line, with forwards beside it */
	SESSION_KEEP,	 /* forwards only */
	SESSION_JOBS
};

/* A socket that listens for a forward. */
struct session_port {
	int fd;
	int forward; /* its number, as conf_forward() has it */
};

#define PLAN_LIST_MAX	(CONF_VALUE_MAX + 1) /* bytes of a list of algorithms */
#define PLAN_STORED_MAX 320

/*
 * What the parent knows of a host's key.  The session has no known_hosts
 * entries: it sends the key that it is shown, and the parent gives the
 * verdict (supervise/hostkey.h).
 */
struct plan_host {
	char offer[PLAN_LIST_MAX];    /* the host key algorithms to offer, with
				      commas; "" if a key is stored that none
				      of them could sign with */
	char stored[PLAN_STORED_MAX]; /* "FILE:LINE has a TYPE key for HOST":
					 the key that binds the host; or "" */
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
	const char *reached; /* the first host's address in an earlier session,
			      * for when its name is not resolved; or NULL */
	const struct session_port *port; /* LINE, KEEP: they stay open here */
	int ports;
	struct session_stats *stats; /* LINE, KEEP: shared memory, or NULL */

	/* attempt_start() fills in the rest. */
	char hostkeys[PLAN_LIST_MAX]; /* the algorithms that may be used */
	struct plan_host host[CONF_TARGETS_MAX];
};

#endif
