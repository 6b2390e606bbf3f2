/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_CARRIED_H
#define SSHDIAL_SESSION_CARRIED_H

#include <stdbool.h>
#include <stdint.h>
#include "ipc/message.h"
#include "session/mux_commands.h"

/*
 * All that a session carries beside its line or its command: forwarded ports,
 * X11 and commands of `exec --shared'.  There is one session in a process, and
 * one of these.
 */
#define CARRIED_STREAMS_MAX	STREAMS_MAX /* sockets of ports and windows */
#define CARRIED_MUX_DESCRIPTORS (3 * MUX_COMMANDS_MAX) /* of commands */

struct session;

/*
 * Asks the server for X11 forwarding, for the command that the session's
 * channel has yet to start.  Runs the loop.  0, or -1 with s->f set.
 */
int carried_ask_x11(struct session *s);

/*
 * Begins to accept connections and commands, and asks the server to listen.
 * For a session with an open channel, whose loop calls carried_move().
 */
void carried_start(struct session *s);

/* Takes a command that the parent has sent, with its descriptors. */
void carried_take_command(struct session *s, const struct message *m,
			  const int *descriptors);

/*
 * Moves what can be moved; call it once a turn, after what goes first.  True if
 * more could be moved at once.
 */
bool carried_move(struct session *s);

/* Bytes moved so far, both ways. */
uint64_t carried_bytes(void);

/* X11 windows that are open. */
unsigned int carried_windows(void);

/* True once the server has answered for every port. */
bool carried_ports_answered(void);

/* Writes the numbers of the connection and of forwarded ports where the parent
 * sees them. */
void carried_write_stats(const struct session *s);

/* Closes all streams and what belongs to them. */
void carried_stop(void);

#endif
