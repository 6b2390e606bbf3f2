// SPDX-License-Identifier: ISC
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"

#define TURN 20 /* ms between two looks at the child */

/* What it has written, the start of it. */
struct said {
	int fd;
	size_t used;
	char text[512];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A descriptor to read the input from, so that nobody waits for a pipe. */
static int input_file(const char *input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fd_write_all(fd, input, strlen(input)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

_Noreturn static void in_child(const char *const argv[], int in, int out)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale[] = "LC_ALL=C";
	char *env[] = {path, locale, NULL};
	union {
		const char *const *given;
		char *const *unchanged; /* as execve(2) has it */
	} words;
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(126);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	words.given = argv;
	execve(argv[0], words.unchanged, env);
	_exit(127);
}

static void listen_to(struct said *s, int ms)
{
	struct pollfd pfd = {.fd = s->fd, .events = POLLIN};
	char more[512];
	ssize_t n;

	if (poll(&pfd, 1, ms) <= 0)
		return;
	n = read(s->fd, more, sizeof(more));
	if (n <= 0) {
		/* The end comes before the child's own: look less often. */
		if (!n && ms)
			poll(NULL, 0, ms);
		return;
	}
	if ((size_t)n > sizeof(s->text) - s->used)
		n = (ssize_t)(sizeof(s->text) - s->used);
	memcpy(s->text + s->used, more, (size_t)n);
	s->used += (size_t)n;
}

/* Waits for the end; true where it had to be made to end. */
static bool wait_for(pid_t pid, int limit, struct said *s, int *status)
{
	int64_t end = now_ms() + limit;
	bool term = false;
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0) {
		int64_t left = end - now_ms();

		if (left <= 0 && !term) {
			kill(-pid, SIGTERM);
			term = true;
			end += CHILD_GRACE;
		} else if (left <= 0) {
			kill(-pid, SIGKILL);
			got = waitpid(pid, status, 0);
			break;
		}
		listen_to(s, TURN);
	}
	listen_to(s, 0);
	if (got < 0)
		*status = 0xff00; /* somebody else has taken its status */
	return term;
}

static int judge(const char *program, int status, bool late, int limit,
		 const struct said *s, struct failure *f)
{
	const char *nl = memchr(s->text, '\n', s->used);
	char line[240];

	log_printable(line, sizeof(line), s->text,
		      nl ? (size_t)(nl - s->text) : s->used);
	if (late)
		return fail(f, REASON_INTERNAL,
			    "%s did not end within %d s and was killed%s%s",
			    program, limit / 1000, *line ? ": " : "", line);
	if (WIFSIGNALED(status))
		return fail(f, REASON_INTERNAL, "%s died of signal %d%s%s",
			    program, WTERMSIG(status), *line ? ": " : "", line);
	if (WEXITSTATUS(status))
		return fail(f, REASON_INTERNAL, "%s ended with status %d%s%s",
			    program, WEXITSTATUS(status), *line ? ": " : "",
			    line);
	return 0;
}

int child_run(const char *const argv[], const char *input, int limit,
	      struct failure *f)
{
	struct said s = {.fd = -1};
	int in = input_file(input), out[2], status = 0;
	bool late;
	pid_t pid;

	if (in < 0)
		return fail(f, REASON_INTERNAL, "memfd: %s", strerror(-in));
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in);
		return fail(f, REASON_INTERNAL, "pipe: %m");
	}
	pid = fork();
	if (!pid)
		in_child(argv, in, out[1]);
	close(in);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return fail(f, REASON_INTERNAL, "fork: %m");
	}
	setpgid(pid, pid); /* whichever of us is first */
	s.fd = out[0];
	late = wait_for(pid, limit, &s, &status);
	close(out[0]);
	return judge(argv[0], status, late, limit, &s, f);
}

const char *child_find(const char *const paths[])
{
	for (; *paths; paths++)
		if (!access(*paths, X_OK))
			return *paths;
	return NULL;
}
