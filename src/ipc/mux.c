// SPDX-License-Identifier: ISC
#include "ipc/mux.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"

int mux_report_send(int fd, enum mux_word word, int status, const char *fmt,
		    ...)
{
	struct mux_report n = {.magic = MUX_MAGIC,
			       .word = (uint16_t)word,
			       .status = (uint16_t)status};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n.text, sizeof(n.text), fmt, ap);
	va_end(ap);
	return send(fd, &n, sizeof(n), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno
									: 0;
}

int mux_report_receive(int fd, struct mux_report *n, int flags)
{
	struct mux_report raw;
	ssize_t rc;

	do {
		rc = recv(fd, &raw, sizeof(raw), flags | MSG_TRUNC);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (!rc)
		return 0;
	if (rc != sizeof(raw) || raw.magic != MUX_MAGIC ||
	    raw.word >= MUX_WORDS || raw.status > 255)
		return -EBADMSG;
	*n = raw;
	log_printable(n->text, sizeof(n->text), raw.text,
		      strnlen(raw.text, sizeof(raw.text)));
	return 1;
}
