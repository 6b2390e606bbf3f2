/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/loop.h"
#include "line/pppd.h"
#include "line/pty.h"

#define CHECK_MS 10000

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/*
 * The child gets the slave as 0 and 1 and the log as 2 and PPPD_LOG_FD: before
 * pppd has read its options it complains on 2, and by default it logs to 1,
 * which is the line.  Not a session of its own: pppd would then make the slave
 * its controlling terminal and be ended by SIGHUP at random.
 */
static int spawn(const char *path, char *const *argv, int slave, int log,
		 pid_t *pid)
{
	static char var[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = {var, NULL};
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
	e = posix_spawn_file_actions_adddup2(&files, slave, 0);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, slave, 1);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, log, 2);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, log, PPPD_LOG_FD);
	if (!e)
		e = posix_spawn_file_actions_addclosefrom_np(&files,
							     PPPD_LOG_FD + 1);
	if (!e)
		e = posix_spawn(pid, path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

/* Starts pppd with a pipe for its log; only our end of it never waits. */
static int start(const char *path, char *const *argv, int slave, int *log,
		 pid_t *pid)
{
	int p[2], r;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	r = fcntl(p[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = spawn(path, argv, slave, p[1], pid);
	close(p[1]);
	if (r < 0) {
		close(p[0]);
		return r;
	}
	*log = p[0];
	return 0;
}

pid_t pppd_start(const struct conf *c, bool root, bool trace, int slave,
		 int *log)
{
	struct pppd_args a;
	pid_t pid = 0;
	int r;

	r = pppd_args(&a, c, root, trace);
	if (r == 0)
		r = start(c->pppd, a.v, slave, log, &pid);
	return r < 0 ? r : pid;
}

/* What a dry run said and how it ended. */
struct dry {
	pid_t pid;
	int log;
	int status; /* of waitpid(2) */
	bool timed_out;
	size_t used;
	char text[4096];
};

/* Takes what is there; what is over the size of text is dropped. */
static void dry_read(struct dry *d)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(d->log, buf, sizeof(buf))) > 0) {
		size_t room = sizeof(d->text) - 1 - d->used;
		size_t take = (size_t)n < room ? (size_t)n : room;

		memcpy(d->text + d->used, buf, take);
		d->used += take;
	}
	d->text[d->used] = '\0';
}

/* The end of the log is not the end of pppd, nor the other way round. */
static void dry_wait(struct dry *d)
{
	struct pollfd log = {.fd = d->log, .events = POLLIN};
	int64_t end = loop_now() + CHECK_MS;

	while (waitpid(d->pid, &d->status, WNOHANG) == 0) {
		if (loop_now() >= end) {
			d->timed_out = true;
			kill(d->pid, SIGKILL);
			waitpid(d->pid, &d->status, 0);
			break;
		}
		poll(&log, 1, 10);
		dry_read(d);
		if (log.revents & POLLHUP)
			log.fd = -1;
	}
	dry_read(d);
}

static int dry_run(struct dry *d, const char *path, char *const *argv)
{
	int master, slave, r;

	r = pty_open(&master, &slave);
	if (r < 0)
		return r;
	r = start(path, argv, slave, &d->log, &d->pid);
	if (r == 0) {
		dry_wait(d);
		close(d->log);
	}
	close(slave);
	close(master);
	return r;
}

/*
 * The line that says why.  Of options pppd complains with its name in front,
 * perhaps after others (a plugin that was loaded); of the kernel in the first
 * line, its name stands before advice that goes over many.
 */
static void dry_line(const struct dry *d, int status, char *out, size_t size)
{
	static const char name[] = "\npppd: ";
	const char *at = d->text;

	if (strncmp(at, name + 1, sizeof(name) - 2) == 0)
		at += sizeof(name) - 2;
	else if (status != 4 && strstr(at, name))
		at = strstr(at, name) + sizeof(name) - 1;
	log_printable(out, size, at, strcspn(at, "\r\n"));
}

static enum reason explain_start(const struct conf *c, int error, char *why,
				 size_t size)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		snprintf(why, size,
			 "%s is not there: install the package ppp, "
			 "or set pppd to where it is",
			 c->pppd);
		return REASON_NO_PPPD;
	case -EACCES:
	case -EPERM:
		snprintf(why, size,
			 "%s may not be run by this user: be root, "
			 "or get into the group that owns it (on Debian, dip)",
			 c->pppd);
		return REASON_PPPD_PRIVILEGE;
	default:
		snprintf(why, size, "%s does not start: %s", c->pppd,
			 strerror(-error));
		return REASON_INTERNAL;
	}
}

