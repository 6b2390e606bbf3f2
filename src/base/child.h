/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_CHILD_H
#define SSHDIAL_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/failure.h"
#include "base/log.h"

/*
 * A program of the system as a child of ours, in a process group of its own.
 * child_start() and child_finish() are for a loop, which watches the pidfd;
 * child_wait() and the functions below it are for a process without a loop.
 * SIGCHLD must not be ignored in this process.
 */

/* Descriptors of the program that are not one of our descriptors. */
enum {
	CHILD_NULL = -1,   /* /dev/null */
	CHILD_OUTPUT = -2, /* a pipe that is read by way of child.output */
	CHILD_CLOSED = -3, /* only the last of them */
};
#define CHILD_FDS 4

struct child_program {
	const char *path; /* a name without a slash is looked up in our PATH */
	char *const *argv;
	char *const *env;  /* the whole environment of the program */
	int fd[CHILD_FDS]; /* its descriptors 0 to 3; all others are closed */
};

struct child {
	pid_t pid;  /* and process group; 0 if there is none */
	int pidfd;  /* readable once the program has ended; pidfd_open(2) */
	int output; /* end of the pipe to read, non-blocking, or -1 */
};

/*
 * Starts a program with signals as by default and none blocked.  Descriptors
 * 0 to 2 must be open here.  0, or -errno with nothing left behind; if the
 * program cannot be executed, the error of execve(2), such as -ENOENT.
 */
int child_start(struct child *c, const struct child_program *p);

/* Sends a signal to the program and all others in its process group. */
void child_kill(const struct child *c, int signo);

/*
 * Closes the descriptors and returns the status of waitpid(2).  It waits for
 * the program, so call it once the pidfd is readable.  Unwatch both
 * descriptors before.
 */
int child_finish(struct child *c);

/* Takes the output while we wait. */
struct child_sink {
	char *text; /* gets the first size - 1 bytes and a zero, if not NULL */
	size_t size;
	struct log_text *log; /* gets all of it, if not NULL */
};

/*
 * Waits for the program for at most `limit` ms of CLOCK_MONOTONIC (a suspend
 * does not count) and finishes it.  Then its process group gets SIGTERM, and
 * CHILD_GRACE ms later SIGKILL.  What it left running in the background stays
 * if it ended in time, even if that still has the pipe open.
 * True if it ended in time; *status is that of waitpid(2) in either case.
 */
#define CHILD_GRACE 500
bool child_wait(struct child *c, int limit, const struct child_sink *sink,
		int *status);

/*
 * Waits for at most `limit` ms until a process that is no child of ours has
 * ended.  False if it runs on then; true also if there is no such process.
 */
bool child_wait_other(pid_t pid, int limit);

/*
 * Runs argv[0], an absolute path, and waits for it as child_wait() does.  Its
 * environment is PATH and LC_ALL alone, its standard input is `input`, which
 * may be "".  0 if it ended with status 0, else -1, and the failure names the
 * program, how it ended and the first line that it wrote.
 */
int child_run(const char *const argv[], const char *input, int limit,
	      struct failure *f);

/*
 * Runs `text` by /bin/sh -c with this environment and standard input from
 * /dev/null, and waits for it as child_wait() does.  Each line that it prints
 * is logged with `who` in front.  0 if it ended with status 0, else -1 with f
 * set, and the failure names the command `who'.
 */
int child_run_shell(const char *who, const char *text, char *const *env,
		    int limit, struct failure *f);

/* The first of the paths that can be run, or NULL; paths ends with NULL. */
const char *child_find(const char *const paths[]);

#endif
