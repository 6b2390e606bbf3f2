// SPDX-License-Identifier: ISC
/*
 * The lock of a ledger is a file of its own, .NAME.undo.lock.  It is made once
 * and stays, because a lock file that is removed while somebody waits for it
 * is a lock on nothing: each waiter would have to look whether the file that
 * it has locked is still the one of that name, and to try again if not.  The
 * ledger itself can be removed and replaced freely under the lock.
 */
#include "route/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "base/loop.h"

#define LOCK_PAUSE 20 /* ms between two tries: flock(2) has no limit */

static bool is_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int ledger_file_lock(int fd, int64_t wait)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE * 1000000L};
	int64_t end = loop_now() + wait;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (loop_now() >= end)
			return -EBUSY;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int ledger_file_check(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1 || !is_trusted(st) ||
	    (st->st_mode & (S_IRGRP | S_IROTH)))
		return -EPERM;
	return st->st_size > LEDGER_MAX ? -EFBIG : 0;
}

/* Opens a file in the folder.  The descriptor or -errno; -EPERM if it is not a
 * file of root alone. */
static int open_file(const struct ledger *g, const char *name, bool make)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	struct stat st;
	int rc, fd;

	fd = openat(g->folder, name, flags | (make ? O_CREAT : 0), 0600);
	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	rc = fstat(fd, &st) < 0 ? -errno : ledger_file_check(&st);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

void ledger_file_close(struct ledger *g)
{
	if (g->fd >= 0)
		close(g->fd);
	if (g->lock >= 0)
		close(g->lock);
	if (g->folder >= 0)
		close(g->folder);
	g->fd = g->lock = g->folder = -1;
}

int ledger_file_open(struct ledger *g, bool make, int64_t wait)
{
	/* No peer's name begins with a dot. */
	char lock[sizeof(g->name) + 8];
	struct stat st;
	int rc = 0;

	if (make && !mkdir(LEDGER_FOLDER, 0755))
		chmod(LEDGER_FOLDER, 0755); /* regardless of the umask */
	g->folder = open(LEDGER_FOLDER,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (g->folder < 0 || fstat(g->folder, &st) < 0)
		rc = -errno;
	else if (!is_trusted(&st))
		rc = -EPERM;
	snprintf(lock, sizeof(lock), ".%s.lock", g->name);
	/* A peer that has no ledger gets no lock from those who only look. */
	if (!rc && !make && faccessat(g->folder, g->name, F_OK, 0) < 0)
		rc = -errno;
	if (!rc) {
		g->lock = open_file(g, lock, true);
		rc = g->lock < 0 ? g->lock : ledger_file_lock(g->lock, wait);
	}
	if (!rc) {
		g->fd = open_file(g, g->name, make);
		rc = g->fd < 0 ? g->fd : 0;
	}
	if (rc < 0)
		ledger_file_close(g);
	return rc;
}
