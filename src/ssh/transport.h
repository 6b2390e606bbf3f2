/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_TRANSPORT_H
#define SSHDIAL_SSH_TRANSPORT_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/failure.h"
#include "base/loop.h"
#include "io/ring.h"
#include "conf/conf.h"
#include "ssh/exit_status.h"
#include "ssh/kexinit.h"

/*
 * One SSH connection (RFC 4253) on a connected socket, by libssh2, without
 * blocking.  libssh2 has one outgoing packet at a time; where the socket takes
 * only a part of it, every other sender is refused and a rekeying stalls for
 * ever.  So our send callback takes every packet whole into a ring, and the
 * ring goes to the socket when it has room.
 *
 * A transport may stand inside another one: then a channel of that one is what
 * the socket is for the outermost.  Each has a ring of its own, and no more
 * goes from a ring into the next than that has room for, so that none can
 * overflow.  What is said below of a transport is true of all of its stack.
 */

#define TRANSPORT_RING_SIZE ((size_t)512 * 1024)
#define TRANSPORT_READ_TURN ((size_t)64 * 1024) /* received in one turn */
#define TRANSPORT_ANSWERS   ((size_t)64 * 1024) /* free, or nothing is read */
#define TRANSPORT_LIST_MAX  512 /* bytes of a list of algorithms */
#define TRANSPORT_X11_MAX   1024

struct channel;

struct transport {
	LIBSSH2_SESSION *ssh;
	LIBSSH2_AGENT *agent; /* NULL where there is none */
	struct loop *loop;
	struct watch watch;
	int fd;		     /* the socket, of the outermost */
	struct channel *via; /* of the transport around this one, or NULL */
	const char *hop;     /* its host's name, for messages; NULL: server */
	bool dead;	     /* libssh2 is not to be called any more */
	bool ended; /* the socket gives no more; libssh2 may still have some */
	bool mute;  /* the socket takes no more; what is sent is dropped */
	int error;  /* why: -errno, or 0 for the server's close */
	const char *password; /* while keyboard-interactive asks */
	size_t high_water;    /* bytes in the ring from which nobody may add */
	size_t pending;	      /* length of the write to via that gave -EAGAIN */
	struct timer soon;    /* of transport_wait() */
	bool drained;	   /* the socket had no more in this turn: libssh2 asks
			      again before each packet that it sends */
	size_t turn;	   /* bytes received since transport_turn() */
	uint64_t received; /* bytes of the socket, for liveness and status */
	uint64_t sent;
	bool refuse;	     /* reading fails: libssh2 is to give up waiting */
	int64_t received_at; /* loop_now() of the last received byte */
	size_t first_len;
	uint8_t first[KEXINIT_BYTES_MAX]; /* the first bytes received */
	char farewell[200]; /* what the server said when it disconnected */
	char remark[200];   /* and what it said last in a debug message */
	bool forced; /* the key's line there has a forced command, it said */
	struct exit_status_notes exit_status;
	char hostkeys[TRANSPORT_LIST_MAX]; /* the lists that we offer */
	char kex[TRANSPORT_LIST_MAX];
	LIBSSH2_CHANNEL *x11[TRANSPORT_X11_MAX]; /* opened by the server, and */
	size_t x11s;				 /* nobody's yet: ssh/x11.h */
	struct ring out;
	uint8_t memory[TRANSPORT_RING_SIZE];
};

/* Makes the libssh2 session; no network yet.  0, or -1 with f set. */
int transport_init(struct transport *t, struct loop *l, struct failure *f);

/* Sets a callback of libssh2; what it gets as `abstract` is t. */
void transport_callback(struct transport *t, int which, void (*fn)(void));

/*
 * Sets what may be negotiated: the lists of the configuration, or our own
 * (strongest first, nothing on SHA-1, no CBC, no arcfour), cut to what the
 * library knows.  `hostkeys` is the list of host key algorithms.  0, or -1
 * with REASON_CONFIG where the library knows none of a list.
 */
int transport_algorithms(struct transport *t, const struct conf *c,
			 const char *hostkeys, struct failure *f);

/* Copies those of a list of host key algorithms that the library knows.  0, or
 * -1 with REASON_CONFIG if it knows none of them. */
int transport_hostkey_offer(struct transport *t, const char *want, char *out,
			    size_t size, struct failure *f);

/* True where the server offers no host key algorithm of those offered by us;
 * `theirs` (size bytes) gets what it offers.  After a failed handshake. */
bool transport_no_hostkey(const struct transport *t, char *theirs, size_t size);

/*
 * The key exchange on fd, which is non-blocking and then belongs to t.  Runs
 * the loop.  0, or -1 with f set (REASON_HANDSHAKE, REASON_LINK_LOST), or -1
 * with f as it was after somebody's loop_quit().
 */
int transport_handshake(struct transport *t, int fd, struct failure *f);

/* The same over a channel of another transport, which stays the caller's and
 * has to outlive t. */
int transport_handshake_via(struct transport *t, struct channel *via,
			    struct failure *f);

/* The transport on the socket. */
const struct transport *transport_outermost(const struct transport *t);

/* The server's host key after a handshake, *len bytes in wire form; or NULL. */
const uint8_t *transport_hostkey(const struct transport *t, size_t *len);

/*
 * Runs the loop until the socket is worth another try; for calls of libssh2
 * that gave EAGAIN.  0, or -1 as above.
 */
int transport_wait(struct transport *t, struct failure *f);

/* Sends what the ring has and starts a new turn of receiving. */
void transport_turn(struct transport *t);

/*
 * libssh2 looks for an answer among the packets that it has, then reads the
 * socket; a packet of the same kind that was for another channel makes it
 * give up there.  So where several channels are open, calls that wait for an
 * answer do not read between these two: the session has read before.
 */
bool transport_hold(struct transport *t);
void transport_release(struct transport *t, bool before);

/* Bytes that came and went so far, through all rings: where it grows, something
 * has moved. */
uint64_t transport_moved(const struct transport *t);

/*
 * Whether the server has said that it speaks SSH.  If not, `said` gets what it
 * said instead, its first line, or "" for nothing.
 */
bool transport_is_ssh(const struct transport *t, char *said, size_t size);

/* What to wait for: EPOLLIN, where the ring has room for answers, and EPOLLOUT
 * where it has bytes. */
uint32_t transport_events(const struct transport *t);

/* True while callers may hand over more bytes. */
bool transport_room(const struct transport *t);

/* Notes a failure of the connection, in the library's words where it has any
 * and the system's otherwise; where it is one of a transport around t, with
 * the name of its hop.  Always -1. */
int transport_fail(struct transport *t, enum reason r, const char *what,
		   struct failure *f);

/* Leaves the agent, where there is one: it would sign for whoever asks. */
void transport_leave_agent(struct transport *t);

/* Disconnects if it can at once, frees all, closes the socket; from the
 * innermost to the outermost. */
void transport_close(struct transport *t);

#endif
