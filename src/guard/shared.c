// SPDX-License-Identifier: ISC
#include "guard/shared.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"

int shared_tell(int fd, enum shared_word word, int status, const char *fmt, ...)
{
	struct shared_news n = {.magic = SHARED_MAGIC,
				.word = (uint16_t)word,
				.status = (uint16_t)status};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n.text, sizeof(n.text), fmt, ap);
	va_end(ap);
	return send(fd, &n, sizeof(n), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno
									: 0;
}

int shared_hear(int fd, struct shared_news *n, int flags)
{
	struct shared_news raw;
	ssize_t rc;

	do {
		rc = recv(fd, &raw, sizeof(raw), flags | MSG_TRUNC);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (!rc)
		return 0;
	if (rc != sizeof(raw) || raw.magic != SHARED_MAGIC ||
	    raw.word >= SHARED_WORDS || raw.status > 255)
		return -EBADMSG;
	*n = raw;
	log_printable(n->text, sizeof(n->text), raw.text,
		      strnlen(raw.text, sizeof(raw.text)));
	return 1;
}
