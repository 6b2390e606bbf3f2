/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_MUX_CLIENT_H
#define SSHDIAL_VERBS_MUX_CLIENT_H

#include <stdbool.h>
#include "ipc/message.h"

/*
 * Runs a command over the connection of the session that calls the peer, with
 * our standard streams joined.  False where it was not run, for a reason that
 * was logged for debugging: then the streams are as they were.  Else *status is
 * what exec ends with, after an error where that is of our own.
 */
bool shared_exec(const char *peer, enum far_request request,
		 const char *command, int *status);

#endif
