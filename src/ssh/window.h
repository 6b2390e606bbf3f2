/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_WINDOW_H
#define SSHDIAL_SSH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ssh/channel.h"

/*
 * A channel whose receive window follows a limit that changes: how many bytes
 * the server may have under way on it.  libssh2 renews the window at each read
 * (RFC 4254, 5.2), to what the channel was opened with; all arithmetic that
 * keeps it from that is here.
 *
 * A channel that we open has a window of WINDOW_FIRST bytes and is read in
 * pieces so small that libssh2 does not renew it: window_renew() does.  A
 * channel that the server opens has 2 MiB from the start: so much is left
 * unread there that no more than the limit remains of the window.
 */
#define WINDOW_FIRST 1024 /* bytes */

struct window_limit {
	size_t bytes;	 /* that may come unread */
	uint64_t period; /* grows with each answer of the server */
};

/* All zeros for a new channel. */
struct window {
	unsigned long adjust; /* bytes that the server has yet to be granted */
	uint64_t taken;	      /* bytes read so far */
	uint64_t came;	      /* bytes that had come at the last look, */
	uint64_t period;      /* which was in this period */
	bool paused;	      /* fewer have come since than a bulk brings */
	int64_t withheld_at;  /* when we left bytes unread, or 0 */
};

/* Sends what is left of an adjust: 0, or -EAGAIN during a key exchange. */
int window_send_adjust(struct channel *ch, struct window *w);

/*
 * Before a read: cuts *len to what the limit allows.  0; -EAGAIN: a key
 * exchange delays an adjust; -EBUSY: the bytes are left unread, and the next
 * answer of the server may change that, so somebody should ask for one.
 */
int window_before_read(struct channel *ch, struct window *w,
		       struct window_limit limit, size_t *len);

/* After n bytes were read, and at the opening with 0: grants the server what
 * the limit, in bytes, allows. */
void window_renew(struct channel *ch, struct window *w, size_t n, size_t limit);

#endif
