/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_CONTROL_H
#define SSHDIAL_IPC_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "conf/conf.h"
#include "conf/forward_spec.h"
#include "ipc/message.h"

/*
 * The control socket of a supervisor, RUNSTATEDIR/sshdial/NAME.sock; for an
 * ordinary user below XDG_RUNTIME_DIR.  One record asks, one answers; a client
 * has CONTROL_LIMIT ms for it, and at most CONTROL_CLIENTS are heard at a
 * time.  Root, the user and, where configured, a group may ask; where there is
 * no place for root or the user, the group's oldest client loses its own.
 */
#define CONTROL_MAGIC	0x73646c31 /* "sdl1" */
#define CONTROL_VERSION 3
#define CONTROL_CLIENTS 8
#define CONTROL_LIMIT	5000
#define CONTROL_WAIT	1000
#define CONTROL_PAUSE	1000 /* ms, while there is no descriptor to be had */

enum control_verb {
	CONTROL_STATUS = 1,
	CONTROL_REDIAL,
	CONTROL_HANGUP,
	/* Of `sshdial hook', and only of root's: */
	CONTROL_HOOK_ASK,  /* an event begins: is the link ours? */
	CONTROL_HOOK_DONE, /* and is over: ok, text */
	/* Of `exec --shared', root's or the user's: */
	CONTROL_SHARED,
};

/* All there is of the first three. */
struct control_request {
	uint32_t magic;
	uint16_t version;
	uint16_t verb;
};

enum control_event {
	CONTROL_IP_UP,
	CONTROL_IP_DOWN,
	CONTROL_IPV6_UP,
	CONTROL_IPV6_DOWN,
	CONTROL_EVENTS
};

enum control_outcome {
	CONTROL_FAILED, /* why is in text */
	CONTROL_SET,
	CONTROL_COMMAND, /* all is set, and the command has failed: text */
};

/* Texts end with a zero. */
struct control_hook {
	struct control_request head;
	uint16_t event;	  /* enum control_event */
	uint16_t ok;	  /* DONE: enum control_outcome */
	int32_t pppd_pid; /* as pppd tells it to its scripts */
	uint32_t starter; /* of pppd, its real user */
	char interface[16], local[48], remote[48];
	char text[256]; /* DONE: what was set, or what failed */
};

enum control_verdict {
	CONTROL_NOT_OURS, /* no link of this supervisor */
	CONTROL_GO_ON,
	CONTROL_REFUSED, /* the link's addresses, for text */
	CONTROL_AGAIN,	 /* an earlier event is not over: ask again */
};

struct control_hook_answer {
	uint32_t magic;
	uint16_t version;
	uint16_t verdict; /* enum control_verdict */
	uint16_t ending;  /* 1: the link ends, and no other follows */
	uint16_t port;	  /* of the server */
	char server[64];  /* the address of the connection */
	char say[16];	  /* for SSHDIAL_EVENT; "" where no command is due */
	char text[200];
};

/* A forwarded port, of this session; state is an enum forward_state. */
struct control_forward {
	uint64_t received, sent; /* bytes */
	uint32_t open;		 /* connections */
	uint16_t port;		 /* 0: not known yet */
	uint16_t state;
	char text[48]; /* "forward-local 80:www:80", cut */
};

/*
 * A command for the session, which comes with two stream sockets: for standard
 * input and output, and for standard error.  There is no answer of its own: the
 * connection goes on to the session, and ipc/mux.h says what comes then.
 */
#define CONTROL_COMMAND_MAX MESSAGE_COMMAND_MAX

struct control_shared {
	struct control_request head;
	uint16_t request; /* enum far_request */
	uint16_t len;	  /* of the command; no zero ends it */
	char command[CONTROL_COMMAND_MAX];
};

/* What can be seen from outside.  Times in ms, -1 where there is none. */
struct control_status {
	uint32_t magic;
	uint16_t version;
	uint16_t pipe; /* 1: pppd started us */
	int32_t pid, session_pid, pppd_pid;
	char peer[33], state[16], interface[16], local[48], remote[48];
	char server[64]; /* the address of the connection */
	int64_t since;	 /* in this state */
	int64_t up;	 /* the link, since it came up last */
	int64_t next_try;
	uint64_t received, sent;    /* bytes of the line, over all sessions */
	uint64_t rtt_us;	    /* of this session */
	uint64_t sessions;	    /* that have ended */
	char reason[32], text[400]; /* of the last end of a session, or "" */
	uint32_t forwards;
	struct control_forward forward[CONF_FORWARDS_MAX];
	char hook[256]; /* what the hook failed at last, or "" */
};

/* The client's side: asks the supervisor of a peer.  0, -ENOENT (nobody
 * calls it), -EACCES, -EPROTO (another version), -EBUSY (too many ask),
 * -ETIMEDOUT, or -errno. */
int control_ask(const char *peer, enum control_verb verb,
		struct control_status *answer);

/*
 * Asks the session of a peer to run a command, and passes it the two
 * descriptors of struct control_shared, which stay open here.  The connection
 * that ipc/mux.h is heard on, or -ENOENT (nobody calls the peer), -EACCES,
 * -EMSGSIZE (the command is too long), or -errno.
 */
int control_share(const char *peer, uint16_t request, const char *command,
		  const int *descriptors);

/*
 * The hook's side: tells q, of which `head' is filled in here, to the
 * supervisor of a peer: root's or, where there is none, that of q->starter;
 * another user's, who may have put a socket there, is not told anything.  Who
 * calls a peer beside root's call has nothing set: there is one ledger of it;
 * but the end of a link is told to the user's where it is none of root's.
 * *whose is the user of who has answered.  0 also where the answer is
 * CONTROL_NOT_OURS; else as control_ask(), and -ECONNREFUSED where a killed
 * supervisor left its socket.
 */
int control_hook(const char *peer, enum control_verb verb,
		 struct control_hook *q, struct control_hook_answer *answer,
		 uid_t *whose);

/* Whether this user calls the peer now; for root.  A socket that another user
 * has put there does not count. */
bool control_called_by(const char *peer, uid_t uid);

/* Whether somebody, of whichever user, calls the peer now; for root. */
bool control_called(const char *peer);

/* Whether somebody listens at this socket. */
bool control_there(const char *path);

/* The folder of the sockets that this user sees.  0 or -ENOENT. */
int control_folder(char *out, size_t size);

#endif
