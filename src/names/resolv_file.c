// SPDX-License-Identifier: ISC
/*
 * The text is written to a file beside the old one and renamed over it, so a
 * program that reads resolv.conf at that moment sees the old or the new text.
 *
 * That fails if the folder takes no new file: /etc is read-only, or the file
 * is a mount of its own, as in containers.  Then the file itself is
 * overwritten.  Its new size is allocated first, because a full disk would
 * otherwise leave half a text; if writing fails nevertheless, the old text is
 * written back.
 */
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

/* The file that `path` leads to.  realpath(3) would not do: the file need not
 * exist.  0 or -errno. */
static int find_real_file(const char *path, char out[PATH_MAX])
{
	char target[PATH_MAX];
	size_t len = strlen(path);

	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, path, len + 1);
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(out, target, sizeof(target) - 1);
		const char *slash = strrchr(out, '/');
		size_t keep = 0;

		if (n < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -errno;
		target[n] = '\0';
		/* A relative target starts from the folder of the link. */
		if (target[0] != '/' && slash)
			keep = slash + 1 - out;
		if (keep + (size_t)n >= PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(out + keep, target, (size_t)n + 1);
	}
	return -ELOOP;
}

/* ---- a new file in the place of the old ---- */

static int replace_by_rename(const char *path, const char *beside,
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
	/* Owner and mode stay as the old file has them. */
	if (fchown(fd, old.st_uid, old.st_gid) < 0 ||
	    fchmod(fd, old.st_mode & 07777) < 0)
		rc = -errno;
	else
		rc = fd_write_all(fd, c->text, c->len);
	if (!rc && fsync(fd) < 0)
		rc = -errno;
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

/* True if the folder took no new file, but the file may take the text. */
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

static int store_text(const char *path, const struct resolv_conf *old,
		      const struct resolv_conf *c)
{
	char beside[PATH_MAX];
	int rc;

	if (snprintf(beside, sizeof(beside), "%s.sshdial", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	/* A killed process left it: we have the lock. */
	unlink(beside);
	if (c->there == old->there && c->len == old->len &&
	    !memcmp(c->text, old->text, c->len))
		return 0;
	if (!c->there && unlink(path) == 0)
		return 0;
	rc = replace_by_rename(path, beside, c);
	if (old->there && may_overwrite(rc, old, c))
		rc = overwrite(path, old, c);
	return rc;
}

/* ---- what dns.c calls ---- */

/* Sets the peer's block as `w` says, or removes it if that is NULL. */
static int change_block(const char *path, const struct dns_wish *w,
			const char *peer, const char *what, struct failure *f)
{
	struct resolv_conf old = {0}, c = {0};
	char real[PATH_MAX], why[300];
	int rc = find_real_file(path, real);

	if (!rc) {
		rc = file_read(real, FILE_ANY, RESOLV_CONF_MAX, &old.text,
			       &old.len);
		old.there = !rc;
	}
	/* A file that does not exist has an empty text. */
	if (rc == -ENOENT) {
		old.text = calloc(1, 1);
		rc = old.text ? 0 : -ENOMEM;
	}
	if (!rc)
		rc = w ? resolv_conf_set(&old, w, &c)
		       : resolv_conf_undo(&old, peer, &c);
	if (!rc)
		rc = store_text(real, &old, &c);
	free(old.text);
	free(c.text);
	if (rc == -E2BIG)
		return fail(f, REASON_INTERNAL,
			    "%s: %d peers have name servers there already",
			    real, RESOLV_CONF_PEERS);
	if (rc < 0) {
		file_explain(real, FILE_ANY, rc, why, sizeof(why));
		return fail(f, REASON_INTERNAL, "%s; %s", why, what);
	}
	return 0;
}

int resolv_file_set(const char *path, const struct dns_wish *w,
		    struct failure *f)
{
	return change_block(path, w, w->peer, "the name servers are not set",
			    f);
}

int resolv_file_undo(const char *path, const char *peer, struct failure *f)
{
	return change_block(path, NULL, peer,
			    "our name servers are still there", f);
}
