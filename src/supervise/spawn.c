// SPDX-License-Identifier: ISC
/*
 * A session is this program, executed anew as `sshdial-session`.  A fork alone
 * would give each session, and each one after it, the address space of its
 * parent: the same places of libraries and stack and the same stack canary, in
 * root's own supervisor as well, for as long as that runs.  A server that finds
 * an overflow could guess them byte by byte, session by session.
 *
 * The program is /proc/self/exe, which is the file that the parent itself was
 * started from, even if a newer one has been installed in its place: the two
 * always speak the same version of records and plan.  Its libraries are loaded
 * anew, so the next session after an upgrade of libssh2 uses the new one.
 *
 * The session gets no memory from its parent but the plan, and of the
 * environment only what loads the program and finds names: what the parent was
 * started with holds for the session as well, and nothing else in it is
 * believed.  All descriptors of ours close on exec, those of the plan keep
 * their numbers.
 */
#include "base/util.h"
#include "supervise/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

/* Of ld.so(8), openssl.cnf(5) and resolver(3). */
static const char *const passed_on[] = {
	"LD_LIBRARY_PATH", "LD_PRELOAD",    "OPENSSL_CONF",
	"RES_OPTIONS",	   "LOCALDOMAIN",
#ifdef __SANITIZE_ADDRESS__
	"ASAN_OPTIONS",	   "UBSAN_OPTIONS",
#endif
};
#define PASSED_ON COUNT(passed_on)

/* The descriptors of a plan. */
#define FDS_MAX (4 + CONF_FORWARDS_MAX)

static void choose_environment(char *chosen[PASSED_ON + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < PASSED_ON; i++) {
		size_t len = strlen(passed_on[i]);

		for (char **e = environ; *e; e++)
			if (!strncmp(*e, passed_on[i], len) &&
			    (*e)[len] == '=') {
				chosen[n++] = *e;
				break;
			}
	}
	chosen[n] = NULL;
}

/* Numbers 3 and 4 belong to the pair and the plan.  A line has one number for
 * both directions and keeps it so. */
static int make_way(int *const list[], size_t n, int moved[2])
{
	for (int number = PLAN_CONTROL_FD; number <= PLAN_FD; number++) {
		int *to = &moved[number - PLAN_CONTROL_FD];

		*to = -1;
		for (size_t i = 0; i < n; i++) {
			if (*list[i] != number)
				continue;
			if (*to < 0)
				*to = fcntl(number, F_DUPFD_CLOEXEC,
					    PLAN_FD + 1);
			if (*to < 0)
				return -errno;
			*list[i] = *to;
		}
	}
	return 0;
}

/* 0 or an errno. */
static int spawn_with(int control, int plan, int *const list[], size_t n,
		      const char *peer, pid_t *pid)
{
	char *environment[PASSED_ON + 1], name[] = "sshdial-session", of[40];
	char *argv[] = {name, of, NULL};
	posix_spawn_file_actions_t files;
	int high[2] = {fcntl(control, F_DUPFD_CLOEXEC, PLAN_FD + 1),
		       fcntl(plan, F_DUPFD_CLOEXEC, PLAN_FD + 1)};
	int rc = high[0] < 0 || high[1] < 0
			 ? errno
			 : posix_spawn_file_actions_init(&files);

	snprintf(of, sizeof(of), "%s", peer);
	choose_environment(environment);
	if (!rc) {
		rc = posix_spawn_file_actions_adddup2(&files, high[0],
						      PLAN_CONTROL_FD);
		if (!rc)
			rc = posix_spawn_file_actions_adddup2(&files, high[1],
							      PLAN_FD);
		/* Onto itself: it does not close on exec any more. */
		for (size_t i = 0; !rc && i < n; i++)
			if (*list[i] >= 0)
				rc = posix_spawn_file_actions_adddup2(
					&files, *list[i], *list[i]);
		if (!rc)
			rc = posix_spawn(pid, SELF, &files, NULL, argv,
					 environment);
		posix_spawn_file_actions_destroy(&files);
	}
	close(high[0]);
	close(high[1]);
	return rc;
}

pid_t spawn_session(const struct conf *c, const struct session_plan *plan,
		    const struct secrets *s, int *control, struct failure *f)
{
	struct session_plan p = *plan;
	struct session_port port[CONF_FORWARDS_MAX];
	int *list[FDS_MAX], pair[2] = {-1, -1}, moved[2] = {-1, -1}, fd = -1;
	pid_t pid = -1;
	size_t n = 0;
	int rc;

	/* The places in our copy of the plan where descriptors stand: their
	 * numbers may have to change. */
	list[n++] = &p.in;
	list[n++] = &p.out;
	list[n++] = &p.err;
	list[n++] = &p.stats;
	for (int i = 0; i < plan->ports; i++) {
		port[i] = plan->port[i];
		list[n++] = &port[i].fd;
	}
	p.port = port;
	rc = make_way(list, n, moved);
	if (!rc)
		rc = message_pair(pair);
	if (!rc) {
		fd = plan_write(&p, c, s);
		rc = fd < 0 ? fd : 0;
	}
	if (!rc)
		rc = -spawn_with(pair[1], fd, list, n, c->name, &pid);
	/* The secrets are the session's alone from here on. */
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < 2; i++)
		if (moved[i] >= 0)
			close(moved[i]);
	if (pair[1] >= 0)
		close(pair[1]);
	if (!rc) {
		*control = pair[0];
		return pid;
	}
	if (pair[0] >= 0)
		close(pair[0]);
	return fail(f, REASON_INTERNAL, "the session cannot be executed: %s%s",
		    strerror(-rc), rc == -ENOENT ? "; is /proc mounted?" : "");
}
