/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_FAILURE_H
#define SSHDIAL_BASE_FAILURE_H

#include <stdbool.h>
#include "base/reason.h"

/*
 * How an attempt failed: the reason, which decides what happens next, and one
 * clause for people, which says what was seen and what to do.  All zeros mean
 * that nothing failed.
 */
struct failure {
	enum reason reason; /* REASON_NONE until something failed */
	int status;	/* exit status of the far command, if there is one */
	bool names_hop; /* the text names the hop that it happened at */
	char text[400];
};

/*
 * Notes a failure, unless one is noted already: what fails later is mostly a
 * consequence.  The text is cut to fit.  Returns -1, so that callers can return
 * it.
 */
__attribute__((format(printf, 3, 4))) int
fail(struct failure *f, enum reason reason, const char *fmt, ...);

/* True once something failed. */
bool failure_is_set(const struct failure *f);

#endif
