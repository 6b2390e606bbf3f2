// SPDX-License-Identifier: ISC
/*
 * The one way to run a program.
 *
 * posix_spawn(3) starts it: glibc shares the memory of the parent until the
 * program is executed (so nothing is copied, and nothing of ours runs as a
 * second process), puts it into its process group before it returns, and
 * reports why the program could not be executed.  Every pipe here is
 * close-on-exec, so a program has what child_program.fd says and no more.
 *
 * A pidfd says when the program has ended.  Neither the end of its output nor
 * SIGCHLD would do: a program closes its output early, or leaves somebody in
 * the background who keeps the pipe open for hours; and SIGCHLD can arrive
 * between a look at the child and the wait for it.  child_wait() therefore
 * sleeps in poll(2) over two descriptors, the pidfd and the output, until one
 * of them has something or the time is over.  No interval, no race.
 *
 * A program that does not end in time is asked (SIGTERM) and then made to
 * (SIGKILL), with everything that it has started and that is still in its
 * process group.  The group is signalled before its leader is reaped: until
 * then nobody else can have its number.
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/loop.h"
#include "base/util.h"

#define PIPE_READS 64 /* of READ_SIZE: as much as a pipe holds */
#define READ_SIZE  1024

/* ---- start and end ---- */

/* `pipe` is the end of the pipe that the program writes to. */
static int place_descriptors(posix_spawn_file_actions_t *a, const int *fd,
			     int pipe)
{
	int n = CHILD_FDS, e = 0;

	if (fd[n - 1] == CHILD_CLOSED)
		n--;
	for (int i = 0; i < n && !e; i++) {
		if (fd[i] == CHILD_NULL)
			e = posix_spawn_file_actions_addopen(a, i, "/dev/null",
							     O_RDWR, 0);
		else
			e = posix_spawn_file_actions_adddup2(
				a, fd[i] == CHILD_OUTPUT ? pipe : fd[i], i);
	}
	return e ? e : posix_spawn_file_actions_addclosefrom_np(a, n);
}

static int spawn(struct child *c, const struct child_program *p, int pipe)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	e = posix_spawn_file_actions_init(&files);
	if (e)
		return -e;
	e = posix_spawnattr_init(&attr);
	if (e)
		goto out;
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETPGROUP);
	e = place_descriptors(&files, p->fd, pipe);
	if (!e)
		e = posix_spawnp(&c->pid, p->path, &files, &attr, p->argv,
				 p->env);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

int child_start(struct child *c, const struct child_program *p)
{
	int end[2], rc;

	*c = (struct child){.pidfd = -1, .output = -1};
	if (pipe2(end, O_CLOEXEC) < 0)
		return -errno;
	c->output = end[0];
	rc = fd_nonblock(c->output, true);
	if (!rc)
		rc = spawn(c, p, end[1]);
	close(end[1]);
	if (!rc) {
		c->pidfd = pidfd_open(c->pid, 0);
		if (c->pidfd >= 0)
			return 0;
		rc = -errno;
		child_kill(c, SIGKILL);
		child_finish(c);
		return rc;
	}
	close(c->output);
	*c = (struct child){.pidfd = -1, .output = -1};
	return rc;
}

void child_kill(const struct child *c, int signo)
{
	if (c->pid > 0)
		kill(-c->pid, signo);
}

