/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_X11_H
#define SSHDIAL_SSH_X11_H

#include "ssh/channel.h"

/*
 * X11 forwarding (RFC 4254, 6.3).  Before x11_request(), libssh2 refuses
 * every X11 channel that the server opens.
 */

/*
 * Asks for it, for a command that ch has yet to start; `cookie` is what
 * programs at the far end get to show, in hexadecimal.  Runs the loop.  0, or
 * -1 with REASON_FAR_FAILED if the server refuses, or as transport_wait().
 */
int x11_request(struct channel *ch, const char *cookie, int screen,
		struct failure *f);

/* Takes a connection that has come: 0, or -EAGAIN if there is none. */
int x11_accept(struct transport *t, struct channel *ch);

#endif
