// SPDX-License-Identifier: ISC
#include "names/resolv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/util.h"
#include "names/resolv_conf.h"

#define LINKS_MAX 16

/* Replaces the last part of `path`, which is a link to `target`. */
static int follow(char *path, const char *target)
{
	char *slash = strrchr(path, '/');
	size_t keep = target[0] == '/' || !slash ? 0 : slash + 1 - path;
	size_t len = strlen(target);

	if (keep + len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path + keep, target, len + 1);
	return 0;
}

/* The real file; it need not exist, nor what a link says.  0 or -errno. */
static int real_file(const char *path, char out[PATH_MAX])
{
	char target[PATH_MAX];
	size_t len = strlen(path);

	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, path, len + 1);
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(out, target, sizeof(target) - 1);
		int rc;

		if (n < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -errno;
		target[n] = '\0';
		rc = follow(out, target);
		if (rc < 0)
			return rc;
	}
	return -ELOOP;
}

static int load(const char *path, struct resolv_conf *c)
{
	int rc;

	memset(c, 0, sizeof(*c));
	rc = file_read(path, FILE_ANY, RESOLV_CONF_MAX, &c->text, &c->len);
	if (rc == -ENOENT) {
		c->text = calloc(1, 1);
		return c->text ? 0 : -ENOMEM;
	}
	c->there = !rc;
	return rc;
}

/* ---- a new file in the place of the old ---- */

static int fill(int fd, const struct resolv_conf *c, const struct stat *old)
{
	int rc;

	if (fchown(fd, old->st_uid, old->st_gid) < 0 ||
	    fchmod(fd, old->st_mode & 07777) < 0)
		return -errno;
	rc = fd_write_all(fd, c->text, c->len);
	if (rc < 0)
		return rc;
	return fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *path, const char *beside,
		   const struct resolv_conf *c)
{
	struct stat old = {.st_mode = 0644};
	int fd, rc;

	if (stat(path, &old) < 0 && errno != ENOENT)
		return -errno;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return -errno;
	rc = fill(fd, c, &old);
	if (close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc && rename(beside, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(beside);
	return rc;
}

/* ---- the old file with a new text ---- */

static int write_at_start(int fd, const struct resolv_conf *c)
{
	int rc;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	rc = fd_write_all(fd, c->text, c->len);
	if (rc < 0)
		return rc;
	return ftruncate(fd, (off_t)c->len) < 0 ? -errno : 0;
}

/* Room for all of it is taken first: a full disk must not cost a byte. */
static int overwrite(const char *path, const struct resolv_conf *old,
		     const struct resolv_conf *c)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	int rc = 0, lost;

	if (fd < 0)
		return -errno;
	if (c->len > old->len)
		rc = -posix_fallocate(fd, 0, (off_t)c->len);
	if (!rc)
		rc = write_at_start(fd, c);
	if (rc < 0) {
		lost = write_at_start(fd, old);
		if (lost < 0)
			rc = lost;
	}
	if (close(fd) < 0 && !rc)
		rc = -errno;
	return rc;
}

/* Where the folder takes no new file, the file itself may take the text. */
static bool may_overwrite(int error, const struct resolv_conf *old,
			  const struct resolv_conf *c)
{
	switch (error) {
	case -EROFS:
	case -EACCES:
	case -EPERM:
	case -EBUSY: /* a mount of its own */
	case -EXDEV:
		return true;
	case -ENOSPC:
	case -EDQUOT:
		return c->len <= old->len;
	default:
		return false;
	}
}

static int store(const char *path, const struct resolv_conf *old,
		 const struct resolv_conf *c)
{
	char beside[PATH_MAX];
	int rc;

	if (snprintf(beside, sizeof(beside), "%s.sshdial", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	/* What a killed one has left; the lock says that it is nobody's. */
	unlink(beside);
	if (c->there == old->there && c->len == old->len &&
	    !memcmp(c->text, old->text, c->len))
		return 0;
	if (!c->there && unlink(path) == 0)
		return 0;
	rc = replace(path, beside, c);
	if (old->there && may_overwrite(rc, old, c))
		rc = overwrite(path, old, c);
	return rc;
}

/* ---- what dns.c calls ---- */

static int failed(const char *path, int error, const char *what,
		  struct failure *f)
{
	char text[300];

	if (error == -E2BIG)
		return fail(f, REASON_INTERNAL,
			    "%s: %d peers have their name servers there", path,
			    RESOLV_CONF_PEERS);
	file_explain(path, FILE_ANY, error, text, sizeof(text));
	return fail(f, REASON_INTERNAL, "%s; %s", text, what);
}

/* The peer's block as `w` says, or none where that is NULL. */
static int change(const char *path, const struct dns_wish *w, const char *peer,
		  const char *what, struct failure *f)
{
	struct resolv_conf old = {0}, c = {0};
	char real[PATH_MAX];
	int rc = real_file(path, real);

	if (!rc)
		rc = load(real, &old);
	if (!rc)
		rc = w ? resolv_conf_set(&old, w, &c)
		       : resolv_conf_undo(&old, peer, &c);
	if (!rc)
		rc = store(real, &old, &c);
	free(old.text);
	free(c.text);
	return rc < 0 ? failed(real, rc, what, f) : 0;
}

int resolv_file_set(const char *path, const struct dns_wish *w,
		    struct failure *f)
{
	return change(path, w, w->peer, "the name servers are not set", f);
}

int resolv_file_undo(const char *path, const char *peer, struct failure *f)
{
	return change(path, NULL, peer, "our name servers are still there", f);
}
