/* SPDX-License-Identifier: ISC */
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/loop.h"

#define TURN  20 /* ms between two looks at the child */
#define READS 64 /* at a time: what a pipe holds */

static void child(const char *text, char *const *env, int out)
{
	static char shell[] = "sh", option[] = "-c";
	char *argv[] = {shell, option, strdup(text), NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	execve("/bin/sh", argv, env);
	_exit(127);
}

/* Not for ever, however much it prints. */
static void drain(int fd, struct log_text *log)
{
	char buf[1024];
	ssize_t n;

	for (int i = 0; i < READS && (n = read(fd, buf, sizeof(buf))) > 0; i++)
		log_text_add(log, buf, (size_t)n);
}

/* Its status can still be had. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

/* Whether it ended within its time. */
static bool await(pid_t pid, int out, struct log_text *log)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	int64_t end = loop_now() + COMMAND_LIMIT;

	while (!has_ended(pid)) {
		if (loop_now() >= end)
			return false;
		if (poll(&p, 1, TURN) > 0)
			drain(out, log);
		/* The end comes before the child's own: look less often. */
		if (p.revents & POLLHUP)
			p.fd = -1;
	}
	return true;
}

static int explain(int status, const char *who, bool in_time, struct failure *f)
{
	if (!in_time)
		return fail(f, REASON_INTERNAL,
			    "the command `%s' did not end within %d s and was "
			    "killed",
			    who, COMMAND_LIMIT / 1000);
	if (WIFSIGNALED(status))
		return fail(f, REASON_INTERNAL,
			    "the command `%s' was killed by signal %d (%s)",
			    who, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return fail(f, REASON_INTERNAL,
			    "the command `%s' ended with status %d", who,
			    WEXITSTATUS(status));
	return 0;
}

int command_run(const char *who, const char *text, char *const *env,
		struct failure *f)
{
	struct log_text log;
	bool in_time;
	int fd[2], status = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return fail(f, REASON_INTERNAL, "pipe: %m");
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	pid = fork();
	if (!pid)
		child(text, env, fd[1]);
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return fail(f, REASON_INTERNAL, "fork: %m");
	}
	setpgid(pid, pid);
	log_text_init(&log, LOG_INFO, who);
	in_time = await(pid, fd[0], &log);
	if (!in_time)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	drain(fd[0], &log);
	log_text_end(&log);
	close(fd[0]);
	return explain(status, who, in_time, f);
}
