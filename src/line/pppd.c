// SPDX-License-Identifier: ISC
/*
 * pppd has no way to tell its parent how it is doing, except by its log and its
 * exit status.  Its log goes to a pipe (logfd), and a table says which lines
 * mean what; the lines are the same in 2.4.9 and 2.5.x and are not translated.
 *
 * Whether it can run here is asked of pppd itself: `dryrun' makes it read all
 * its options, check rights and look for PPP in the kernel, and then it ends
 * with status 0.  What it complains of is in its output, and its status says
 * which kind of trouble it is (base/pppd_status.h).
 */
#include "line/pppd.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "line/pty.h"

#define CHECK_MS 10000

/*
 * The program gets the slave as its descriptors 0 and 1, and the pipe of its
 * log as 2 and PPPD_LOG_FD: before pppd has read its options it complains on
 * 2, and by default it would log to 1, which is the line.  It does not become
 * the leader of a session: pppd would then make the slave its controlling
 * terminal, and a SIGHUP would end it at random.
 */
static int start_program(struct child *pppd, const char *path,
			 const struct pppd_args *a, int slave)
{
	static char var[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = {var, NULL};

	return child_start(pppd,
			   &(struct child_program){
				   path,
				   a->v,
				   env,
				   {slave, slave, CHILD_OUTPUT, CHILD_OUTPUT}});
}
static_assert(PPPD_LOG_FD == CHILD_FDS - 1, "the log is the last of them");

int pppd_start(const struct conf *c, bool root, bool trace, int slave,
	       struct child *pppd)
{
	struct pppd_args a;
	int rc = pppd_args(&a, c, root, trace);

	return rc < 0 ? rc : start_program(pppd, c->pppd, &a, slave);
}

/* ---- a dry run ---- */

/* How a dry run ended. */
struct dry_run {
	int status; /* of waitpid(2) */
	bool in_time;
	char text[4096]; /* what pppd wrote, cut to fit */
};

static int dry_run(struct dry_run *d, const char *path,
		   const struct pppd_args *a)
{
	const struct child_sink sink = {.text = d->text,
					.size = sizeof(d->text)};
	struct child pppd;
	int master, slave, rc;

	rc = pty_open(&master, &slave);
	if (rc < 0)
		return rc;
	rc = start_program(&pppd, path, a, slave);
	if (!rc)
		d->in_time = child_wait(&pppd, CHECK_MS, &sink, &d->status);
	close(slave);
	close(master);
	return rc;
}

/*
 * Finds the line that says why.  A complaint about an option begins with
 * pppd's name, and other lines may come before it (a plugin was loaded).  A
 * complaint about the kernel (status 4) is the first line: there the name
 * stands before many lines of advice.
 */
static void find_complaint(const struct dry_run *d, int status, char *out,
			   size_t size)
{
	static const char name[] = "\npppd: ";
	const char *at = d->text;

	if (strncmp(at, name + 1, sizeof(name) - 2) == 0)
		at += sizeof(name) - 2;
	else if (status != 4 && strstr(at, name))
		at = strstr(at, name) + sizeof(name) - 1;
	log_printable(out, size, at, strcspn(at, "\r\n"));
}

static enum reason explain_start_error(const struct conf *c, int error,
				       char *why, size_t size)
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

static enum reason explain_dry_run(const struct conf *c, bool root,
				   const struct dry_run *d, char *why,
				   size_t size)
{
	int status = WIFEXITED(d->status) ? WEXITSTATUS(d->status) : -1;
	char line[200];

	find_complaint(d, status, line, sizeof(line));
	switch (status) {
	case 0:
		snprintf(why, size, "%s", "");
		return REASON_NONE;
	case 1: /* options that contradict each other or the machine */
	case 2:
		/* A user may not pass noauth, but may name a file that
		 * has it. */
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
	struct dry_run d = {0};
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
	r = dry_run(&d, c->pppd, &a);
	if (r < 0)
		return explain_start_error(c, r, why, size);
	if (!d.in_time) {
		snprintf(why, size, "%s dryrun did not end within %d s",
			 c->pppd, CHECK_MS / 1000);
		return REASON_PPPD_ENDED;
	}
	return explain_dry_run(c, root, &d, why, size);
}

/* How a line begins, and whether the next word is its value. */
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
	/* pppd sends none of these before LCP is open. */
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

enum pppd_event pppd_parse_log(const char *line, char *value, size_t size)
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
