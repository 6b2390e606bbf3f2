/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_VERBS_H
#define SSHDIAL_VERBS_VERBS_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/control.h"

/*
 * The commands of the program, one file each.  A command is described by a
 * struct verb: its help, the line of usage, and which options and operands it
 * takes all come from there, so that the three cannot disagree.
 *
 * Options may stand before and behind the operands, "--" ends them, and every
 * command takes -h, --help and --version.
 */
#define VERB_OPTIONS_MAX  4
#define VERB_OPERANDS_MAX 8

struct verb_option {
	char letter;	  /* 0: it has only the long form */
	const char *name; /* without the dashes; NULL: it has only a letter */
	const char *help; /* lines end with '\n', all but the last */
};

/* The command line behind the name of the command. */
struct verb_args {
	bool given[VERB_OPTIONS_MAX]; /* at the option's index in the verb */
	int operands;
	char **operand; /* part of argv */
};

struct verb {
	const char *name;
	const char *summary;		   /* for `sshdial --help' */
	const char *help;		   /* whole lines */
	const struct verb_option *options; /* ends with zeros; NULL: none */
	/* As the usage line shows them: "NAME", "[NAME]", or, as the last,
	 * "[NAME...]".  Ends with NULL. */
	const char *operand[VERB_OPERANDS_MAX];
	/* All that follows the first operand is an operand, too. */
	bool options_first;
	/* Returns the exit status of the program (EXIT STATUS, sshdial(8)). */
	int (*run)(const struct verb_args *args);
	/* If set, called in the place of run(), with the command line as it
	 * is.  argv[0] is the name of the command. */
	int (*run_unparsed)(int argc, char **argv);
};

extern const struct verb verb_call, verb_pipe, verb_exec, verb_status,
	verb_redial, verb_hangup, verb_check, verb_hook, verb_trust;

#define EXEC_FAILED 255 /* when exec itself failed; the same as ssh(1) */

/* The program as `sshdial'.  Returns its exit status. */
int verbs_main(int argc, char **argv);

/* Parses the command line and runs the command.  Returns the exit status; 2
 * after an error was printed together with the usage. */
int verb_run(const struct verb *v, int argc, char **argv);

/* Prints the usage line and the help of a command. */
void verb_print_help(const struct verb *v);

/* Prints "sshdial VERSION". */
void verb_print_version(void);

/*
 * Prints "sshdial: PROBLEM" and the usage line to standard error, with WORD
 * quoted behind the problem unless it is NULL.  Returns 2.
 */
int verb_usage_error(const struct verb *v, const char *problem,
		     const char *word);

/* Loads the configuration of a peer and sets the log up for it.  Returns 0,
 * or 2 after the error was printed. */
int verb_load_peer(struct conf *c, const char *name);

/* Prints how a link or a session ended, as the last line.  Returns the exit
 * status of that reason. */
int verb_report_end(const struct failure *f);

/*
 * Sends a request of a command to the supervisor of the peer that its operand
 * names.  Returns 0, or an exit status after the error was printed.
 */
int verb_ask_supervisor(const struct verb *v, const struct verb_args *args,
			enum control_verb request,
			struct control_status *answer);

/* Prints why control_ask() failed.  Returns the exit status for that: 3 if
 * nobody calls the peer (the status of a program that does not run, LSB), else
 * 1. */
int verb_report_control_error(const char *peer, int error);

#endif
