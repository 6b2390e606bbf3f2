/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_KERNEL_CHANGES_H
#define SSHDIAL_ROUTE_KERNEL_CHANGES_H

#include "base/failure.h"
#include "route/change.h"
#include "route/rtnl.h"

/* Makes changes of a peer in the kernel, and undoes them. */
struct kernel_changes {
	const char *peer;
	struct rtnl rtnl;
};

/* Opens a socket to the kernel.  `peer` has to last.  0, or -1 with f set. */
int kernel_open(struct kernel_changes *m, const char *peer, struct failure *f);
void kernel_close(struct kernel_changes *m);

/*
 * Makes all changes in their order, except names (dns_set() does) and slots.  A
 * change that exists already is no error.  0; or -1, and f names the first one
 * that failed; later ones may have been made.
 */
int kernel_apply(struct kernel_changes *m, const struct changes *all,
		 struct failure *f);

/*
 * Like kernel_apply(), for changes that were made before: *missing is how many
 * of them were not there any more.  A change to an interface that is down or
 * gone is passed over.
 */
int kernel_restore(struct kernel_changes *m, const struct changes *all,
		   size_t *missing, struct failure *f);

/*
 * Undoes all changes, names first, the others from the last to the first.  A
 * change that is gone already is no error.  0; or -1 with f set, and the
 * changes that could not be undone are added to `left` in their order.
 */
int kernel_undo(struct kernel_changes *m, const struct changes *all,
		struct changes *left, struct failure *f);

#endif
