/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_REQUEST_H
#define SSHDIAL_ROUTE_REQUEST_H

#include <stdbool.h>
#include "route/change.h"
#include "route/rtnl.h"

/* The message that makes a change, or undoes it; not for slots and names.
 * 0 or -ENOMEM. */
int request_make(struct nl_msg *m, const struct change *c, bool undo);

/*
 * Whether the kernel's error (-errno) means that nothing is left to do: what
 * is to be made is there, as ours or in the very same form as somebody
 * else's; what is to be undone is gone.
 */
bool request_is_done(int error, bool undo);

#endif
