// SPDX-License-Identifier: ISC
/*
 * Adds a line to a known_hosts file, in one write(2) with O_APPEND: other
 * programs may add theirs at the same time, and readers must not see half of
 * it.  If the disk is full, the bytes that were written are taken back.
 */
#include "keys/known_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "base/log.h"
#include "base/wire.h"

/* Room for a newline, name, type, key in base64, newline and zero. */
#define LINE_SIZE                                                              \
	(1 + KNOWN_NAME_MAX + WIRE_NAME_MAX + 1 +                              \
	 (KNOWN_KEY_MAX + 2) / 3 * 4 + 2)

/* True if the name would be read back as this one name. */
static bool is_plain_name(const char *host)
{
	if (!*host || strchr("!|#@", *host))
		return false;
	for (; *host; host++)
		if ((unsigned char)*host <= ' ' || *host == 0x7f ||
		    strchr(",*?", *host))
			return false;
	return true;
}

/* Writes the line.  Its length, or -errno. */
static int format_line(char *line, const char *host, int port,
		       const uint8_t *key, size_t len)
{
	char type[WIRE_NAME_MAX + 1];
	char name[KNOWN_NAME_MAX];
	int n, r;

	if (!is_plain_name(host))
		return -EINVAL;
	r = known_hosts_name(host, port, name, sizeof(name));
	if (r)
		return r;
	if (len > KNOWN_KEY_MAX ||
	    known_hosts_type(key, len, type, sizeof(type)))
		return -EBADMSG;
	n = sprintf(line, "%s %s ", name, type);
	n += EVP_EncodeBlock((unsigned char *)line + n, key, (int)len);
	line[n++] = '\n';
	return n;
}

static int append_line(const char *file, int fd, const char *line, size_t len)
{
	struct stat st;
	ssize_t n;
	off_t end;
	int r = 0;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < len)
		r = -ENOSPC;
	else if (fsync(fd) < 0)
		r = -errno;
	if (!r)
		return 0;
	/* Our bytes go off the end, unless somebody has added more behind them:
	 * readers skip an incomplete line, but a file that is cut in the wrong
	 * place loses keys. */
	end = lseek(fd, 0, SEEK_CUR);
	if (fstat(fd, &st) < 0 || end < n || st.st_size != end ||
	    ftruncate(fd, end - n) < 0)
		log_warn("%s: the last line is incomplete", file);
	return r;
}

int known_hosts_add(const char *file, const char *host, int port,
		    const uint8_t *key, size_t len)
{
	char line[LINE_SIZE] = "\n", last = '\n';
	struct stat st;
	int fd, n, r;

	n = format_line(line + 1, host, port, key, len);
	if (n < 0)
		return n;
	fd = open(file,
		  O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
			  O_NONBLOCK,
		  0644);
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (!r && st.st_size && pread(fd, &last, 1, st.st_size - 1) < 0)
		r = -errno;
	if (!r) {
		/* If the last line has no newline, ours brings it. */
		size_t skip = last == '\n';

		r = append_line(file, fd, line + skip, (size_t)n + 1 - skip);
	}
	if (close(fd) < 0 && !r)
		r = -errno;
	return r;
}
