/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_MESSAGE_H
#define SSHDIAL_IPC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include "base/reason.h"

/*
 * The fixed records between a session and its parent, one a datagram of a
 * SOCK_SEQPACKET pair.  The parent believes nothing in them but the numbers
 * it has checked, and prints their text only as printable characters.
 */
enum message_type {
	MESSAGE_STEP = 1, /* session: a step was reached; value is the step,
			     status the number of the host, hops first */
	MESSAGE_HOSTKEY,  /* session: data is a host key to be trusted or not */
	MESSAGE_LOG,	  /* session: a line for the log; value is its level */
	MESSAGE_END,	  /* session: value is the reason, status beside it */
	MESSAGE_TRUST,	  /* parent: the host key may be used */
	MESSAGE_LINE,	  /* parent: the line is ready for the first frame */
	MESSAGE_PROBE,	  /* parent: is the server still there? */
	MESSAGE_STOP,	  /* parent: end in good order */
	MESSAGE_MUX,	  /* parent: run one more command, data; value is an
			     enum far_request.  With MESSAGE_DESCRIPTORS */
};

enum step {
	STEP_RESOLVE,
	STEP_CONNECT,
	STEP_HOSTKEY,
	STEP_LOGIN,
	STEP_EXEC,
	STEP_FRAME, /* the far end's first PPP frame was seen */
	STEP_COUNT
};

/* What is asked for at the far end (RFC 4254, 6.5). */
enum far_request {
	FAR_COMMAND,   /* a command of the account's shell */
	FAR_SUBSYSTEM, /* a subsystem of the server, sftp for example */
	FAR_SHELL,     /* the shell itself, without a terminal */
};

#define MESSAGE_DATA_MAX 4096

/*
 * Of MESSAGE_MUX: the client's connection, for ipc/mux.h; a stream
 * socket for standard input and output; one for standard error.
 */
#define MESSAGE_DESCRIPTORS 3

struct message {
	uint32_t type; /* enum message_type */
	uint32_t value;
	uint32_t status; /* END: exit status of the far command; 0 to 255 */
	uint32_t len;	 /* bytes used in data */
	uint8_t data[MESSAGE_DATA_MAX]; /* a key, or text without a zero */
};

/* Makes the pair; both ends are non-blocking and close on exec.
 * 0 or -errno. */
int message_pair(int fd[2]);

/*
 * Sends one record; data may be NULL with len 0.  0, or -EAGAIN where the
 * other end does not read, -EMSGSIZE, or -errno.
 */
int message_send(int fd, enum message_type type, uint32_t value,
		 uint32_t status, const void *data, size_t len);

/*
 * Takes one record and checks its form: type known, len right, value in the
 * range of its type.  1: m is filled; 0: the other end is gone; -EAGAIN;
 * -EBADMSG: not a record of ours; or -errno.
 */
int message_receive(int fd, struct message *m);

/* MESSAGE_MUX with its descriptors, which stay open here.  As
 * message_send(). */
int message_send_mux(int fd, uint32_t request, const void *command, size_t len,
		     const int *descriptors);

/* As message_receive(), for the session.  With MESSAGE_MUX its descriptors
 * are the caller's; any that came with another record are closed. */
int message_receive_any(int fd, struct message *m, int *descriptors);

#endif
