/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_MUX_H
#define SSHDIAL_SESSION_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ipc/message.h"

/*
 * Commands of `exec --shared' beside what the session carries.  Each is a
 * channel of its own and, here, a connection like those of forwarded ports: a
 * socket from and to the client for standard input and output, one more for
 * standard error.  What becomes of it the client hears as ipc/mux.h says.
 * At most SHARED_MAX at a time.
 */
#define SHARED_MAX	   16
#define SHARED_DESCRIPTORS 3 /* that each has */

struct session;
struct connection;

/* From now on commands are taken; until then, and after mux_stop(), they
 * are refused. */
void mux_start(struct session *s);
void mux_stop(void);

/* Takes one that the parent has sent, with its descriptors. */
void mux_take(struct session *s, const struct message *m,
	      const int *descriptors);

/* True once there has been one; how many are open; bytes moved so far. */
bool mux_used(void);
unsigned int mux_open_now(void);
uint64_t mux_moved(void);

/*
 * Opens channels, one after the other, for those that wait.  False while the
 * server has yet to answer for one: then no other kind may be opened.
 */
bool mux_open(void);

/* Starts commands in channels that are open; once a turn. */
void mux_begin(void);

/* Moves a command's standard error, and sees what all that means: its
 * connection may be closed then.  True where more can be moved. */
bool mux_move(struct connection *c);

/* Its connection is being closed: tells the client how it ended, if nobody has
 * yet. */
void mux_over(struct connection *c);

#endif
