/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_VERBS_H
#define SSHDIAL_VERBS_VERBS_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * One file a verb.  Each takes its own words (argv[0] is the verb) and
 * returns the exit code of the program (sshdial(8), EXIT STATUS).
 */
int verb_call(int argc, char **argv);
int verb_pipe(int argc, char **argv);
int verb_exec(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_redial(int argc, char **argv);
int verb_hangup(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_hook(int argc, char **argv);
int verb_trust(int argc, char **argv);

/* sshdial-exec: as ssh(1) is called by rsync, cvs and the like. */
int verb_exec_as_ssh(int argc, char **argv);

#define EXEC_FAILED 255 /* exec's own failures, as ssh(1) has it */

/* Prints "usage: sshdial WORDS" to standard error; always 2. */
int usage_error(const char *words, const char *problem, const char *word);

/* True after printing usage and help, where the first word is --help. */
bool asked_for_help(int argc, char **argv, const char *words, const char *help);

/* Loads the peer's configuration and opens the log for it.  0 or 2, after
 * the error was printed. */
int load_peer(struct conf *c, const char *name);

/* Prints a failure as the last line and returns its exit code. */
int report(const struct failure *f);

#endif
