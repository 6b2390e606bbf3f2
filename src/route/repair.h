/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_REPAIR_H
#define SSHDIAL_ROUTE_REPAIR_H

#include <stddef.h>
#include "base/failure.h"

/*
 * Sets again what the ledger of a peer has (route/ledger.h) and the kernel has
 * no more: rules, routes and addresses, in their order.  What is there stays
 * as it is, and so do name servers.  A route through an interface that is down
 * or gone cannot be set and is not counted.  For root.
 *
 * It does not wait for a hook that is at work on the same ledger, so that it
 * can be called from a loop.
 *
 * 0 with the number of changes that were missing in *missing, also if there is
 * no ledger; -EBUSY if the ledger is locked; or -1 with f set.
 */
int routes_repair(const char *peer, size_t *missing, struct failure *f);

#endif
