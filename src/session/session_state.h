/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_SESSION_STATE_H
#define SSHDIAL_SESSION_SESSION_STATE_H

#include "base/log.h"
#include "base/loop.h"
#include "conf/ssh_targets.h"
#include "io/pump.h"
#include "ipc/message.h"
#include "ipc/session_plan.h"
#include "session/keepalive.h"
#include "ssh/channel.h"
#include "ssh/transport.h"

/* The whole state of a session process; private to this room. */
struct session {
	const struct conf *conf;
	const struct session_plan *plan;
	struct secrets *secrets;     /* all zero after the last login */
	struct session_stats *stats; /* shared with the parent, or NULL */
	struct loop loop;
	struct failure f; /* why the session ends; the loop quits with it */

	/* The hosts on the path, hops first, as conf_target() counts. */
	size_t host; /* that the session has reached, or tries to */
	size_t last; /* that it has to reach */
	struct conf_target target[CONF_TARGETS_MAX];
	struct transport *transports;	      /* of each host */
	struct transport *transport;	      /* of the host reached */
	struct channel via[CONF_TARGETS_MAX]; /* channel at the host before,
						 that the transport uses */
	struct channel channel;		      /* at the last one: the command */

	/* Records of the parent. */
	int control;
	struct watch control_watch;
	bool trusted;	 /* it has taken the host key */
	bool line_ready; /* its pppd has set up the line */
	uint32_t lost;	 /* log lines that it was too slow for */

	/* The phase of dialing, which has one deadline. */
	struct timer deadline;
	const char *phase;	   /* in words, for the failure */
	char phase_text[300];	   /* memory for such words */
	enum reason phase_timeout; /* the reason if the deadline is missed */

	struct keepalive keepalive;
};

/*
 * step.c: sends the parent a step at the host where the session is.  Waits if
 * the parent is busy, because the parent acts on steps: none may be lost.  0,
 * or -1 with s->f set and the loop told to quit.
 */
int session_send_step(struct session *s, struct message *m);

/* The same for a step that has no fields. */
int session_step(struct session *s, enum step step);

/* dial.c: connects and logs in at one host after the other.  0, or -1 with
 * s->f set. */
int session_dial(struct session *s);

/*
 * run_command.c: makes the line or the standard streams ready.  This comes
 * before the rights are dropped, because only its owner and root can open a
 * pipe anew.  0, or -1 with s->f set.
 */
int session_open_local_io(struct session *s);

/* run_command.c: undoes what other users of a terminal or pipe would notice. */
void session_restore_local_io(void);

/* run_command.c: runs the command to its end.  s->f has the reason, and the
 * status of the far command. */
void session_run_command(struct session *s);

/* run_forwards.c: runs the forwarded ports alone; ends in the same way. */
void session_run_forwards(struct session *s);

#endif