int child_finish(struct child *c)
{
	int status;
	pid_t got;

	while ((got = waitpid(c->pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (got < 0) /* somebody else has taken its status */
		status = W_EXITCODE(255, 0);
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->output >= 0)
		close(c->output);
	*c = (struct child){.pidfd = -1, .output = -1};
	return status;
}

/* ---- wait for the end ---- */

/* Reads once; false at the end of the output, or if nothing is there. */
static bool take_output(int fd, const struct child_sink *sink, size_t *used)
{
	char buf[READ_SIZE];
	ssize_t n = read(fd, buf, sizeof(buf));
	size_t len = n > 0 ? (size_t)n : 0;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (sink->log)
		log_text_add(sink->log, buf, len);
	if (sink->text) {
		if (len > sink->size - 1 - *used)
			len = sink->size - 1 - *used;
		memcpy(sink->text + *used, buf, len);
		*used += len;
	}
	return true;
}

bool child_wait(struct child *c, int limit, const struct child_sink *sink,
		int *status)
{
	struct pollfd p[] = {{.fd = c->pidfd, .events = POLLIN},
			     {.fd = c->output, .events = POLLIN}};
	int64_t end = loop_now() + limit;
	bool in_time = true;
	size_t used = 0;

	while (!p[0].revents) {
		int64_t left = end - loop_now();

		if (left <= 0 && !in_time)
			break;
		if (left <= 0) {
			in_time = false;
			child_kill(c, SIGTERM);
			end += CHILD_GRACE;
			continue;
		}
		if (poll(p, 2, (int)left) <= 0)
			continue;
		if (p[1].revents && !take_output(p[1].fd, sink, &used))
			p[1].fd = -1;
	}
	if (!in_time)
		child_kill(c, SIGKILL);
	/* Not for ever, if somebody in the background goes on writing. */
	for (int i = 0; i < PIPE_READS; i++)
		if (!take_output(c->output, sink, &used))
			break;
	if (sink->text)
		sink->text[used] = 0;
	*status = child_finish(c);
	return in_time;
}

bool child_wait_other(pid_t pid, int limit)
{
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int64_t end = loop_now() + limit;
	int rc = 1;

	if (p.fd < 0)
		return true;
	do {
		int64_t left = end - loop_now();

		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR);
	close(p.fd);
	return rc != 0;
}

/* ---- without a loop, in one call ---- */

/* `line` is what the program said about it, or "". */
static int explain_status(const char *name, int status, bool in_time, int limit,
			  const char *line, struct failure *f)
{
	const char *colon = *line ? ": " : "";

	if (!in_time)
		return fail(f, REASON_INTERNAL,
			    "%s did not end within %d s and was killed%s%s",
			    name, limit / 1000, colon, line);
	if (WIFSIGNALED(status))
		return fail(f, REASON_INTERNAL,
			    "%s was killed by signal %d (%s)%s%s", name,
			    WTERMSIG(status), strsignal(WTERMSIG(status)),
			    colon, line);
	if (WEXITSTATUS(status))
		return fail(f, REASON_INTERNAL, "%s ended with status %d%s%s",
			    name, WEXITSTATUS(status), colon, line);
	return 0;
}

int child_run(const char *const argv[], const char *input, int limit,
	      struct failure *f)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale[] = "LC_ALL=C";
	char *const env[] = {path, locale, NULL};
	union {
		const char *const *given;
		char *const *unchanged; /* the type that execve(2) asks for */
	} words = {.given = argv};
	char text[512], line[240];
	const struct child_sink sink = {.text = text, .size = sizeof(text)};
	int in, status, rc;
	struct child c;
	bool in_time;

	/* The input is a file rather than a pipe, which somebody would have to
	 * write while the program runs. */
	in = memfd_create("input", MFD_CLOEXEC);
	if (in < 0)
		return fail(f, REASON_INTERNAL, "memfd: %s", strerror(errno));
	if (fd_write_all(in, input, strlen(input)) < 0 ||
	    lseek(in, 0, SEEK_SET) < 0) {
		close(in);
		return fail(f, REASON_INTERNAL, "memfd: %s", strerror(EIO));
	}
	rc = child_start(&c,
			 &(struct child_program){argv[0],
						 words.unchanged,
						 env,
						 {in, CHILD_OUTPUT,
						  CHILD_OUTPUT, CHILD_CLOSED}});
	close(in);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "%s: %s", argv[0],
			    strerror(-rc));
	in_time = child_wait(&c, limit, &sink, &status);
	log_printable(line, sizeof(line), text, strcspn(text, "\n"));
	return explain_status(argv[0], status, in_time, limit, line, f);
}

int child_run_shell(const char *who, const char *text, char *const *env,
		    int limit, struct failure *f)
{
	static char shell[] = "sh", option[] = "-c";
	char *command = strdup(text), name[80];
	char *const argv[] = {shell, option, command, NULL};
	struct log_text log;
	struct child c;
	bool in_time;
	int rc, status;

	if (!command)
		return fail(f, REASON_INTERNAL, "out of memory");
	rc = child_start(&c,
			 &(struct child_program){"/bin/sh",
						 argv,
						 env,
						 {CHILD_NULL, CHILD_OUTPUT,
						  CHILD_OUTPUT, CHILD_CLOSED}});
	free(command);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "/bin/sh: %s", strerror(-rc));
	log_text_init(&log, LOG_INFO, who);
	in_time = child_wait(&c, limit, &(struct child_sink){.log = &log},
			     &status);
	log_text_end(&log);
	snprintf(name, sizeof(name), "the command `%s'", who);
	return explain_status(name, status, in_time, limit, "", f);
}

const char *child_find(const char *const paths[])
{
	for (; *paths; paths++)
		if (!access(*paths, X_OK))
			return *paths;
	return NULL;
}
