/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_SESSION_H
#define SSHDIAL_SESSION_SESSION_H

#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/plan.h"
#include "keys/secrets.h"

/*
 * The session: one SSH connection, with those that it goes through, and what
 * it carries, in a process of its own, which is forked for one attempt and has
 * no rights (guard/drop.h).  It tells its parent each step and its end by
 * records (ipc/message.h).
 */

/*
 * Forks the session.  *control gets our end of the records.  The process id,
 * or -1 with f set.  Nothing of the child returns from here.
 */
pid_t session_start(const struct conf *c, const struct session_plan *plan,
		    struct auth_secrets *s, int *control, struct failure *f);

#endif
