/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_UTIL_H
#define SSHDIAL_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The number of elements of an array. */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Reads a whole regular file of at most `max` bytes.  *text gets memory with a
 * zero behind the content, which the caller frees; *len gets the size of the
 * content.  The owner and the mode of the file must be as `trust` says:
 *
 * FILE_ANY	any
 * FILE_GUARDED	root or the caller owns it; group and others cannot write it
 * FILE_SECRET	root or the caller owns it; group and others have no access
 *
 * 0, or -EPERM (wrong owner or mode), -EFBIG, -EINVAL (not a regular file),
 * -EAGAIN (it grew while it was read), -ENOMEM, or the error of open(2) or
 * read(2).  On error *text and *len are unchanged.
 */
enum file_trust { FILE_ANY, FILE_GUARDED, FILE_SECRET };
int file_read(const char *path, enum file_trust trust, size_t max, char **text,
	      size_t *len);

/*
 * Explains an error of file_read() (below zero) in one line, which begins with
 * the path and says what to do.  Returns out, which has `size` bytes.
 */
const char *file_explain(const char *path, enum file_trust trust, int error,
			 char *out, size_t size);

/* Switches O_NONBLOCK on or off.  0 or -errno. */
int fd_nonblock(int fd, bool on);

/* Writes all of it, and waits if a non-blocking descriptor is full.  0 or
 * -errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* Copies a path to out (of `size` bytes), with "~/" at its start replaced by
 * $HOME or, if that is not set, by the home in the password database.  0,
 * -ENAMETOOLONG, or -ENOENT (there is no home). */
int path_expand(const char *path, char *out, size_t size);

/* Overwrites memory that held a secret. */
void wipe(void *p, size_t len);

#endif
