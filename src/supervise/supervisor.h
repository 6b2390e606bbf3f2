/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_SUPERVISOR_H
#define SSHDIAL_SUPERVISE_SUPERVISOR_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * The long-lived process of a peer, which makes all decisions.  It never reads
 * a byte from the network: that is the session's.
 */

/*
 * Dials, starts pppd, holds the line and redials until it is told to end, or
 * until redialing is over.  Why it ended is in *end, which is set in any case;
 * nothing of ours is left running.  on_up, unless it is NULL, is called when
 * the link is up for the first time.  Once in a process.
 */
void supervise_call(const struct conf *c, void (*on_up)(void),
		    struct failure *end);

/* The same for a pppd that has started us: the line is standard input and
 * output. */
void supervise_pipe(const struct conf *c, struct failure *end);

#endif
