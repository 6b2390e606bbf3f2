/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_COMMAND_H
#define SSHDIAL_BASE_COMMAND_H

#include "base/failure.h"

#define COMMAND_LIMIT 10000 /* ms; then it is killed with all that it started */

/*
 * Runs `text` by /bin/sh -c in a process group of its own, with this
 * environment, standard input from /dev/null, and waits for it; what it
 * prints is logged, prefixed with `who`.  What it leaves running in the
 * background stays, if it ends itself in time.  0, or -1 with f set: it did
 * not end with 0, or in time.  For processes without a loop.
 */
int command_run(const char *who, const char *text, char *const *env,
		struct failure *f);

#endif
