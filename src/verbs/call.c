// SPDX-License-Identifier: ISC
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "supervise/supervisor.h"
#include "verbs/verbs.h"

static int launcher = -1; /* -d: where the one who started us reads */
static pid_t supervisor;  /* -d: for the one who waits */

/* The link is up: leave the terminal. */
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
		log_debug("nobody waits for the link any more");
	close(launcher);
}

static int call(const struct conf *c, bool background)
{
	struct failure end = {0};

	supervise_call(c, background ? detach : NULL, &end);
	return report(&end);
}

static void pass_on(int signo)
{
	kill(supervisor, signo);
}

/* Who ends the command before the link is up means the link. */
static void pass_signals(void)
{
	struct sigaction sa = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* The exit code: 0 from a supervisor that goes on, or its own end's. */
static int call_in_background(const struct conf *c)
{
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
		return call(c, true);
	}
	close(fd[1]);
	pass_signals();
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

	if (load_peer(&c, args->operand[0]))
		return 2;
	code = args->given[0] ? call_in_background(&c) : call(&c, false);
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
