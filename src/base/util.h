/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_UTIL_H
#define SSHDIAL_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The number of elements of an array. */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Reads a whole regular file of at most `max` bytes; *text gets memory with a
 * zero behind the content (free it), *len the content's size.  The file must
 * be as `trust` says:
 *
 * FILE_ANY	anybody's
 * FILE_GUARDED	of root or the caller, not writable by group or others
 * FILE_SECRET	of root or the caller, nothing for group and others
 *
 * 0, or -EPERM (wrong owner or mode), -EFBIG, -EINVAL (no regular file),
 * -EAGAIN (grew while being read), -ENOMEM, or the errno of open(2) or
 * read(2).  On error *text and *len are as they were.
 */
enum file_trust { FILE_ANY, FILE_GUARDED, FILE_SECRET };
int file_read(const char *path, enum file_trust trust, size_t max, char **text,
	      size_t *len);

/*
 * What an error of file_read() (below zero) means for `path` and what to do,
 * in one line of out, which begins with the path.  Returns out.
 */
const char *file_explain(const char *path, enum file_trust trust, int error,
			 char *out, size_t size);

/* O_NONBLOCK on or off.  0 or -errno. */
int fd_nonblock(int fd, bool on);

/* Writes all of it, waiting where it must.  0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* "~/x" becomes $HOME/x (the password database's home where HOME is unset);
 * anything else is copied.  0, -ENAMETOOLONG, -ENOENT (no home). */
int path_expand(const char *path, char *out, size_t size);

/* Overwrites memory that held a secret. */
void wipe(void *p, size_t len);

#endif
