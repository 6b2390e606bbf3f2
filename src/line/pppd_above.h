/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PPPD_ABOVE_H
#define SSHDIAL_LINE_PPPD_ABOVE_H

#include <stddef.h>
#include <sys/types.h>

#define PPPD_ABOVE_GROUPS 1024

/* A running pppd, as the kernel knows it. */
struct pppd_above {
	pid_t pid;
	uid_t user;    /* its real user: the one who has started it */
	size_t groups; /* the real group and the supplementary ones */
	gid_t group[PPPD_ABOVE_GROUPS];
};

/*
 * Finds the pppd whose script this process is part of: the nearest process
 * above this one that has the name "pppd", or `name` (a path; NULL: no other),
 * and the effective user root.  All processes between the two must be root's.
 * 0; or -ENOENT: there is none, or it has ended; or -errno of open(2).
 */
int pppd_above_find(struct pppd_above *p, const char *name);

#endif
