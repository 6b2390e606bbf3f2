/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_TRANSPORT_H
#define SSHDIAL_SSH_TRANSPORT_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/failure.h"
#include "base/loop.h"
#include "io/ring.h"
#include "conf/conf.h"
#include "ssh/kexinit.h"
#include "ssh/packet_notes.h"

/*
 * One SSH connection (RFC 4253) on a connected socket, by libssh2, without
 * blocking.  A transport may stand inside another one, at whose end a hop
 * is: then a channel of that one is what the socket is for the outermost.
 * What is said below of a transport is true of all of its stack.
 */

#define TRANSPORT_RING_SIZE ((size_t)512 * 1024)
#define TRANSPORT_READ_TURN ((size_t)64 * 1024) /* received in one turn */
#define TRANSPORT_ANSWERS   ((size_t)64 * 1024) /* free, or nothing is read */
#define TRANSPORT_LIST_MAX  512 /* bytes of a list of algorithms */
#define TRANSPORT_X11_MAX   1024

struct channel;

/* The answer to libssh2 when it asks for more from the socket. */
enum transport_rx {
	TRANSPORT_RX_OPEN,    /* what is there */
	TRANSPORT_RX_BLOCKED, /* -EAGAIN, until the next turn */
	TRANSPORT_RX_EOF,     /* -EAGAIN for ever: it may have some left */
	TRANSPORT_RX_ABORT,   /* an error: it is to give up waiting */
};

/* How a transport inside uses the channel that carries it; see channel.h. */
struct transport_carrier {
	ssize_t (*read)(void *channel, void *buf, size_t len);
	ssize_t (*write)(void *channel, const void *buf, size_t len);
	void (*receive)(struct channel *ch); /* channel_receive_packets() */
};

struct transport {
	LIBSSH2_SESSION *ssh;
	LIBSSH2_AGENT *agent; /* NULL if there is none */
	struct loop *loop;
	struct watch watch;
	int fd;			  /* the socket, of the outermost */
	struct transport *around; /* whose channel carries it, or NULL */
	struct channel *via;	  /* that channel, and how it is used */
	const struct transport_carrier *carrier;
	const char *hop; /* its host's name, for messages; NULL: server */
	bool broken;	 /* libssh2 is not to be called any more */
	bool tx_broken;	 /* the socket takes no more: what is sent is dropped */
	enum transport_rx rx;
	int error; /* why it is broken: -errno, or 0 for the server's close */
	const char *password; /* while keyboard-interactive asks */
	size_t high_water;    /* bytes in the ring above which callers wait */
	size_t pending;	      /* length of the write to via to be repeated */
	struct timer soon;    /* of transport_wait() */
	size_t turn;	      /* bytes received since transport_turn() */
	uint64_t received;    /* bytes of the socket, for liveness and status */
	uint64_t sent;
	int64_t received_at; /* loop_now() of the last received byte */
	size_t first_len;
	uint8_t first[KEXINIT_BYTES_MAX]; /* the first bytes received */
	char farewell[200]; /* what the server said when it disconnected */
	char remark[200];   /* and what it said last in a debug message */
	bool forced;	    /* it said that the key has a forced command */
	struct packet_notes notes; /* ssh/packet_notes.h */
	bool wipes; /* what libssh2 frees: it may have held a secret */
	char hostkeys[TRANSPORT_LIST_MAX]; /* the lists that we offer */
	char kex[TRANSPORT_LIST_MAX];
	LIBSSH2_CHANNEL *x11[TRANSPORT_X11_MAX]; /* opened by the server and */
	size_t x11s;				 /* not taken yet: ssh/x11.h */
	struct ring out;
	uint8_t memory[TRANSPORT_RING_SIZE];
};

/* Makes the libssh2 session; no network yet.  0, or -1 with f set. */
int transport_init(struct transport *t, struct loop *l, struct failure *f);

/*
 * The key exchange on fd, which is non-blocking and then belongs to t.  Runs
 * the loop.  0, or -1 with f set (REASON_HANDSHAKE, REASON_LINK_LOST), or -1
 * with f as it was if anything else called loop_quit().
 */
int transport_handshake(struct transport *t, int fd, struct failure *f);

/* The same over a channel of another transport, which stays the caller's and
 * has to outlive t. */
int transport_handshake_via(struct transport *t, struct transport *around,
			    const struct transport_carrier *carrier,
			    struct channel *via, struct failure *f);

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
 * Makes libssh2 read nothing until transport_resume_rx(), which gets the value.
 * libssh2 looks for an answer among the packets that it has, then reads the
 * socket; a packet of the same kind for another channel makes it give up there.
 * So calls that wait for an answer while several channels are open are made
 * with receiving paused: the session has read before.
 */
enum transport_rx transport_pause_rx(struct transport *t);

/* Undoes transport_pause_rx(). */
void transport_resume_rx(struct transport *t, enum transport_rx before);

/* True once nothing more comes: broken, or the end of the socket's bytes was
 * read. */
bool transport_is_over(const struct transport *t);

/* Bytes that came and went so far, through all rings: if it grows, something
 * has moved. */
uint64_t transport_moved(const struct transport *t);

/*
 * True if the server has sent the identification of SSH.  If not, `said' (size
 * bytes) gets the first line that it sent instead, or "" for nothing.
 */
bool transport_is_ssh(const struct transport *t, char *said, size_t size);

/* Watches the socket, to be read if the ring has room for answers and to be
 * written if it has bytes; for a loop whose turns do the rest.  0 or -errno. */
int transport_watch(struct transport *t);

/* True while callers may hand over more bytes. */
bool transport_room(const struct transport *t);

/* Notes a failure of the connection, in the library's words if it has any and
 * the system's otherwise; with the name of the hop if it is one of a transport
 * around t.  Always -1. */
int transport_fail(struct transport *t, enum reason r, const char *what,
		   struct failure *f);

/* After the logins: disconnects from the agent, which would sign for anyone who
 * asks, and overwrites no more what libssh2 frees. */
void transport_forget_secrets(struct transport *t);

/* Disconnects if it can at once, frees all, closes the socket; from the
 * innermost to the outermost. */
void transport_close(struct transport *t);

#endif
