// SPDX-License-Identifier: ISC
/*
 * Files that a person can name: configurations, keys, lists of hosts.
 *
 * A file is opened first, and its type, owner and mode are those of the open
 * descriptor, so nobody can put another file in its place after the check.  A
 * file that grows while it is read is refused, and the caller may try again.
 *
 * file_explain() looks at the path again, because its message has to name the
 * owner and the mode.  That is for people only; nothing is decided by it.
 */
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD_MAX 4096

/* Root is trusted: nothing that it writes here could give it more rights. */
static bool owner_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == getuid();
}

/* The mode bits that a file with this trust must not have. */
static mode_t forbidden_mode(enum file_trust trust)
{
	switch (trust) {
	case FILE_SECRET:
		return S_IRWXG | S_IRWXO;
	case FILE_GUARDED:
		return S_IWGRP | S_IWOTH;
	case FILE_ANY:
		break;
	}
	return 0;
}

/* Reads a file of `size` bytes.  It allocates once: realloc(3) could leave a
 * copy of a secret behind.  One byte more is asked for, and if it comes, the
 * file has grown. */
static int read_whole(int fd, size_t size, char **text, size_t *len)
{
	char *buf = malloc(size + 1);
	size_t used = 0;
	ssize_t n = 1;
	int rc = 0;

	if (!buf)
		return -ENOMEM;
	while (!rc && n && used <= size) {
		n = read(fd, buf + used, size + 1 - used);
		if (n > 0)
			used += (size_t)n;
		else if (n < 0 && errno != EINTR)
			rc = -errno;
	}
	if (!rc && used > size)
		rc = -EAGAIN;
	if (rc < 0) {
		wipe(buf, size + 1);
		free(buf);
		return rc;
	}
	buf[used] = '\0';
	*text = buf;
	*len = used;
	return 0;
}

int file_read(const char *path, enum file_trust trust, size_t max, char **text,
	      size_t *len)
{
	/* Without O_NONBLOCK we would wait for the writer of a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	/* The descriptor is checked, not the path, which may lead to another
	 * file by now. */
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if ((trust != FILE_ANY && !owner_trusted(&st)) ||
		 (st.st_mode & forbidden_mode(trust)))
		r = -EPERM;
	else if ((uintmax_t)st.st_size > max)
		r = -EFBIG;
	else
		r = read_whole(fd, st.st_size, text, len);
	close(fd);
	return r;
}

/* Looks once more at a file that was refused: -EPERM alone does not tell an
 * owner from a mode, and the file may have been put right meanwhile. */
static void explain_trust(const char *path, enum file_trust trust, char *out,
			  size_t size)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		snprintf(out, size, "%s: %s", path, strerror(errno));
	} else if (!owner_trusted(&st)) {
		snprintf(out, size,
			 "%s: belongs to user %u, not to root or user %u; "
			 "run chown %u %s",
			 path, st.st_uid, getuid(), getuid(), path);
	} else if (st.st_mode & forbidden_mode(trust)) {
		bool secret = trust == FILE_SECRET;

		snprintf(out, size,
			 "%s: %s by group or others (mode %04o); "
			 "run chmod %s %s",
			 path, secret ? "accessible" : "writable",
			 st.st_mode & 07777, secret ? "go=" : "go-w", path);
	} else {
		snprintf(out, size, "%s: %s", path, strerror(EPERM));
	}
}

const char *file_explain(const char *path, enum file_trust trust, int error,
			 char *out, size_t size)
{
	switch (error) {
	case -EPERM:
		explain_trust(path, trust, out, size);
		break;
	case -EINVAL:
		snprintf(out, size, "%s: not a regular file", path);
		break;
	case -EFBIG:
		snprintf(out, size, "%s: too large", path);
		break;
	case -EAGAIN:
		snprintf(out, size, "%s: changed while being read", path);
		break;
	default:
		snprintf(out, size, "%s: %s", path, strerror(-error));
	}
	return out;
}

int fd_nonblock(int fd, bool on)
{
	/* The flag belongs to the open file: all who share it see it. */
	int flags = fcntl(fd, F_GETFL);
	int wanted;

	if (flags < 0)
		return -errno;
	wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0)
		return -errno;
	return 0;
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		struct pollfd pfd = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, p, len);

		if (n >= 0) {
			p += n;
			len -= n;
		} else if (errno == EAGAIN) {
			/* A closed reader wakes poll(2) as well; the next
			 * write(2) says so. */
			if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int path_expand(const char *path, char *out, size_t size)
{
	struct passwd pw, *found = NULL;
	const char *dir = "";
	char buf[PASSWD_MAX]; /* holds what pw points to */
	int n;

	if (!strncmp(path, "~/", 2)) {
		dir = getenv("HOME");
		if (!dir || !*dir) {
			getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found);
			dir = found ? pw.pw_dir : NULL;
		}
		if (!dir || !*dir)
			return -ENOENT;
		path++;
	}
	n = snprintf(out, size, "%s%s", dir, path);
	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

void wipe(void *p, size_t len)
{
	/* A compiler may leave out a memset(3) of what is not read again. */
	explicit_bzero(p, len);
}
