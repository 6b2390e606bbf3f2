/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_STREAM_H
#define SSHDIAL_SESSION_STREAM_H

#include "conf/conf.h"
#include "io/pump.h"
#include "session/budget.h"
#include "ssh/channel.h"
#include "ssh/window.h"

/*
 * A stream is a socket here, a channel, and a pump each way: a connection of a
 * forwarded port, an X11 window, a command over a running session.  It knows
 * none of these; they reach it through the table of their group.
 */
#define STREAMS_MAX   256 /* at a time; one more is closed at once */
#define STREAMS_SPARE 32  /* that are being closed because they are too many */

/* ms for the server to open a channel: after a minute libssh2 would give up
 * with an error that does not say so. */
#define STREAM_OPEN_LIMIT 50000

enum stream_state {
	STREAM_FREE,
	STREAM_PENDING, /* its user makes socket and channel */
	STREAM_OPEN,
	STREAM_CLOSING, /* until the server has closed its side */
};

struct stream;

/* The functions by which a stream reaches its user; each may be NULL. */
struct stream_user {
	void (*on_open)(struct stream *st);
	/* Instead of channel_read(). */
	ssize_t (*read)(struct stream *st, void *buf, size_t len);
	/* After each move, instead of closing the stream when both pumps are
	 * done or one has failed.  True if more can be moved. */
	bool (*on_move)(struct stream *st);
	/* Before it is closed, by anybody. */
	void (*on_close)(struct stream *st);
};

/* The common part of all streams of one origin, such as a forwarded port. */
struct stream_group {
	const struct stream_user *user;
	void *owner; /* of the user; target.c: its struct target */
	char name[CONF_VALUE_MAX + 16]; /* for messages */
	int64_t complained_at;
	unsigned int open;	 /* streams that are not FREE or CLOSING */
	uint64_t received, sent; /* bytes from the server and to it */
};

struct streams;
struct stream_pumps;

struct stream {
	struct streams *set;
	struct stream_group *group;
	enum stream_state state;
	bool queued;	/* pending: waits until other channels are opened */
	uint64_t order; /* of its beginning */
	struct channel channel;
	int fd; /* of the socket, or -1 */
	struct watch watch;
	struct timer timer; /* pending: its user's */
	bool late;	    /* closing: the timer is over */
	bool readable, writable;
	bool gone;		    /* the socket's other side */
	bool reset;		    /* by that side, or it did not answer */
	struct stream_pumps *pumps; /* while it is open */
	struct window window;
	uint64_t budget_period;	  /* when it took bytes last */
	size_t write_pending_len; /* of the write that gave -EAGAIN, or 0 */
	uint64_t empty_at;	  /* see stream_read() */
};

struct stream_pumps {
	struct pump up, down;
};

/* All of a session.  Watches and timers of the loop point into it. */
struct streams {
	struct loop *loop;
	struct budget budget;
	struct channel dropped; /* to be closed, in none of the pool */
	uint64_t orders;
	size_t last_moved;
	struct stream pool[STREAMS_MAX + STREAMS_SPARE];
};

/* Before all others; without a limit until budget_start() sets one. */
void streams_init(struct streams *set, struct loop *loop);

/* A new stream, pending; or NULL after a complaint: too many. */
struct stream *stream_take(struct streams *set, struct stream_group *g);

/*
 * The same for a channel that the server has opened; NULL: it is being closed.
 * Only after streams_may_accept(), which a key exchange can delay.
 */
struct stream *stream_accept(struct streams *set, struct stream_group *g,
			     const struct channel *ch);
bool streams_may_accept(struct streams *set);

/* The i-th, or NULL behind the last; and which one it is. */
struct stream *stream_at(struct streams *set, size_t i);
size_t stream_number(const struct stream *st);

/* True if streams of other groups are queued. */
bool streams_queued_beside(const struct streams *set,
			   const struct stream_group *g);

/*
 * Watches st->fd for good, edge-triggered.  If anything but stream_close()
 * closes it from now on, the other side sees a reset.  0 or -errno.
 */
int stream_watch(struct stream *st);

/* The size to open channels with. */
struct channel_size streams_channel_size(const struct streams *set);

/* Socket and channel are there: begins to move bytes. */
void stream_open(struct stream *st);

/*
 * Reads one of the channel's streams by read(ctx, ...), within the budget, as
 * pump_source has it.  *empty_at is kept for that stream: the number of bytes
 * received, and one, when it had nothing left.
 */
typedef ssize_t stream_read_fn(void *ctx, void *buf, size_t len);
ssize_t stream_read(struct stream *st, uint64_t *empty_at, stream_read_fn *read,
		    void *ctx, void *buf, size_t len);

/* Closes both sides; the socket's other side sees a reset if it has not got
 * all. */
void stream_close(struct stream *st);

/* Moves what can be moved, the streams in turn.  True if there is more. */
bool streams_move(struct streams *set);

/* Frees those whose channel is closed by now; once a turn. */
void streams_finish_closing(struct streams *set);

/* Closes all. */
void streams_stop(struct streams *set);

/* Warns that something is wrong with a group, at most every ten seconds. */
__attribute__((format(printf, 2, 3))) void
stream_complain(struct stream_group *g, const char *fmt, ...);

#endif
