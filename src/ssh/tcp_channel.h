/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_TCP_CHANNEL_H
#define SSHDIAL_SSH_TCP_CHANNEL_H

#include <stddef.h>
#include "base/failure.h"
#include "ssh/channel.h"

/*
 * Channels that are TCP connections at the server (RFC 4254, 7): to a host
 * that the server resolves, and from a port where it listens for us.
 *
 * libssh2 opens one channel at a time in a session and gives up after a
 * minute, so channels are opened one after the other; see
 * channel_cancel_open().
 */
struct tcp_target {
	const char *host; /* at most TCP_HOST_MAX bytes */
	int port;
	const char *from; /* the address that asks, for the server's log */
	int from_port;
	struct channel_size size;
};

#define TCP_HOST_MAX 255

/*
 * Opens a channel to a target.  0; -EAGAIN: call again with the same words when
 * something has come; or, with the server's reason in why: -EACCES (it is not
 * allowed there), -ECONNREFUSED (it could not connect), -EIO.
 */
int tcp_channel_open(struct channel *ch, struct transport *t,
		     const struct tcp_target *to, char *why, size_t size);

/*
 * The same for a transport inside this one; runs the loop.  0, or -1 with
 * REASON_CONNECT if the server says no, or as transport_wait().
 */
int tcp_channel_connect(struct channel *ch, struct transport *t,
			const char *host, int port, struct failure *f);

/* A port at the server. */
struct tcp_listener {
	struct transport *t;
	LIBSSH2_LISTENER *ssh; /* NULL: none */
	bool asking;
};

/* Connections that may come between two calls of tcp_listener_accept(). */
#define TCP_LISTENER_QUEUE 256

/*
 * Asks the server to listen on host and port (0: it chooses), one at a time.
 * *port gets the port.  0; -EAGAIN; -EACCES: refused, with the server's words
 * in why; -EADDRINUSE: it did not get the port, and servers say no more than
 * that; -EIO.
 */
int tcp_listener_open(struct tcp_listener *l, struct transport *t,
		      const char *host, int *port, char *why, size_t size);

/* Takes a connection that has come: 0, or -EAGAIN if there is none. */
int tcp_listener_accept(struct tcp_listener *l, struct channel *ch);

#endif
