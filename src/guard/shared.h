/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SHARED_H
#define SSHDIAL_SHARED_H

#include <stdint.h>

/*
 * What `exec --shared' hears of its command, on its connection to the control
 * socket: first from the supervisor, which may say no, then from the session,
 * which the connection was handed to.  One record each.
 */
#define SHARED_MAGIC 0x73646c32 /* "sdl2" */

enum shared_word {
	/* Nothing has run: */
	SHARED_REFUSED, /* and may on another connection; text says why not */
	SHARED_DENIED,	/* and must not */
	/* From here on it may have run: not a second time. */
	SHARED_BEGUN,
	SHARED_ENDED,  /* with status; all of its output has been handed over */
	SHARED_KILLED, /* by the signal that text names, without "SIG" */
	SHARED_LOST,   /* nobody knows how it ends; text says why */
	SHARED_WORDS
};

struct shared_news {
	uint32_t magic;
	uint16_t word;	 /* enum shared_word */
	uint16_t status; /* ENDED: 0 to 255 */
	char text[240];	 /* ends with a zero */
};

/* Tells it, without waiting.  0, or -errno: -EPIPE where nobody hears it. */
__attribute__((format(printf, 4, 5))) int
shared_tell(int fd, enum shared_word word, int status, const char *fmt, ...);

/*
 * Takes the next record; flags as of recv(2).  1: n is filled, its text
 * printable; 0: there is no more; -EBADMSG: no such record; or -errno.
 */
int shared_hear(int fd, struct shared_news *n, int flags);

#endif
