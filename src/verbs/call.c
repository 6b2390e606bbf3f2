// SPDX-License-Identifier: ISC
/*
 * Without -d, call is the supervisor.
 *
 * With -d, it forks.  The child is the supervisor, and logs to the terminal
 * until the link is up; the parent waits at a pipe.  When the link is up the
 * child leaves the terminal and writes one byte, and the parent ends with
 * status 0.  If the link never comes up, the child ends and the pipe with it,
 * and the parent ends with the child's exit status.  Until then the parent
 * passes signals on, because Ctrl-C and kill(1) reach it and mean the link.
 */
#include "verbs/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "supervise/supervisor.h"

static int launcher = -1; /* in the child: the pipe to the parent */
static pid_t supervisor;  /* in the parent: the child */

/* The link is up: leaves the terminal and lets the parent end. */
static void detach(void)
{
	static const char up = 0;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_syslog(true);
	if (chdir("/") < 0)
		log_debug("chdir: %s", strerror(errno));
	setsid();
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	if (write(launcher, &up, 1) < 0)
		log_debug("the process that started the call has ended");
	close(launcher);
}

/* Returns the exit status of the call. */
static int run_supervisor(const struct conf *c, bool background)
{
	struct failure end = {0};

	supervise_call(c, background ? detach : NULL, &end);
	return verb_report_end(&end);
}

static void pass_signal(int signo)
{
	kill(supervisor, signo);
}

/* Returns 0 in the parent when the link is up, else the exit status of the
 * call. */
static int run_in_background(const struct conf *c)
{
	struct sigaction sa = {
		.sa_handler = pass_signal,
		.sa_flags = SA_RESTART,
	};
	int fd[2], status;
	char up;

	if (pipe2(fd, O_CLOEXEC) < 0 || (supervisor = fork()) < 0) {
		log_error("%s", strerror(errno));
		return 1;
	}
	if (!supervisor) {
		close(fd[0]);
		launcher = fd[1];
		log_syslog(false);
		return run_supervisor(c, true);
	}
	close(fd[1]);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	if (read(fd[0], &up, 1) == 1)
		return 0;
	while (waitpid(supervisor, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_call(const struct verb_args *args)
{
	struct conf c;
	int code;

	if (verb_load_peer(&c, args->operand[0]))
		return 2;
	code = args->given[0] ? run_in_background(&c)
			      : run_supervisor(&c, false);
	conf_free(&c);
	return code;
}

static const char help[] =
	"Dials the peer NAME, starts pppd on the line, and redials until\n"
	"told to stop.  On a terminal each step is shown as it happens.\n"
	"SIGTERM and Ctrl-C end the link in good order; SIGHUP redials.\n";

static const struct verb_option options[] = {
	{'d', NULL,
	 "go to the background once the link is up, and log to\n"
	 "syslog; the exit status says whether it came up"},
	{0},
};

const struct verb verb_call = {
	.name = "call",
	.summary = "dial a peer and keep the link up",
	.help = help,
	.options = options,
	.operand = {"NAME"},
	.run = run_call,
};