static enum reason explain_end(const struct conf *c, bool root,
			       const struct dry *d, char *why, size_t size)
{
	int status = WIFEXITED(d->status) ? WEXITSTATUS(d->status) : -1;
	char line[200];

	dry_line(d, status, line, sizeof(line));
	switch (status) {
	case 0:
		snprintf(why, size, "%s", "");
		return REASON_NONE;
	case 1: /* the options contradict each other or the machine */
	case 2:
		/* A user may not say noauth, but name a file that says it. */
		snprintf(why, size, "pppd refuses its options: %s%s", line,
			 root || !strstr(line, "required to authenticate")
				 ? ""
				 : ": root can put noauth into "
				   "/etc/ppp/peers/FILE, then set "
				   "'pppd-option call FILE'");
		return REASON_PPPD_OPTIONS;
	case 3:
		snprintf(why, size,
			 "%s is not setuid root: be root, or have it made so",
			 c->pppd);
		return REASON_PPPD_PRIVILEGE;
	case 4:
		snprintf(why, size,
			 "the kernel has no PPP (%s): modprobe ppp_async; a "
			 "container needs /dev/ppp and CAP_NET_ADMIN",
			 line);
		return REASON_NO_KERNEL_PPP;
	default:
		snprintf(why, size, "%s dryrun ended unexpectedly: %s %d: %s",
			 c->pppd, status < 0 ? "signal" : "status",
			 status < 0 ? WTERMSIG(d->status) : status, line);
		return REASON_PPPD_ENDED;
	}
}

enum reason pppd_check(const struct conf *c, bool root, char *why, size_t size)
{
	static char word[] = "dryrun";
	struct pppd_args a;
	struct dry d = {.status = W_EXITCODE(255, 0)}; /* until it is known */
	int r;

	r = pppd_args(&a, c, root, false);
	if (r == 0 && a.n == PPPD_ARGS_MAX)
		r = -E2BIG;
	if (r < 0) {
		snprintf(why, size, "pppd-option: %s",
			 r == -EINVAL ? "a quote is not closed"
				      : "too many words");
		return REASON_PPPD_OPTIONS;
	}
	a.v[a.n++] = word;
	a.v[a.n] = NULL;
	r = dry_run(&d, c->pppd, a.v);
	if (r < 0)
		return explain_start(c, r, why, size);
	if (d.timed_out) {
		snprintf(why, size, "%s dryrun did not end within %d s",
			 c->pppd, CHECK_MS / 1000);
		return REASON_PPPD_ENDED;
	}
	return explain_end(c, root, &d, why, size);
}

/* How lines begin, and whether the word behind is the value. */
static const struct {
	const char *begin;
	enum pppd_event event;
	bool value;
} lines[] = {
	{"Using interface ", PPPD_INTERFACE, true},
	{"Connect: ", PPPD_CONNECT, false},
	{"local  IP address ", PPPD_LOCAL, true},
	{"remote IP address ", PPPD_REMOTE, true},
	{"local  LL address ", PPPD_LOCAL6, true},
	{"remote LL address ", PPPD_REMOTE6, true},
	{"LCP terminated by ", PPPD_DOWN, false},
	{"Connection terminated.", PPPD_DOWN, false},
	{"Modem hangup", PPPD_DOWN, false},
	/* None of these is sent before LCP is open. */
	{"sent [PAP ", PPPD_LCP_UP, false},
	{"sent [CHAP ", PPPD_LCP_UP, false},
	{"sent [EAP ", PPPD_LCP_UP, false},
	{"sent [IPCP ConfReq ", PPPD_LCP_UP, false},
	{"sent [IPV6CP ConfReq ", PPPD_LCP_UP, false},
	{"sent [", PPPD_DEBUG, false},
	{"rcvd [", PPPD_DEBUG, false},
	{"using channel ", PPPD_DEBUG, false},
	{"Script ", PPPD_DEBUG, false},
	{"  script ", PPPD_DEBUG, false},
};

enum pppd_event pppd_line(const char *line, char *value, size_t size)
{
	if (size)
		*value = '\0';
	for (size_t i = 0; i < COUNT(lines); i++) {
		size_t len = strlen(lines[i].begin);

		if (strncmp(line, lines[i].begin, len) != 0)
			continue;
		line += len;
		if (lines[i].value)
			snprintf(value, size, "%.*s", (int)strcspn(line, " \t"),
				 line);
		return lines[i].event;
	}
	return PPPD_OTHER;
}
