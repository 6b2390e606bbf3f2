// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "keys/secrets.h"
#include "supervise/attempt.h"
#include "verbs/ssh_args.h"
#include "verbs/mux_client.h"
#include "verbs/verbs.h"
#include "verbs/xauth.h"

static void on_step(struct attempt *a, enum step step, const char *text)
{
	static bool detached;

	(void)a;
	(void)step;
	log_debug("%s", text);
	/*
	 * The session has the streams now: a pipe that it closes must not
	 * stay open through us.
	 */
	if (!detached) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		detached = true;
		if (null >= 0) {
			dup2(null, STDIN_FILENO);
			dup2(null, STDOUT_FILENO);
			close(null);
		}
	}
}

static void no_input(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
}

static enum far_request request_of(const struct ssh_args *args)
{
	if (args->subsystem)
		return FAR_SUBSYSTEM;
	return args->command[0] ? FAR_COMMAND : FAR_SHELL;
}

/* Over the session that runs; false where it takes a connection of our own. */
static bool by_session(const struct conf *c, const struct ssh_args *args,
		       int *status)
{
	if (!args->mux)
		return false;
	if (!args->own_connection && !args->x11)
		return shared_exec(c->name, request_of(args), args->command,
				   status);
	log_debug("not over the session of %s: the options are about a "
		  "connection",
		  c->name);
	return false;
}

static int far_command(const struct conf *c, const struct ssh_args *args)
{
	static struct auth_secrets secrets;
	struct session_plan plan = {
		.job = SESSION_EXEC,
		.request = request_of(args),
		.command = args->command,
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.stats = -1,
	};
	struct display display;
	struct attempt a = {
		.conf = c,
		.on_step = on_step,
	};
	int status;

	if (args->no_input)
		no_input();
	if (by_session(c, args, &status))
		return status;
	if (args->x11 && !xauth_display(&display, &a.end))
		plan.display = &display;
	if (!failure_is_set(&a.end) &&
	    auth_load(&secrets, c, !args->batch, &a.end) == 0)
		attempt_run(&a, &plan, &secrets);
	auth_wipe(&secrets);
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
	if (load_peer(&c, args.peer))
		return EXEC_FAILED;
	if (!ssh_args_apply(&args, &c)) {
		log_open(c.name, (enum log_level)c.log_level);
		if (args.print)
			conf_print(&c, stdout);
		status = args.print ? 0 : far_command(&c, &args);
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
