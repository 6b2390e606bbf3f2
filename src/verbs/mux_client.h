/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_MUX_CLIENT_H
#define SSHDIAL_VERBS_MUX_CLIENT_H

#include <stdbool.h>
#include "ipc/message.h"

/*
 * Runs a command over the connection of the session that calls the peer, with
 * our standard streams.  Returns true if it was run, or may have been; *status
 * is then the exit status, and an error of our own was printed.  Returns false
 * if it was not run: the reason was logged for debugging, and the streams are
 * as they were.
 */
bool mux_client_run(const char *peer, enum far_request request,
		    const char *command, int *status);

#endif
