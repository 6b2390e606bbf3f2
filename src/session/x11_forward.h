/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_X11_FORWARD_H
#define SSHDIAL_SESSION_X11_FORWARD_H

#include "base/failure.h"
#include "conf/display.h"
#include "session/target.h"

/*
 * X11 for exec -X: each program at the far end that opens the display there is
 * a stream to the X server here.  It has to show a cookie that was made up for
 * this session; the X server gets its own in that place.
 */
struct x11_setup {
	uint8_t bytes[DISPLAY_SETUP_MAX]; /* the beginning of a stream */
	size_t used;
	bool done; /* it was right, and has gone on */
};

struct x11 {
	struct stream_group group; /* first: stream->group is one of these */
	struct streams *streams;
	const struct display *display;	     /* NULL: none was asked for */
	struct target target;		     /* if it is no socket file */
	uint8_t cookie[COOKIE_SIZE];	     /* made up */
	struct x11_setup setup[STREAMS_MAX]; /* of each stream, by number */
};

/* Asks the server for it, before the command is started on ch.  Runs the loop.
 * 0, or -1 with f set. */
int x11_forward_request(struct x11 *x, struct streams *streams,
			const struct display *d, struct channel *ch,
			struct failure *f);

/* Takes windows that have been opened since; once a turn. */
void x11_forward_accept(struct x11 *x, struct transport *t);

/* Ends the lookup of its name, if one is under way. */
void x11_forward_stop(struct x11 *x);

#endif
