/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_SESSION_PLAN_H
#define SSHDIAL_IPC_SESSION_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "conf/display.h"
#include "conf/forward_spec.h"
#include "conf/ssh_targets.h"
#include "ipc/message.h"
#include "ipc/login_secrets.h"
#include "ipc/stats.h"

/*
 * The task of one session.  The parent makes the plan and hands it over
 * with the configuration and the secrets in a sealed memfd(2), when it
 * executes the session (supervise/spawn.h).
 */

/* The descriptors that an executed session begins with, besides 0 to 2. */
#define PLAN_CONTROL_FD 3 /* its end of the pair of records */
#define PLAN_FD		4

enum session_job {
	SESSION_HOSTKEY,  /* to the host key of one server, and no further */
	SESSION_LOGIN,	  /* to the login at the last server */
	SESSION_EXEC,	  /* a command with standard input, output, error */
	SESSION_LINE,	  /* a far pppd and a line, with forwards beside it */
	SESSION_FORWARDS, /* forwards only */
	SESSION_JOBS
};

/* A socket that listens for connections of one forward-local. */
struct session_port {
	int fd;
	int forward; /* its number, as conf_forward() has it */
};

#define PLAN_LIST_MAX	(CONF_VALUE_MAX + 1) /* bytes of a list of algorithms */
#define PLAN_STORED_MAX 320

/*
 * The parent's knowledge of a host's key.  The session has no known_hosts
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
	int in;	 /* EXEC: standard input; LINE: the line */
	int out; /* EXEC: standard output; LINE: the line, the same number */
	int err; /* EXEC: standard error; otherwise -1: to the log */
	bool line_ready;     /* LINE: do not wait for MESSAGE_LINE */
	bool stale;	     /* LINE: discard what waits on it */
	const char *reached; /* the first host's address in an earlier session,
			      * for when its name is not resolved; or NULL */
	const struct session_port *port; /* LINE, KEEP: they stay open here */
	int ports;
	int stats; /* LINE, KEEP: of stats_open(); otherwise -1 */

	/* attempt_start() fills in the rest. */
	uid_t uid; /* of the account that the session becomes, if it is */
	gid_t gid; /* started by root */
	char hostkeys[PLAN_LIST_MAX]; /* the algorithms that may be used */
	struct plan_host host[CONF_TARGETS_MAX];
};

/* A plan as the session has it: what it points at is in here as well. */
struct plan_input {
	struct session_plan plan;
	struct conf conf;
	struct secrets secrets;
	struct display display;
	struct session_port port[CONF_FORWARDS_MAX];
	char reached[MESSAGE_ADDRESS_MAX];
};

/*
 * Writes plan, configuration, log level and secrets into a new memfd and seals
 * it.  The descriptor, which the caller closes as soon as the session runs, or
 * -errno.
 */
int plan_write(const struct session_plan *p, const struct conf *c,
	       const struct secrets *s);

/* True if the descriptor is such a memfd. */
bool plan_is_sealed(int fd);

/*
 * Reads a memfd of plan_write() into *in and opens the log on its level.  Each
 * length, number and text is checked.  0, -EBADMSG if anything in it is wrong,
 * or another -errno; then *in may be filled in part.
 */
int plan_read(int fd, struct plan_input *in);

#endif
