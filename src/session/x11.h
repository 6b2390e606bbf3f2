/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_X11_H
#define SSHDIAL_SESSION_X11_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * X11 for exec -X: each program at the far end that opens the display there is
 * a connection like those of forwarded ports, whose target is the X server
 * here.  It has to show a cookie that was made up for this session; the X
 * server gets its own in that place.
 */

struct session;
struct connection;

/* Asks the server for it, before the command is started.  Runs the loop.  0,
 * or -1 with s->f set. */
int x11_ask(struct session *s);

/* Takes what has come since; once a turn. */
void x11_take(struct session *s);

/* How many there are, and bytes moved so far. */
unsigned int x11_connections(void);
uint64_t x11_moved(void);

/* Ends the look-up of its name, if one is under way. */
void x11_stop(void);

/* It is open: the first bytes have to come soon. */
void x11_begin(struct connection *c);

/*
 * The first bytes of a connection, with the X server's own cookie in them: in
 * the place of channel_read() until c->buffers->started.  -EACCES after a
 * warning: it does not have the session's cookie.
 */
ssize_t x11_first(struct connection *c, void *buf, size_t len);

/* Connects to the X server's socket: 0 or -errno, with c->fd set. */
int x11_connect(struct connection *c);

#endif
