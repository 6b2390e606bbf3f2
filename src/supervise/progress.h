/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_PROGRESS_H
#define SSHDIAL_SUPERVISE_PROGRESS_H

#include <stdint.h>

/*
 * The steps of a call as a person sees them: a line each on a terminal, with
 * what was found and how long it took; elsewhere a log line each.
 */
struct progress {
	int64_t since; /* loop_now() of the last step */
	int terminal;  /* standard output is one */
	int colour;
};

/* Looks what standard output is; the first step begins now. */
void progress_start(struct progress *p);

/* One step is done: its name ("login") and a few words. */
void progress_step(struct progress *p, const char *name, const char *words);

#endif
