/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_AUTH_H
#define SSHDIAL_SSH_AUTH_H

#include "base/failure.h"
#include "conf/ssh_targets.h"
#include "ipc/login_secrets.h"
#include "ssh/transport.h"

/*
 * Login (RFC 4252): key files and their certificates, the agent, then a
 * password as keyboard-interactive (RFC 4256) or as password.
 */

/*
 * Connects to the agent, if one is configured, while the session still has the
 * right to.  The agent belongs to t from then on.  An agent that does not
 * answer is a warning, not a failure.
 */
void auth_agent_open(struct transport *t, const struct secrets *s);

/*
 * Logs in at `to`, with the keys that are for it, and with the password if
 * it is no hop.  Runs the loop; *how (size bytes) gets the method that was
 * accepted, in words.  0, or -1 with REASON_LOGIN_REFUSED and what was tried,
 * or REASON_LINK_LOST; or -1 with f as it was after loop_quit().
 */
int auth_login(struct transport *t, const struct conf_target *to,
	       const struct secrets *s, char *how, size_t size,
	       struct failure *f);

#endif
