/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_EXIT_STATUS_H
#define SSHDIAL_SSH_EXIT_STATUS_H

#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Which commands have got an exit status from the server.  libssh2 gives 0
 * for a command whose channel was closed without one, and says no more.
 */
#define EXIT_STATUS_NOTES 64 /* channels whose status came last */

struct exit_status_notes {
	int64_t opened; /* our number of the channel confirmed last, or -1 */
	uint32_t came[EXIT_STATUS_NOTES];
	uint64_t n; /* all that have come */
};

struct transport;

/* A session of libssh2 for t, whose exit_status notes are kept.  NULL: out of
 * memory. */
LIBSSH2_SESSION *exit_status_session(struct transport *t);

/*
 * True if no exit status has come for the channel with our number, as `opened'
 * had it when the channel was opened.  False for -1: not known.
 */
bool exit_status_is_missing(const struct exit_status_notes *e, int64_t number);

#endif
