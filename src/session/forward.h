/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_FORWARD_H
#define SSHDIAL_SESSION_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The forwarded ports of a session, beside what else it carries.  A connection
 * is a socket here, a channel, and a pump each way.  At most
 * FORWARD_CONNECTIONS at a time; one more is closed at once, whichever side it
 * comes from.
 */
#define FORWARD_CONNECTIONS 256

struct session;

/*
 * Begins to accept here and asks the server to listen there.  For a session
 * with an open channel, whose loop calls forward_move().
 */
void forward_start(struct session *s);

/*
 * Moves what can be moved, the connections in turn; call it after what goes
 * first.  True where more could be moved at once.
 */
bool forward_move(struct session *s);

/* Bytes moved so far, both ways. */
uint64_t forward_moved(void);

/* True once the server has answered for every port. */
bool forward_ready(void);

/* Writes the numbers where the parent sees them. */
void forward_tell(const struct session *s);

/* Closes the connections and all that belongs to them. */
void forward_stop(void);

#endif
