/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_SSH_ARGS_H
#define SSHDIAL_VERBS_SSH_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

/*
 * The command line of exec: that of ssh(1), as far as it means something
 * here, since sshdial-exec is what scp, sftp, rsync, git and others run in its
 * place.  An option is honoured, or taken without effect because it asks for
 * what is so anyway, or refused.
 */

/* A channel request is one packet, and libssh2 takes no larger ones. */
#define EXEC_COMMAND_MAX  32000
#define EXEC_SETTINGS_MAX 32

/* A key of the configuration that an option overrides. */
struct exec_setting {
	const char *key;
	const char *value;
};

struct exec_words {
	char peer[64];
	char user_at[128]; /* of USER@NAME */
	bool subsystem;	   /* the command is the name of one */
	bool no_input;	   /* standard input is not to be read */
	bool batch;	   /* nobody is to be asked */
	bool x11;	   /* what it shows appears on our display */
	bool shared;	   /* by the connection of the session that runs */
	bool own;   /* but what was asked for needs a connection of its own */
	bool print; /* the configuration only, and nothing is run */
	struct exec_setting setting[EXEC_SETTINGS_MAX]; /* in their order */
	size_t settings;
	char command[EXEC_COMMAND_MAX]; /* "": the account's shell */
};

/*
 * Takes argv, of which argv[0] is not looked at and the rest has to stay; w is
 * zeroed.  0, or 255 after an error was printed together with `usage`.
 */
int exec_words_parse(struct exec_words *w, int argc, char **argv,
		     const char *usage);

/* Sets in c what the options override, and w->own.  0, or 255 and an error. */
int exec_words_apply(struct exec_words *w, struct conf *c);

#endif
