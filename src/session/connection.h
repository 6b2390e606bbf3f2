/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_CONNECTION_H
#define SSHDIAL_SESSION_CONNECTION_H

#include "conf/forward_spec.h"
#include "io/pump.h"
#include "session/share.h"
#include "session/state.h"
#include "ssh/lookup.h"
#include "ssh/tcp_channel.h"
#include "ssh/window.h"

/* Connections of forwarded ports, X11 and shared commands; private to
 * forward.c, connection.c, target.c, x11.c and shared.c. */

/* ms for the server to open a channel: after a minute libssh2 would give up,
 * and not say that it was for the time. */
#define OPEN_LIMIT 50000

enum connection_state {
	CONNECTION_FREE,
	CONNECTION_NAME,     /* remote: waits for the addresses of its target */
	CONNECTION_CONNECT,  /* remote: connects to one of them */
	CONNECTION_QUEUED,   /* local: waits for others that are being opened */
	CONNECTION_OPENING,  /* local: the server connects */
	CONNECTION_STARTING, /* a shared command, until the server has started
				it */
	CONNECTION_OPEN,
	CONNECTION_CLOSING, /* until the server has closed its side */
};

struct forward {
	struct session *s;
	int number; /* as conf_forward() has it */
	struct conf_forward spec;
	char text[CONF_VALUE_MAX + 16]; /* the line of the configuration */
	/* local */
	int fd[2]; /* that connections come from, or -1 */
	struct watch watch[2];
	struct timer pause;
	int silence; /* ms: nobody is accepted after an open that the server
		      did not answer in time; 0: it answered the last */
	int64_t silent_until;
	bool dead; /* once it had all of its time, and not only what others who
		      waited left it */
	/* remote */
	struct tcp_listener listener;
	struct timer again;
	int port; /* at the server, once it listens */
	bool due; /* to be asked for */
	bool asked;
	bool held; /* by somebody else */
	bool refused;
	int64_t held_since;
	const struct display *display; /* of X11, otherwise NULL */
	struct lookup lookup;	       /* of its target */
	struct lookup_answer answer;   /* the last one */
	int64_t answered_at;
	int64_t complained_at;
	unsigned int open;
	uint64_t received, sent; /* bytes from the server and to it */
};

struct buffers {
	struct pump up, down;
	/* X11: the beginning of what the program sends */
	uint8_t setup[DISPLAY_SETUP_MAX];
	size_t used;
	bool started; /* it was right, and has gone on */
};

struct mux_command;

struct connection {
	enum connection_state state;
	struct forward *forward;
	struct mux_command *shared; /* a command's, otherwise NULL */
	struct channel channel;	    /* its ssh is NULL where there is none */
	struct buffers *buffers;    /* while it is open */
	int fd;
	struct watch watch;
	struct timer timer;
	bool late;     /* the timer is over */
	int64_t since; /* opening */
	bool readable, writable;
	bool gone;  /* the socket's other side */
	bool reset; /* by that side, or it did not answer */
	struct window window;
	size_t capped;	 /* length of the write that gave -EAGAIN, or 0 */
	uint64_t period; /* of the share, when it took bytes last */
	uint64_t seen;	 /* bytes received when the channel had no more */
	uint64_t order;
	char from[64];
	int from_port;
	int tried; /* addresses of the target */
};

/* What all of them share with the line. */
extern struct share the_share;

/* A free one for this forward, or NULL; spare: one that is only to be
 * closed. */
struct connection *connection_take(struct forward *f, bool spare);

/* The i-th, or NULL behind the last. */
struct connection *connection_at(size_t i);

/* Watches the socket for good: edge-triggered.  If it is closed by anybody but
 * connection_close(), it is reset.  0 or -errno. */
int connection_watch(struct connection *c);

/* What a channel is opened with. */
struct channel_size connection_size(void);

/* Channel and socket are there: gives it buffers. */
void connection_open(struct connection *c);

/*
 * Reads one of the channel's streams by `read', in the bounds of the_share;
 * *seen is kept for that stream.  As pump_source has it.
 */
typedef ssize_t stream_read_fn(void *ctx, void *buf, size_t len);
ssize_t connection_read(struct connection *c, uint64_t *seen,
			stream_read_fn *read, void *ctx, void *buf, size_t len);

/* Moves bytes and sees what that means.  True where more can be moved. */
bool connection_move(struct connection *c);

/* Closes both sides; the local one sees a reset where it has not got all. */
void connection_close(struct connection *c);

/* Closing: once a turn. */
void connection_closing(struct connection *c);

/* A connection has come from the server: connects to the target. */
void target_begin(struct connection *c);
void target_stop(struct forward *f);

/* Takes a connection that the server has opened, where forward_may_take(). */
bool forward_may_take(void);
void forward_take(struct forward *f, const struct channel *ch);

/* Says what is wrong with a forward, but not all the time. */
__attribute__((format(printf, 2, 3))) void
forward_complain(struct forward *f, const char *fmt, ...);

#endif
