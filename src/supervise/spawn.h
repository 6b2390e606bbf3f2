/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_SPAWN_H
#define SSHDIAL_SUPERVISE_SPAWN_H

#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/session_plan.h"

/*
 * Executes a session (session/session.h) with this plan.  *control gets our
 * end of the records.  The process id, or -1 with f set.
 */
pid_t spawn_session(const struct conf *c, const struct session_plan *plan,
		    const struct secrets *s, int *control, struct failure *f);

#endif
