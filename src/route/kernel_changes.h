/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_KERNEL_CHANGES_H
#define SSHDIAL_ROUTE_KERNEL_CHANGES_H

#include "base/failure.h"
#include "route/change.h"
#include "route/rtnl.h"

/* Makes changes and undoes them. */
struct kernel_changes {
	const char *peer;
	struct rtnl rtnl;
};

/* 0, or -1 with f set. */
int kernel_open(struct kernel_changes *m, const char *peer, struct failure *f);
void kernel_close(struct kernel_changes *m);

/*
 * Makes all in their order, except names (dns_set()) and slots.  What is
 * there already is no error.  0, or -1 with f saying which was the first that
 * could not be made; others behind it may have been.
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
 * Undoes all from the last to the first, names before everything.  What is
 * gone is no error.  What could not be undone is added to `left` (-1 and f
 * set), in its order.  0 or -1.
 */
int kernel_undo(struct kernel_changes *m, const struct changes *all,
		struct changes *left, struct failure *f);

#endif
