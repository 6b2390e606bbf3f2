/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_CHILD_H
#define SSHDIAL_BASE_CHILD_H

#include <stddef.h>
#include "base/failure.h"

/*
 * Runs a program of the system and waits for it, for at most `limit` ms: then
 * its process group gets SIGTERM, and CHILD_GRACE ms later SIGKILL.  No
 * shell; of the environment nothing but PATH and LC_ALL; standard input is
 * `input` (may be ""), nothing else is open.
 *
 * 0 where it ended with status 0, else -1, and the failure names the program,
 * how it ended and the first line that it wrote.  argv[0] is an absolute path.
 */
#define CHILD_GRACE 500
int child_run(const char *const argv[], const char *input, int limit,
	      struct failure *f);

/* The first of the paths, NULL behind the last, that can be run; or NULL. */
const char *child_find(const char *const paths[]);

#endif
