/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_FORWARD_H
#define SSHDIAL_SSH_FORWARD_H

#include "ssh/channel.h"

/*
 * Port forwarding (RFC 4254, 7) beside what else a connection carries.  None
 * of these functions waits; each is called again on -EAGAIN, when something
 * has come from the server.
 *
 * libssh2 opens one channel at a time in a session and gives up after a
 * minute, so channels are opened one after the other, and one that the server
 * does not answer for is given up by forward_open_cancel().
 */

/* A channel to host and port, as the server sees them. */
struct forward_target {
	const char *host;
	int port;
	const char *from; /* who asks: told to the server */
	int from_port;
	struct channel_size size;
};

/*
 * Opens a channel.  0; -EAGAIN: call again with the same words; or, with the
 * server's reason in why: -EACCES (not allowed), -ECONNREFUSED (it could not
 * connect), -EIO.
 */
int forward_open(struct channel *ch, struct transport *t,
		 const struct forward_target *to, char *why, size_t size);

/*
 * Right after forward_open() gave -EAGAIN: gives up the open that is under way.
 * 0, or -EAGAIN where that cannot be done now; then the open is under way
 * still.  `any` is a channel that is open.  What the server answers later meets
 * nobody, but libssh2 keeps it until the session ends, and each of its calls
 * walks past it: give up few.  A connection that the server makes after all is
 * idle there until the session ends.
 */
int forward_open_cancel(struct transport *t, struct channel *any);

/* Bytes of a channel's window. */
struct forward_window {
	size_t first;  /* at the opening */
	size_t left;   /* that the server may send or that are unread */
	size_t unread; /* of them */
};
struct forward_window forward_window(const struct channel *ch);

/* A port at the server. */
struct forward_listener {
	struct transport *t;
	LIBSSH2_LISTENER *ssh; /* NULL: none */
	bool asking;
};

/* Connections that may come between two calls of forward_accept(). */
#define FORWARD_QUEUE 256

/*
 * Asks the server to listen on host and port (0: it chooses), one at a time.
 * *port gets the port.  0; -EAGAIN; -EACCES: refused, with the server's words
 * in why; -EADDRINUSE: it did not get the port, and servers say no more than
 * that; -EIO.
 */
int forward_listen(struct forward_listener *l, struct transport *t,
		   const char *host, int *port, char *why, size_t size);

/* Takes a connection that has come: 0, or -EAGAIN where there is none. */
int forward_accept(struct forward_listener *l, struct channel *ch);

/*
 * Closes a channel, whatever is unread or unsent, and frees it.  0, or -EAGAIN
 * until the server has closed it, too; force does not wait for that.
 */
int forward_close(struct channel *ch, bool force);

#endif
