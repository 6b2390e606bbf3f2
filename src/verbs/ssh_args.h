/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_SSH_ARGS_H
#define SSHDIAL_VERBS_SSH_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"
#include "verbs/verbs.h"

/*
 * The command line of exec.  It is that of ssh(1) as far as that means
 * something here, because scp, sftp, rsync, git and others run sshdial-exec in
 * the place of ssh.  An option is honoured; or it is accepted without effect
 * because it asks for what sshdial does anyway; or it is refused.
 */

/* The command is one channel request, and libssh2 sends no larger packets. */
#define SSH_COMMAND_MAX	 32000
#define SSH_SETTINGS_MAX 32

/* A key of sshdial.conf(5) that an option overrides. */
struct ssh_setting {
	const char *key;
	const char *value;
};

struct ssh_args {
	char peer[64];
	char user[128]; /* of USER@NAME */
	bool subsystem; /* -s: the command is the name of a subsystem */
	bool no_input;	/* -n: read nothing from standard input */
	bool batch;	/* BatchMode: ask nobody */
	bool x11;	/* -X: forward X11 to our display */
	bool mux;	/* --shared: run over the connection of a session */
	bool print;	/* -G: print the configuration, run nothing */
	bool help, version;
	/* An option asks for something that a session which is already
	 * connected may not have: another account, port, key, ... */
	bool own_connection;
	struct ssh_setting setting[SSH_SETTINGS_MAX]; /* in their order */
	size_t settings;
	char command[SSH_COMMAND_MAX]; /* "": the account's shell */
};

/*
 * Parses the words behind argv[0]; argv must stay as long as `a', which must
 * be zeroed before.  After --help or --version the rest is not looked at.
 * Returns 0, or 255 after an error was printed with the usage of `v'.
 */
int ssh_args_parse(struct ssh_args *a, int argc, char **argv,
		   const struct verb *v);

/* Sets in c what the options override, validates the result, and sets
 * a->own_connection.  Returns 0, or 255 after an error was printed. */
int ssh_args_apply(struct ssh_args *a, struct conf *c);

#endif
