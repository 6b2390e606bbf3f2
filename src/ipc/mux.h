/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_MUX_H
#define SSHDIAL_IPC_MUX_H

#include <stdint.h>

/*
 * What `exec --shared' hears of its command, on its connection to the control
 * socket: first from the supervisor, which may say no, then from the session,
 * which the connection was handed to.  One record each.
 */
#define MUX_MAGIC 0x73646c32 /* "sdl2" */

enum mux_word {
	/* Nothing has run: */
	MUX_REFUSED, /* and may on another connection; text says why not */
	MUX_DENIED,  /* and must not */
	/* From here on it may have run: not a second time. */
	MUX_BEGUN,
	MUX_ENDED,  /* with status; all of its output has been handed over */
	MUX_KILLED, /* by the signal that text names, without "SIG" */
	MUX_LOST,   /* nobody knows how it ends; text says why */
	MUX_WORDS
};

struct mux_report {
	uint32_t magic;
	uint16_t word;	 /* enum mux_word */
	uint16_t status; /* ENDED: 0 to 255 */
	char text[240];	 /* ends with a zero */
};

/* Tells it, without waiting.  0, or -errno: -EPIPE where nobody hears it. */
__attribute__((format(printf, 4, 5))) int
mux_report_send(int fd, enum mux_word word, int status, const char *fmt, ...);

/*
 * Takes the next record; flags as of recv(2).  1: n is filled, its text
 * printable; 0: there is no more; -EBADMSG: no such record; or -errno.
 */
int mux_report_receive(int fd, struct mux_report *n, int flags);

#endif
