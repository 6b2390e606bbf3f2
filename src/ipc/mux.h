/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_MUX_H
#define SSHDIAL_IPC_MUX_H

#include <stdint.h>

/*
 * Reports about a command of `exec --shared', to its client, on the client's
 * connection to the control socket.  The supervisor sends one if it refuses;
 * else it hands the connection to the session, which sends the others.
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

/* Sends a report without waiting.  0, or -errno: -EPIPE if the client is
 * gone. */
__attribute__((format(printf, 4, 5))) int
mux_report_send(int fd, enum mux_word word, int status, const char *fmt, ...);

/*
 * Receives the next report; flags as of recv(2).  1: n is filled, and its text
 * is printable; 0: no more will come; -EBADMSG: it is no report; or -errno.
 */
int mux_report_receive(int fd, struct mux_report *n, int flags);

#endif
