/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_PROGRESS_H
#define SSHDIAL_SUPERVISE_PROGRESS_H

#include <stdint.h>

/*
 * Shows the steps of a call to a person: a line for each on a terminal, with
 * what was found and how long it took; otherwise a log line for each.
 */
struct progress {
	int64_t since; /* loop_now() of the last step */
	int terminal;  /* standard output is one */
	int colour;
};

/* Finds out whether standard output is a terminal; the first step begins
 * now. */
void progress_start(struct progress *p);

/* A step is done: its name, such as "login", and what was found. */
void progress_step(struct progress *p, const char *name, const char *text);

#endif
