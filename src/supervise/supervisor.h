/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISOR_H
#define SSHDIAL_SUPERVISOR_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * The long-lived process of a peer.  It never reads a byte from the network.
 */

/* Dials, starts pppd, stays until the link has ended.  How it ended is in
 * *end; nothing of ours is left running. */
void supervise_call(const struct conf *c, struct failure *end);

/* The same without a pppd: the line is standard input and output. */
void supervise_pipe(const struct conf *c, struct failure *end);

#endif
