/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_PACKET_NOTES_H
#define SSHDIAL_SSH_PACKET_NOTES_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Notes of two facts in packets of channels that libssh2 does not tell: whether
 * an exit status has come (libssh2 gives 0 if none has), and why a channel was
 * refused.
 */
#define PACKET_NOTES_MAX 64 /* channels whose exit status came last */

/* Reason codes of a refused open (RFC 4254, 5.1). */
#define OPEN_PROHIBITED 1

struct packet_notes {
	int64_t opened;	 /* our number of the channel opened last, or -1 */
	uint32_t reason; /* of the open refused last, or 0 */
	uint32_t status[PACKET_NOTES_MAX]; /* numbers of channels */
	uint64_t statuses;		   /* that have come in all */
};

struct transport;

/* A session of libssh2 for t, which keeps t->notes.  NULL: out of memory. */
LIBSSH2_SESSION *packet_notes_session(struct transport *t);

/*
 * True if no exit status has come for a channel.  Its number is what `opened'
 * was when it was opened; if that was -1 nothing is known, and this is false.
 */
bool packet_notes_lack_status(const struct packet_notes *n, int64_t number);

#endif
