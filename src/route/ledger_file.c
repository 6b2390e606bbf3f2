/* SPDX-License-Identifier: ISC */
#include "route/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TURN 20 /* ms between two tries for a lock */

static bool is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* 0 or -errno; -EPERM: somebody else's. */
static int open_folder(struct ledger *g, bool make)
{
	struct stat st;

	if (make && !mkdir(LEDGER_FOLDER, 0755))
		chmod(LEDGER_FOLDER, 0755); /* whatever the umask is */
	g->folder = open(LEDGER_FOLDER,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (g->folder < 0 || fstat(g->folder, &st) < 0)
		return -errno;
	return is_ours(&st) ? 0 : -EPERM;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int ledger_file_lock(int fd)
{
	const struct timespec turn = {.tv_nsec = TURN * 1000000L};
	long long end = now_ms() + LEDGER_WAIT;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (now_ms() > end)
			return -EBUSY;
		nanosleep(&turn, NULL);
	}
	return 0;
}

int ledger_file_check(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1 || !is_ours(st) ||
	    (st->st_mode & (S_IRGRP | S_IROTH)))
		return -EPERM;
	return st->st_size > LEDGER_MAX ? -EFBIG : 0;
}

/* 0, -EAGAIN where the file has gone or been replaced meanwhile, or -errno. */
static int open_file(struct ledger *g, bool make)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	struct stat ours, there;
	int rc;

	g->fd = openat(g->folder, g->name, flags | (make ? O_CREAT : 0), 0600);
	if (g->fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	rc = fstat(g->fd, &ours) < 0 ? -errno : ledger_file_check(&ours);
	if (!rc)
		rc = ledger_file_lock(g->fd);
	if (!rc && (fstatat(g->folder, g->name, &there, AT_SYMLINK_NOFOLLOW) ||
		    ours.st_ino != there.st_ino || ours.st_dev != there.st_dev))
		rc = -EAGAIN;
	return rc;
}

void ledger_file_close(struct ledger *g)
{
	if (g->fd >= 0)
		close(g->fd);
	if (g->folder >= 0)
		close(g->folder);
	g->fd = g->folder = -1;
}

/* Who is the last removes file and folder, maybe just now. */
int ledger_file_open(struct ledger *g, bool make)
{
	int rc = -EAGAIN;

	for (int i = 0; i < 50 && rc == -EAGAIN; i++) {
		rc = open_folder(g, make);
		if (!rc)
			rc = open_file(g, make);
		if (rc < 0)
			ledger_file_close(g);
		if (rc == -ENOENT && make)
			rc = -EAGAIN;
	}
	return rc;
}
