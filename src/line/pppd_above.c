// SPDX-License-Identifier: ISC
/*
 * pppd tells its scripts who started it, in ORIG_UID and PPPD_PID of their
 * environment.  Before 2.5.3 its user may overwrite or remove both by the
 * options `set` and `unset`, so they prove nothing.  The kernel is asked
 * instead, through /proc/PID/status (proc(5)).
 *
 * - The script is a child of pppd, and the hook a descendant of the script.
 *   So pppd is found by walking from parent to parent.
 * - pppd is setuid root: its effective user is root, and its real user is the
 *   one who has started it.  Its script's real user is root.
 * - An ordinary user can have any number of processes called "pppd", but none
 *   of those has the effective user root, and none of root's scripts runs
 *   below them.
 * - He can kill his own pppd while its script runs.  The script's parent is
 *   another process then: the nearest one above that has asked for orphans
 *   (PR_SET_CHILD_SUBREAPER), and that may be his.  If it runs below root's
 *   pppd, as what a script starts by su(1) does, the walk would go on to that.
 *   So all processes on the way must be root's, or there is no answer.
 *
 * A process may end between two steps, and its number may be another one's
 * then.  So the walk is done twice: as long as a process has the same parent
 * as before, that parent has not ended in between.
 */
#include "line/pppd_above.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENERATIONS 64 /* more is no script of pppd */
#define NAME_SIZE   16 /* as the kernel cuts it */

struct status {
	char name[NAME_SIZE];
	pid_t parent;
	uid_t real, effective;
};

/* The numbers behind "Groups:" are added to the real group. */
static void take_groups(struct pppd_above *p, const char *text)
{
	char *end;

	while (p->groups < PPPD_ABOVE_GROUPS) {
		gid_t group = (gid_t)strtoul(text, &end, 10);

		if (end == text)
			break;
		p->group[p->groups++] = group;
		text = end;
	}
}

/* 0, or -errno.  The kernel escapes a newline in a name, so a line is what its
 * first word says. */
static int read_status(pid_t pid, struct status *s, struct pppd_above *p)
{
	char path[32], *line = NULL;
	size_t size = 0;
	FILE *f;

	*s = (struct status){.real = (uid_t)-1, .effective = (uid_t)-1};
	*p = (struct pppd_above){.pid = pid};
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		char *end, *next;

		if (!strncmp(line, "Name:\t", 6)) {
			snprintf(s->name, sizeof(s->name), "%.*s",
				 (int)strcspn(line + 6, "\n"), line + 6);
		} else if (!strncmp(line, "PPid:\t", 6)) {
			s->parent = (pid_t)strtol(line + 6, NULL, 10);
		} else if (!strncmp(line, "Uid:\t", 5)) {
			/* A number that is missing would be 0, which is root:
			 * then both stay -1. */
			unsigned long real = strtoul(line + 5, &end, 10);
			unsigned long effective = strtoul(end, &next, 10);

			if (end > line + 5 && next > end) {
				s->real = (uid_t)real;
				s->effective = (uid_t)effective;
			}
		} else if (!strncmp(line, "Gid:\t", 5)) {
			gid_t group = (gid_t)strtoul(line + 5, &end, 10);

			if (end > line + 5)
				p->group[p->groups++] = group;
		} else if (!strncmp(line, "Groups:", 7)) {
			take_groups(p, line + 7);
		}
	}
	free(line);
	fclose(f);
	p->user = s->real;
	return 0;
}

static bool is_pppd(const struct status *s, const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	if (s->effective)
		return false;
	if (!strcmp(s->name, "pppd"))
		return true;
	return slash && slash[1] &&
	       !strncmp(s->name, slash + 1, sizeof(s->name) - 1);
}

static int walk_up(struct pppd_above *p, const char *name)
{
	pid_t pid = getppid();
	struct status s;
	int rc = -ENOENT;

	for (int i = 0; i < GENERATIONS && pid > 1; i++) {
		rc = read_status(pid, &s, p);
		if (rc || is_pppd(&s, name))
			return rc;
		rc = -ENOENT;
		if (s.real || s.effective)
			break;
		pid = s.parent;
	}
	return rc;
}

int pppd_above_find(struct pppd_above *p, const char *name)
{
	static struct pppd_above again;
	int rc = walk_up(p, name);

	if (rc)
		return rc;
	rc = walk_up(&again, name);
	if (rc)
		return rc;
	return p->pid == again.pid && p->user == again.user ? 0 : -ENOENT;
}
