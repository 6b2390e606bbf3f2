// SPDX-License-Identifier: ISC
/*
 * A line is formatted once, with the prefix in front, into a buffer on the
 * stack.  Then it goes either to a function (log_to(): a session's lines go to
 * its parent as records, which have a level and no prefix) or to the system
 * log and standard error.
 *
 * A reader that is slow (a pager, a full disk) must not stop a link, so the
 * supervisor drops lines that standard error does not take at once.  Text of
 * other programs is limited to 50 lines a second for the same reason: a far
 * command that prints for ever would fill the disk with our log.
 */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/loop.h"
#include "base/syslog_write.h"

#define TEXT_LINES_PER_SECOND 50

static char log_prefix[64] = "sshdial: ";
static enum log_level log_limit = LOG_INFO;

static bool to_syslog, only_syslog; /* only: nothing to standard error */
static log_fn *log_elsewhere;	    /* instead of both, see log_to() */
static bool never_wait;		    /* lines may be lost, see the top */

static const char *const level_word[] = {
	[LOG_ERROR] = "",
	[LOG_WARN] = "warning: ",
	[LOG_INFO] = "",
	[LOG_DEBUG] = "debug: ",
};

void log_open(const char *peer, enum log_level level)
{
	log_limit = level;
	if (peer && *peer)
		snprintf(log_prefix, sizeof(log_prefix),
			 "sshdial[%.32s]: ", peer);
	else
		snprintf(log_prefix, sizeof(log_prefix), "sshdial: ");
}

void log_syslog(bool only)
{
	to_syslog = true;
	only_syslog = only;
}

void log_to(log_fn *fn)
{
	log_elsewhere = fn;
}

void log_never_wait(void)
{
	never_wait = true;
}

enum log_level log_level(void)
{
	return log_limit;
}

/* How many bytes snprintf(3) has written, from what it returned. */
static size_t written(int n, size_t size)
{
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* An error is ignored: there is nowhere to report it. */
static void write_stderr(const char *line, size_t len)
{
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

/* Drops the line if standard error would have to be waited for; the next one
 * that it takes says how many were lost. */
static void write_line(const char *line, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	static unsigned long lost;
	char text[64];

	if (never_wait && (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT))) {
		lost++;
		return;
	}
	if (lost)
		write_stderr(text, written(snprintf(text, sizeof(text),
						    "sshdial: %lu lines lost\n",
						    lost),
					   sizeof(text)));
	lost = 0;
	write_stderr(line, len);
}

LOG_PRINTF(2, 0)
static void log_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	int saved = errno;
	size_t head, n;

	if (level > log_limit)
		return;
	head = written(snprintf(line, sizeof(line), "%s%s", log_prefix,
				level_word[level]),
		       sizeof(line));
	/* snprintf(3) may have changed it, and fmt may have %m. */
	errno = saved;
	n = head + written(vsnprintf(line + head, sizeof(line) - head, fmt, ap),
			   sizeof(line) - head);
	/* A newline and a zero still fit behind the text. */
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	if (log_elsewhere) {
		log_elsewhere(level, line + head, n - head);
	} else {
		if (to_syslog)
			syslog_write((int)level, line + strlen("sshdial"));
		line[n++] = '\n';
		if (!only_syslog)
			write_line(line, n);
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                              \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		log_line(level, fmt, ap);                                      \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(level, fmt, ap);
	va_end(ap);
}

const char *log_printable(char *out, size_t size, const void *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = bytes;
	size_t n = 0;

	/* Room for a whole "\xNN" and the zero: none is cut in two. */
	for (size_t i = 0; i < len && n + 5 <= size; i++) {
		if (p[i] >= 0x20 && p[i] < 0x7f) {
			out[n++] = (char)p[i];
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[p[i] >> 4];
		out[n++] = hex[p[i] & 15];
	}
	if (size)
		out[n] = 0;
	return out;
}

void log_text_init(struct log_text *t, enum log_level level, const char *who)
{
	memset(t, 0, sizeof(*t));
	t->level = level;
	snprintf(t->who, sizeof(t->who), "%s", who);
}

static void end_text_line(struct log_text *t)
{
	char shown[900];
	int64_t now = loop_now() / 1000;

	/* A new second: tell what the last one cost, and count anew. */
	if (now != t->second) {
		if (t->lines > TEXT_LINES_PER_SECOND)
			log_at(t->level, "%s: %u lines left out", t->who,
			       t->lines - TEXT_LINES_PER_SECOND);
		t->second = now;
		t->lines = 0;
	}
	if (t->used && t->line[t->used - 1] == '\r')
		t->used--;
	if (t->used && ++t->lines <= TEXT_LINES_PER_SECOND)
		log_at(t->level, "%s: %s", t->who,
		       log_printable(shown, sizeof(shown), t->line, t->used));
	t->used = 0;
}

void log_text_add(struct log_text *t, const void *bytes, size_t len)
{
	const char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n')
			end_text_line(t);
		else if (t->used < sizeof(t->line)) /* or it is cut */
			t->line[t->used++] = p[i];
	}
}

void log_text_end(struct log_text *t)
{
	if (t->used)
		end_text_line(t);
	if (t->lines > TEXT_LINES_PER_SECOND)
		log_at(t->level, "%s: %u lines left out", t->who,
		       t->lines - TEXT_LINES_PER_SECOND);
	t->lines = 0;
}
