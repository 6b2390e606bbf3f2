/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_FAILURE_H
#define SSHDIAL_BASE_FAILURE_H

#include "base/reason.h"

/*
 * How an attempt failed: the reason, which decides what happens next, and one
 * clause for people, which says what was seen and what to do.
 */
struct failure {
	enum reason reason;
	int status;	/* exit status of the far command, where there is one */
	char text[400]; /* "" until something failed */
};

/*
 * Notes a failure; the first one stays, as later ones follow from it.  The
 * text is cut to fit.  Always -1, so that callers can return it.
 */
__attribute__((format(printf, 3, 4))) int
fail(struct failure *f, enum reason reason, const char *fmt, ...);

#endif
