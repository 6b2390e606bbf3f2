/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_MAKE_H
#define SSHDIAL_MAKE_H

#include "base/failure.h"
#include "route/change.h"
#include "route/rtnl.h"

/* Makes changes and undoes them. */
struct maker {
	const char *peer;
	struct rtnl rtnl;
};

/* 0, or -1 with f set. */
int maker_open(struct maker *m, const char *peer, struct failure *f);
void maker_close(struct maker *m);

/*
 * Makes all in their order, except names (dns_set()) and slots.  What is
 * there already is no error.  0, or -1 with f saying which was the first that
 * could not be made; others behind it may have been.
 */
int maker_make(struct maker *m, const struct changes *all, struct failure *f);

/*
 * Undoes all from the last to the first, names before everything.  What is
 * gone is no error.  What could not be undone is added to `left` (-1 and f
 * set), in its order.  0 or -1.
 */
int maker_undo(struct maker *m, const struct changes *all, struct changes *left,
	       struct failure *f);

#endif
