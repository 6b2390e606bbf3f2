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
 * The control socket of a supervisor: RUNSTATEDIR/sshdial/NAME.sock for root,
 * NAME.sock in the folder sshdial of XDG_RUNTIME_DIR for another user, of type
 * SOCK_SEQPACKET.  A connection carries one record and its answer, but for
 * hooks and for commands over the session (below).
 *
 * Root, the supervisor's user and, if configured, a group may connect.  At
 * most CONTROL_CLIENTS connections are served at a time, each for CONTROL_LIMIT
 * ms; if there is no slot for root or the user, the oldest one of the group is
 * closed.
 */
#define CONTROL_MAGIC	0x73646c31 /* "sdl1" */
#define CONTROL_VERSION 3
#define CONTROL_CLIENTS 8
#define CONTROL_LIMIT	5000
#define CONTROL_PAUSE	1000 /* ms, before it tries to accept again */

enum control_verb {
	CONTROL_STATUS = 1,
	CONTROL_REDIAL,
	CONTROL_HANGUP,
	/* Of `sshdial hook`, only root's: */
	CONTROL_HOOK_ASK,  /* an event begins: is the link ours? */
	CONTROL_HOOK_DONE, /* and is over: outcome, text */
	/* Of `exec --shared`, root's or the user's: */
	CONTROL_MUX,
};

/* The whole record of the first three verbs, and the head of the others. */
struct control_request {
	uint32_t magic;
	uint16_t version;
	uint16_t verb;
};

/*
 * A hook's event.  The first four are pppd's scripts'.  The last two are the
 * supervisor's own: a session is over while pppd stays, and pppd has ended
 * without its scripts.
 */
enum control_event {
	CONTROL_IP_UP,
	CONTROL_IP_DOWN,
	CONTROL_IPV6_UP,
	CONTROL_IPV6_DOWN,
	CONTROL_HELD,
	CONTROL_DOWN,
	CONTROL_EVENTS
};

enum control_outcome {
	CONTROL_FAILED, /* why is in text */
	CONTROL_SET,
	CONTROL_COMMAND, /* all is set, and the command has failed: text */
};

/*
 * A hook's connection lasts as long as its event.  The hook asks (ASK) and has
 * its answer when the events before this one are over, which may take
 * CONTROL_HOOK_TURN ms.  When all is done it says so (DONE), has an answer and
 * closes.  If it closes without DONE, it has died, and the event is over.
 */
#define CONTROL_HOOK_TURN 45000
#define CONTROL_HOOK_LIFE 120000 /* ms, of the connection */

/* Texts end with a zero. */
struct control_hook {
	struct control_request head;
	uint16_t event;	  /* enum control_event */
	uint16_t outcome; /* DONE: enum control_outcome */
	int32_t pppd_pid; /* the pppd whose script it is; 0 for our own */
	uint32_t starter; /* the real user of that pppd */
	char interface[16], local[48], remote[48];
	char text[256]; /* DONE: what was set, or what failed */
};

enum control_verdict {
	CONTROL_NOT_OURS, /* no link of this supervisor */
	CONTROL_GO_ON,
	CONTROL_REFUSED, /* the link's addresses, for text */
};

struct control_hook_answer {
	uint32_t magic;
	uint16_t version;
	uint16_t verdict; /* enum control_verdict */
	uint16_t ending;  /* 1: the link ends, and no other follows */
	uint16_t port;	  /* of the server */
	char server[64];  /* the address of the connection */
	char say[16];	  /* SSHDIAL_EVENT of the command; "": none is due */
	char text[200];	  /* REFUSED: why */
};

/* A forwarded port in this session. */
struct control_forward {
	uint64_t received, sent; /* bytes */
	uint32_t open;		 /* connections */
	uint16_t port;		 /* 0: not known yet */
	uint16_t state;		 /* enum forward_state */
	char text[48];		 /* "forward-local 80:www:80", cut */
};

/*
 * A command to run over the session.  Two stream sockets come with it: one for
 * standard input and output, one for standard error.  The supervisor passes all
 * three connections on to the session, which answers as ipc/mux.h says.
 */
#define CONTROL_COMMAND_MAX MESSAGE_COMMAND_MAX

struct control_mux {
	struct control_request head;
	uint16_t request; /* enum far_request */
	uint16_t len;	  /* of the command; no zero ends it */
	char command[CONTROL_COMMAND_MAX];
};

/* The state of a call, for people and programs.  Times are in ms; -1: none. */
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

/*
 * The client's side: asks our own supervisor of a peer or, if there is none,
 * root's.  0; -ENOENT: nobody calls the peer; -EACCES; -EPROTO: it speaks
 * another version; -EBUSY: it has no slot for us; -ETIMEDOUT; or -errno.
 */
int control_ask(const char *peer, enum control_verb verb,
		struct control_status *answer);

/*
 * Asks the session of a peer to run a command, and passes it the two sockets
 * of struct control_mux, which stay open here.  Returns the connection on which
 * ipc/mux.h is spoken; or -ENOENT: nobody calls the peer; -EACCES; -EMSGSIZE:
 * the command is too long; or -errno.
 */
int control_run_command(const char *peer, uint16_t request, const char *command,
			const int *descriptors);

/*
 * The hook's side, for root: connects to the supervisor of a peer that this
 * very user has started.  Root's is looked for in RUNSTATEDIR/sshdial, another
 * user's in /run/user/UID/sshdial, and anybody else's listener there is
 * refused (SO_PEERCRED), so that what a user puts into that folder can lead us
 * neither to root's processes nor to another user's.  *pid is the listener's
 * process.  The connection, or -ENOENT (nobody calls), -ECONNREFUSED (the
 * supervisor was killed and left its socket), -EACCES, -ETIMEDOUT, or -errno.
 */
int control_hook_open(const char *peer, uid_t uid, pid_t *pid);

/*
 * Sends q, of which `head` is filled in here, and waits up to `limit` ms for
 * the answer.  0; -EPIPE: the supervisor has ended or has closed; or as
 * control_ask().
 */
int control_hook_ask(int fd, enum control_verb verb, struct control_hook *q,
		     struct control_hook_answer *answer, int limit);

/*
 * For root: true if this user calls the peer now.  A listener that another
 * user has put there does not count.  Never waits: if the listener's queue is
 * full, the owner of the socket's file counts.
 */
bool control_called_by(const char *peer, uid_t uid);

/* For root: true if somebody calls the peer now: root, or a user for whom
 * counts(arg, uid) is true; NULL: any. */
bool control_called(const char *peer, bool (*counts)(void *arg, uid_t uid),
		    void *arg);

/* The folder of this user's sockets.  0; or -ENOENT: without XDG_RUNTIME_DIR
 * there is none. */
int control_folder(char *out, size_t size);

#endif
