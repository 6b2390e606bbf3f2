/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_FORWARD_LOCAL_H
#define SSHDIAL_SESSION_FORWARD_LOCAL_H

#include "conf/forward_spec.h"
#include "ipc/stats.h"
#include "session/stream.h"

/*
 * `forward-local': ports here, whose connections go to a host that the server
 * connects to.
 */
struct forward_local {
	struct stream_group group; /* first: stream->group is one of these */
	struct forward_locals *all;
	struct conf_forward spec;
	int fd[2]; /* that connections come from, or -1 */
	struct watch watch[2];
	struct timer accept_pause;
	/* After an open that the server did not answer in time connections are
	 * refused for `refuse_ms' (0: it answered the last). */
	int refuse_ms;
	int64_t refuse_until;
	bool unanswered; /* an open had the full limit, not only what others
			    who waited left it */
};

struct forward_locals {
	struct streams *streams;
	struct transport *transport;
	struct channel *any; /* an open channel, for channel_cancel_open() */
	int64_t open_limit;  /* ms for the server to connect */
	struct stream *opening;
	int last_opened; /* whose turn it was */
	int n;
	struct forward_local forward[CONF_FORWARDS_MAX];
	struct {
		char from[64];
		int from_port;
		int64_t since; /* the opening */
	} origin[STREAMS_MAX]; /* of each stream, by its number */
};

/* Adds one; text is its line of the configuration. */
struct forward_local *forward_local_add(struct forward_locals *l,
					const struct conf_forward *spec,
					const char *text);

/* Gives it a listening socket, at most two. */
void forward_local_add_port(struct forward_local *f, int fd);

/* Begins to accept. */
void forward_locals_start(struct forward_locals *l);

/* Closes streams that wait for a channel and whose socket is gone.  True if
 * any others wait. */
bool forward_locals_drop_gone(struct forward_locals *l);

/*
 * Opens channels, one after the other, for streams that wait.  False while the
 * server has yet to answer for one: then no other kind may be opened.
 */
bool forward_locals_open_channels(struct forward_locals *l);

/* Its numbers, for the parent. */
void forward_local_write_stats(const struct forward_local *f,
			       struct forward_stats *n);

#endif
