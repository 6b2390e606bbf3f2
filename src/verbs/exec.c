// SPDX-License-Identifier: ISC
/*
 * Runs a command at the far end, in one of two ways.  With --shared it is run
 * over the connection of a session that is there already (mux_client.c).  If
 * that is not possible, or was not asked for, a session of its own is started
 * for the command alone, and gets our standard streams.
 *
 * Errors of our own are status 255, as in ssh(1), so that a caller can tell
 * them from those of the command.
 */
#include "verbs/verbs.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "keys/secrets.h"
#include "supervise/attempt.h"
#include "verbs/mux_client.h"
#include "verbs/ssh_args.h"
#include "verbs/xauth.h"

static void replace_by_null(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, fd);
		close(null);
	}
}

/* By the first step the session has the streams.  We give up ours, or a pipe
 * that the session closes would stay open through us. */
static void give_up_streams(struct attempt *a, enum step step, const char *text)
{
	static bool done;

	(void)a;
	(void)step;
	log_debug("%s", text);
	if (!done) {
		replace_by_null(STDIN_FILENO);
		replace_by_null(STDOUT_FILENO);
		done = true;
	}
}

static int run_far_command(const struct conf *c, const struct ssh_args *args)
{
	static struct secrets secrets;
	struct session_plan plan = {
		.job = SESSION_EXEC,
		.request = args->subsystem    ? FAR_SUBSYSTEM
			   : args->command[0] ? FAR_COMMAND
					      : FAR_SHELL,
		.command = args->command,
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.stats = -1,
	};
	struct attempt a = {.conf = c, .on_step = give_up_streams};
	struct display display;
	int status;

	if (args->no_input)
		replace_by_null(STDIN_FILENO);
	/* --shared asks for another session's connection if possible.  Options
	 * that only a new connection obeys make it impossible. */
	if (args->mux && (args->own_connection || args->x11))
		log_debug("not over the session of %s: the options are about a "
			  "connection",
			  c->name);
	else if (args->mux &&
		 mux_client_run(c->name, plan.request, args->command, &status))
		return status;
	if (args->x11 && !xauth_display(&display, &a.end))
		plan.display = &display;
	if (!failure_is_set(&a.end) &&
	    secrets_load(&secrets, c, !args->batch, &a.end) == 0)
		attempt_run(&a, &plan, &secrets);
	secrets_wipe(&secrets);
	wipe(&display, sizeof(display));
	if (a.end.reason == REASON_ASKED)
		return a.end.status;
	if (a.end.reason == REASON_READER_GONE)
		log_debug("%s", a.end.text);
	else
		log_error("%s: %s", reason_name(a.end.reason), a.end.text);
	return EXEC_FAILED;
}

static int run_exec(int argc, char **argv)
{
	static struct ssh_args args;
	struct conf c;
	int status = EXEC_FAILED;

	if (ssh_args_parse(&args, argc, argv, &verb_exec))
		return EXEC_FAILED;
	if (args.help || args.version) {
		if (args.help)
			verb_print_help(&verb_exec);
		else
			verb_print_version();
		return 0;
	}
	if (verb_load_peer(&c, args.peer))
		return EXEC_FAILED;
	if (!ssh_args_apply(&args, &c)) {
		log_open(c.name, (enum log_level)c.log_level);
		if (args.print)
			conf_print(&c, stdout);
		status = args.print ? 0 : run_far_command(&c, &args);
	}
	conf_free(&c);
	return status;
}

static const char help[] =
	"Runs a command at the far end of the peer NAME, with standard input,\n"
	"output and error connected to it.  The exit status is that of the\n"
	"command, or 255 if sshdial itself failed.  Without COMMAND it is the\n"
	"shell of the account.  Options end where COMMAND begins.\n"
	"\n"
	"  --shared  use the connection of the session that calls NAME, if\n"
	"            there is one\n"
	"  -s        COMMAND is the name of a subsystem of the server\n"
	"  -X        show the windows of the command on the display here\n"
	"  -l USER   log in as USER\n"
	"\n"
	"sshdial(8) lists the other options of ssh(1) that are accepted.  As\n"
	"sshdial-exec this command takes the place of ssh in rsync, scp, git\n"
	"and others.\n";

const struct verb verb_exec = {
	.name = "exec",
	.summary = "run a command at the far end",
	.help = help,
	.operand = {"[--shared]", "[-s]", "[-X]", "[-l USER]", "NAME", "[--]",
		    "[COMMAND...]"},
	.run_unparsed = run_exec,
};
