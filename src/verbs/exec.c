// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "supervise/attempt.h"
#include "verbs/ssh_args.h"
#include "verbs/mux_client.h"
#include "verbs/verbs.h"
#include "verbs/xauth.h"

static const char words[] = "exec [--shared] [-s] [-X] [-l USER] NAME [--] "
			    "[COMMAND...]";
static const char help[] =
	"Runs a command at the far end of the peer NAME, with standard input,\n"
	"output and error joined, and ends with its exit status; with 255\n"
	"where sshdial itself failed.  With -s, COMMAND is a subsystem of\n"
	"the server; without COMMAND it is the account's shell.  With -X its\n"
	"windows appear on the display here.  With --shared it runs over\n"
	"the connection of the session that calls NAME, where there is one.\n"
	"As sshdial-exec it is for rsync, scp, git and others that call ssh.\n";

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

static enum far_request request_of(const struct exec_words *w)
{
	if (w->subsystem)
		return FAR_SUBSYSTEM;
	return w->command[0] ? FAR_COMMAND : FAR_SHELL;
}

/* Over the session that runs; false where it takes a connection of our own. */
static bool by_session(const struct conf *c, const struct exec_words *w,
		       int *status)
{
	if (!w->shared)
		return false;
	if (!w->own && !w->x11)
		return shared_exec(c->name, request_of(w), w->command, status);
	log_debug("not over the session of %s: the options are about a "
		  "connection",
		  c->name);
	return false;
}

static int far_command(const struct conf *c, const struct exec_words *w)
{
	static struct auth_secrets secrets;
	struct session_plan plan = {
		.job = SESSION_EXEC,
		.request = request_of(w),
		.command = w->command,
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
	};
	struct display display;
	struct attempt a = {
		.conf = c,
		.on_step = on_step,
	};
	int status;

	if (w->no_input)
		no_input();
	if (by_session(c, w, &status))
		return status;
	if (w->x11 && !xauth_display(&display, &a.end))
		plan.display = &display;
	if (!failure_is_set(&a.end) &&
	    auth_load(&secrets, c, !w->batch, &a.end) == 0)
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

int verb_exec_as_ssh(int argc, char **argv)
{
	static struct exec_words w;
	struct conf c;
	int status = EXEC_FAILED;

	if (asked_for_help(argc, argv, words, help))
		return 0;
	if (exec_words_parse(&w, argc, argv, words) || load_peer(&c, w.peer))
		return EXEC_FAILED;
	if (!exec_words_apply(&w, &c)) {
		log_open(c.name, (enum log_level)c.log_level);
		if (w.print)
			conf_print(&c, stdout);
		status = w.print ? 0 : far_command(&c, &w);
	}
	conf_free(&c);
	return status;
}

int verb_exec(int argc, char **argv)
{
	return verb_exec_as_ssh(argc, argv);
}
