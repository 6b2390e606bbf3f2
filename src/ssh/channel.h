/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_CHANNEL_H
#define SSHDIAL_SSH_CHANNEL_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/failure.h"
#include "ipc/message.h"
#include "ssh/transport.h"

/*
 * One channel: standard input, output and error of a command at the far end
 * (RFC 4254, 6.5), or a TCP connection from there (7.2).  The functions that
 * take a ctx have the shape that a pump asks for; it is a struct channel.
 */
struct channel {
	struct transport *t;
	LIBSSH2_CHANNEL *ssh;	      /* NULL: none */
	int64_t number;		      /* for packet_notes_lack_status() */
	size_t adjust_pending_len;    /* length of the read to repeat, and */
	unsigned long adjust_pending; /* bytes of the window adjust to repeat:
					 both before anything else is read */
};

/* Limits on what the server may send (RFC 4254, 5.1). */
#define CHANNEL_PACKET_MAX 32768
struct channel_size {
	unsigned int window; /* bytes that may come unread, */
	unsigned int packet; /* and in one packet: at most CHANNEL_PACKET_MAX,
				as libssh2 cuts larger ones silently */
};

/*
 * Opens a channel for a command with a receive window of `window` bytes.  Runs
 * the loop.  0, or -1 with REASON_FAR_FAILED if the server refuses, or as
 * transport_wait().
 */
int channel_open(struct channel *ch, struct transport *t, unsigned int window,
		 struct failure *f);

/* Then starts it; `command` is also the name of the subsystem.  The same. */
int channel_start(struct channel *ch, enum far_request request,
		  const char *command, struct failure *f);

/*
 * The same two without waiting, beside other channels; one channel is opened
 * at a time.  0; -EAGAIN: call again with the same words when something has
 * come; -ECONNREFUSED: the server says no; -EIO.
 */
int channel_try_open(struct channel *ch, struct transport *t,
		     struct channel_size size);
int channel_try_start(struct channel *ch, enum far_request request,
		      const char *command);

/*
 * Gives up an open that is under way, right after it gave -EAGAIN.  0, or
 * -EAGAIN if that cannot be done now, because of a key exchange; then the open
 * is under way still.  `any' is a channel that is open.
 *
 * libssh2 keeps the server's late answer until the session ends, and each of
 * its calls walks past it: give up few.  A connection that the server makes
 * after all is idle there until the session ends.
 */
int channel_cancel_open(struct transport *t, struct channel *any);

/* Bytes of the command's output, or of its standard error: over 0; 0: the
 * end; -EAGAIN; -EIO: the connection is broken. */
ssize_t channel_read(void *ctx, void *buf, size_t len);
ssize_t channel_read_err(void *ctx, void *buf, size_t len);

/* Bytes to the command's standard input: over 0; -EAGAIN: the window or the
 * ring is full or a key exchange runs; -EIO: broken; -EPIPE: closed. */
ssize_t channel_write(void *ctx, const void *buf, size_t len);

/* Ends the command's standard input. 0, -EAGAIN, -EIO. */
int channel_send_eof(void *ctx);

/* The transport inside a channel reads and writes it by these. */
extern const struct transport_carrier channel_carrier;

/* Takes what the socket has into libssh2, for any of its channels. */
void channel_receive_packets(struct channel *ch);

/* Lets the server send n bytes more.  0; -EAGAIN: call again with as many. */
int channel_adjust_window(struct channel *ch, unsigned long n);

/* True once the server has closed the channel. */
bool channel_is_closed(const struct channel *ch);

/*
 * How the command ended; call it after channel_is_closed().  Returns its exit
 * status, 0 to 255, or -1 if the server has not sent one; then sig (size bytes)
 * gets the name of the signal that killed the command, without "SIG", or "" if
 * the server has closed the channel without a word.
 */
int channel_exit_status(struct channel *ch, char *sig, size_t size);

/*
 * A question that every server answers, and that leaves nothing behind in
 * libssh2: an environment variable for a command that already runs, which is
 * refused (RFC 4254, 6.4).  -EAGAIN until the answer is there: call again;
 * then 0.
 */
int channel_ping(struct channel *ch);

/* Closes our side, and leaves the channel for the session's end. */
void channel_close(struct channel *ch);

/*
 * Closes a channel, with all that is unread or unsent, and frees it.  0, or
 * -EAGAIN until the server has closed it as well; `force' does not wait for
 * that, but for a key exchange.
 */
int channel_free(struct channel *ch, bool force);

#endif
