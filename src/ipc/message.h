/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_MESSAGE_H
#define SSHDIAL_IPC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include "base/reason.h"

/*
 * The records between a session and its parent, one a datagram of a
 * SOCK_SEQPACKET pair (unix(7)).  Each type has one fixed size and typed
 * fields, which message_receive() checks by one table before anybody sees
 * them.  The parent makes what it shows to people out of these fields and its
 * own configuration; the few texts that a record carries are for people only,
 * are made printable first, and decide nothing.
 */

/* The steps of a session, in their order.  Each is also a type of record. */
enum step {
	STEP_RESOLVE, /* the name of the first host has been looked up */
	STEP_CONNECT, /* the host is connected */
	STEP_HOSTKEY, /* a question: the session waits for MESSAGE_TRUST */
	STEP_LOGIN,
	STEP_EXEC,  /* the far command runs, or the forwards begin */
	STEP_FRAME, /* the far end's first PPP frame; or all remote forwards
		       have an answer */
	STEP_COUNT
};

enum message_type {
	/* 0 to STEP_COUNT - 1: the steps, from the session */
	MESSAGE_LOG = STEP_COUNT, /* session: a line for the log */
	MESSAGE_END,		  /* session: its last record */
	MESSAGE_TRUST,		  /* parent: the host key may be used */
	MESSAGE_LINE,  /* parent: the line is ready for the first frame */
	MESSAGE_PROBE, /* parent: is the server still there? */
	MESSAGE_STOP,  /* parent: end in good order */
	MESSAGE_MUX,   /* parent: run one more command; comes with
			  MESSAGE_DESCRIPTORS */
	MESSAGE_TYPES
};

/* What is asked for at the far end (RFC 4254, 6.5). */
enum far_request {
	FAR_COMMAND,   /* a command of the account's shell */
	FAR_SUBSYSTEM, /* a subsystem of the server, sftp for example */
	FAR_SHELL,     /* the shell itself, without a terminal */
};

#define MESSAGE_KEY_MAX	    4096 /* bytes of a host key */
#define MESSAGE_COMMAND_MAX 4096 /* bytes of a command */
#define MESSAGE_ADDRESS_MAX 64	 /* with the zero; and a scope */

/*
 * Of MESSAGE_MUX: the client's connection, for ipc/mux.h; a stream
 * socket for standard input and output; one for standard error.
 */
#define MESSAGE_DESCRIPTORS 3

struct message_resolve {
	uint32_t addresses; /* 0: none; the last known one is taken */
};

/* Of host 0 alone both addresses are set; later ones are reached through the
 * host before. */
struct message_connect {
	char server[MESSAGE_ADDRESS_MAX]; /* an address, or "" */
	char local[MESSAGE_ADDRESS_MAX];  /* our own end's, or "" */
};

struct message_hostkey {
	uint32_t len;
	uint8_t key[MESSAGE_KEY_MAX]; /* RFC 4253, 6.6; zeros behind len */
};

struct message_login {
	char method[200]; /* that was accepted, in words */
};

struct message_log {
	uint32_t level; /* enum log_level */
	uint32_t lost;	/* lines before this one that did not fit */
	char text[640];
};

struct message_end {
	uint32_t reason; /* enum reason */
	uint32_t status; /* of the far command, 0 to 255 */
	char text[400];
};

struct message_mux {
	uint32_t request; /* enum far_request */
	uint32_t len;
	char command[MESSAGE_COMMAND_MAX]; /* no zero in the first len */
};

struct message {
	uint32_t type; /* enum step or enum message_type */
	uint32_t host; /* steps: which host, hops first; otherwise 0 */
	union {
		struct message_resolve resolve;
		struct message_connect connect;
		struct message_hostkey hostkey;
		struct message_login login;
		struct message_log log;
		struct message_end end;
		struct message_mux mux;
	};
};

/* Makes the pair; both ends are non-blocking and close on exec.
 * 0 or -errno. */
int message_pair(int fd[2]);

/* Begins a record: all zero but its type, so that nothing of another one is
 * sent with it. */
void message_begin(struct message *m, uint32_t type);

/*
 * Sends one record of m->type; other fields are ignored.
 * 0, -EAGAIN if the other end does not read, -EINVAL if a field is wrong, or
 * another -errno of send(2).  Never a signal.
 */
int message_send(int fd, const struct message *m);

/* The same, but waits up to `ms` for the other end to read: for records that
 * must not be lost.  -EAGAIN after that time. */
int message_send_patiently(int fd, const struct message *m, int64_t ms);

/*
 * Takes one record and checks its form: its type, its size, every field.
 * 1: m is filled, and all its texts end with a zero; 0: the other end is gone;
 * -EAGAIN; -EBADMSG: not a record of ours; or another -errno of recv(2).
 */
int message_receive(int fd, struct message *m);

/* Sends a MESSAGE_MUX with its descriptors, which stay open here.  As
 * message_send(). */
int message_send_mux(int fd, const struct message *m, const int *descriptors);

/* As message_receive(), for the session.  With MESSAGE_MUX its
 * MESSAGE_DESCRIPTORS are the caller's; any that came with another record are
 * closed. */
int message_receive_any(int fd, struct message *m, int *descriptors);

#endif
