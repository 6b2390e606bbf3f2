/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_SUPERVISOR_H
#define SSHDIAL_SUPERVISE_SUPERVISOR_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * The long-lived process of a peer: the one who decides.  It never reads a
 * byte from the network.
 */

/*
 * Dials, starts pppd, holds the line and redials until it is told to end, or
 * until redialing is over.  How it ended is in *end; nothing of ours is left
 * running.  on_up, where not NULL, is called when the link is up for the first
 * time.
 */
void supervise_call(const struct conf *c, void (*on_up)(void),
		    struct failure *end);

/* The same without a pppd: the line is standard input and output. */
void supervise_pipe(const struct conf *c, struct failure *end);

#endif
