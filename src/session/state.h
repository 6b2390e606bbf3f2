/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_STATE_H
#define SSHDIAL_SESSION_STATE_H

#include "base/log.h"
#include "base/loop.h"
#include "conf/ssh_targets.h"
#include "ipc/message.h"
#include "io/pump.h"
#include "session/keepalive.h"
#include "session/session.h"
#include "ipc/plan.h"
#include "ssh/channel.h"
#include "ssh/transport.h"

/* All that the session process has; private to this room. */
struct session {
	const struct conf *conf;
	const struct session_plan *plan;
	struct auth_secrets *secrets;
	struct session_stats *stats; /* shared with the parent, or NULL */
	struct loop loop;
	struct failure f;
	size_t level; /* of the server that we are at, from 0 */
	size_t last;  /* the level to reach */
	struct conf_target target[CONF_TARGETS_MAX]; /* one for each level */
	struct channel via[CONF_TARGETS_MAX]; /* what carries the transport */
	struct transport *transports;	      /* CONF_TARGETS_MAX of them */
	struct transport *transport; /* of this level; at the last one that of
					the channel */
	struct channel channel;
	int control;
	struct watch control_watch;
	struct timer deadline;
	const char *phase; /* what the deadline is for, in words */
	char next[300];	   /* such words */
	enum reason late;  /* and the reason when it is over */
	bool trusted;	   /* the parent took the host key */
	uint32_t lost;	   /* log lines that the parent was too slow for */
	bool line_ready;   /* the parent's pppd has set up the line */
	struct keepalive keepalive;
};

/*
 * Sends the parent a step at the host where the session is.  Waits if the
 * parent is busy, because the parent acts on steps: none may be lost.  0, or
 * -1 with s->f set and the loop told to quit.
 */
int session_send_step(struct session *s, struct message *m);

/* The same for a step that has no fields. */
int session_step(struct session *s, enum step step);

/* dial.c: from the name of the first hop, or of the server, to the login at the
 * last.  0, or -1 with s->f set. */
int session_dial(struct session *s);

/*
 * carry.c: makes the line or the streams ready.  Before the rights are dropped:
 * a pipe can be opened again only by its owner and root.  0, or -1 with
 * s->f set.  session_restore_ends() takes back what others would notice.
 */
int session_open_ends(struct session *s);
void session_restore_ends(void);

/* carry.c: the command, the pumps, the end.  s->f has the reason; status is
 * that of the far command. */
void session_run_command(struct session *s);

/* keep.c: forwarded ports alone; ends as session_run_command() does. */
void session_run_forwards(struct session *s);

#endif
