/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_REQUEST_H
#define SSHDIAL_ROUTE_REQUEST_H

#include <stdbool.h>
#include "route/change.h"
#include "route/rtnl.h"

/* Fills m with the request that makes a change, or undoes it.  Slots and names
 * have none.  0 or -ENOMEM. */
int request_make(struct nl_msg *m, const struct change *c, bool undo);

/*
 * True if the kernel's error (-errno) means that there is nothing left to do:
 * what was to be made exists already, set by us or, in exactly the same form,
 * by somebody else; or what was to be undone is gone.
 */
bool request_is_done(int error, bool undo);

#endif
