/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_CHANNEL_H
#define SSHDIAL_SSH_CHANNEL_H

#include <libssh2.h>
#include <stdbool.h>
#include <sys/types.h>
#include "base/failure.h"
#include "ipc/message.h"
#include "ssh/transport.h"

/*
 * One channel: standard input, output and error of a command at the far end
 * (RFC 4254, 6.5), or a TCP connection from there (7.2).  The functions have
 * the shape that a pump asks for; ctx is a struct channel.
 */
struct channel {
	struct transport *t;
	LIBSSH2_CHANNEL *ssh;
	int64_t number;		/* of a command, for exit_status_is_missing() */
	size_t unsettled;	/* length of the read to repeat, and bytes */
	unsigned long widening; /* of window to send, before others */
};

/* What the server may send (RFC 4254, 5.1). */
#define CHANNEL_PACKET_MAX 32768
struct channel_size {
	unsigned int window; /* bytes that may come unread, */
	unsigned int packet; /* and in one packet: at most CHANNEL_PACKET_MAX,
				as libssh2 cuts larger ones silently */
};

/*
 * Opens a channel for one of them with a receive window of `window` bytes.
 * Runs the loop.  0, or -1 with REASON_FAR_FAILED where the server refuses, or
 * as transport_wait().
 */
int channel_open(struct channel *ch, struct transport *t, unsigned int window,
		 struct failure *f);

/* Then starts it; `command` is also the name of the subsystem.  The same. */
int channel_start(struct channel *ch, enum far_request request,
		  const char *command, struct failure *f);

/*
 * The same two without waiting, beside other channels; one channel is opened
 * at a time, as forward_open() has it.  0; -EAGAIN: call again with the same
 * words when something has come; -ECONNREFUSED: the server says no; -EIO.
 */
int channel_try_open(struct channel *ch, struct transport *t,
		     struct channel_size size);
int channel_try_start(struct channel *ch, enum far_request request,
		      const char *command);

/*
 * Opens a channel that is a TCP connection from the server to host and port,
 * which it resolves.  Runs the loop.  0, or -1 with REASON_CONNECT where the
 * server says no, or as transport_wait().
 */
int channel_connect(struct channel *ch, struct transport *t, const char *host,
		    int port, struct failure *f);

/* Bytes of the command's output, or of its standard error: over 0; 0: the
 * end; -EAGAIN; -EIO: the connection is dead. */
ssize_t channel_read(void *ctx, void *buf, size_t len);
ssize_t channel_read_err(void *ctx, void *buf, size_t len);

/* Bytes to the command's standard input: over 0; -EAGAIN: the window or the
 * ring is full or a rekeying runs; -EIO: dead; -EPIPE: closed. */
ssize_t channel_write(void *ctx, const void *buf, size_t len);

/* Ends the command's standard input. 0, -EAGAIN, -EIO. */
int channel_shut(void *ctx);

/* Takes what the socket has into libssh2, whoever will read it. */
void channel_pull(struct channel *ch);

/* Lets the server send n bytes more.  0; -EAGAIN: call again with as many. */
int channel_widen(struct channel *ch, unsigned long n);

/* True when the server has closed the channel: status and signal are known. */
bool channel_closed(const struct channel *ch);

/*
 * How the command ended; call it after channel_closed().  Returns its exit
 * status, 0 to 255, or -1 if the server has not sent one; then sig (size
 * bytes) gets the name of the signal that killed the command, without "SIG",
 * or "" if the server has closed the channel without a word.
 */
int channel_status(struct channel *ch, char *sig, size_t size);

/*
 * A question that every server answers, and that leaves nothing behind in
 * libssh2: an environment variable for a command that already runs, which is
 * refused (RFC 4254, 6.4).  -EAGAIN until the answer is there: call again;
 * then 0.
 */
int channel_ping(struct channel *ch);

/* Closes our side.  0, -EAGAIN, -EIO. */
int channel_close(struct channel *ch);

#endif
