/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_LOG_H
#define SSHDIAL_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Log lines go to standard error, one write(2) for each, at most LOG_LINE_MAX
 * bytes: "sshdial[NAME]: text".  No call changes errno.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX 1024

/* Sets NAME (at most 32 bytes of `peer`; NULL or "" leaves the brackets out)
 * and the highest level that is logged. */
void log_open(const char *peer, enum log_level level);

/* The level of the last log_open(). */
enum log_level log_level(void);

/* From now on lines go to the system log as well, facility daemon; with `only`
 * they go nowhere else. */
void log_syslog(bool only);

/* From now on lines go to `fn` and nowhere else, without prefix and newline:
 * for a process whose parent logs for it. */
typedef void log_fn(enum log_level level, const char *text, size_t len);
void log_to(log_fn *fn);

/*
 * From now on a line that standard error does not take at once is lost, and
 * the next one that it takes says how many were: for a process that must not
 * wait for the reader of its log.
 */
void log_never_wait(void);

/* Like log_info(), with the level as an argument. */
void log_at(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define LOG_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Log one line each; nothing if log_open() has set a lower level. */
void log_error(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_warn(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_info(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_debug(const char *fmt, ...) LOG_PRINTF(1, 2);

/*
 * Text that another program wrote (a far command, pppd, a banner): each of its
 * lines becomes a log line with `who` in front, printable as log_printable()
 * makes it, and cut at 400 bytes.
 */
struct log_text {
	enum log_level level;
	char who[32];
	size_t used;
	char line[400];
	unsigned int lines; /* logged or counted so far in this second */
	int64_t second;
};

/* Copies `who`, cut at 31 bytes. */
void log_text_init(struct log_text *t, enum log_level level, const char *who);

/*
 * Takes `len` bytes and logs each line that is complete.  What exceeds 50
 * lines in a second is only counted; the count is logged in a later second.
 */
void log_text_add(struct log_text *t, const void *bytes, size_t len);

/* Logs the last line if it has no newline, and a count that is still due. */
void log_text_end(struct log_text *t);

/*
 * Copies `len` bytes to out (of `size` bytes, always terminated, cut to fit)
 * with each byte outside 0x20 to 0x7e as \xNN.  Returns out.
 */
const char *log_printable(char *out, size_t size, const void *bytes,
			  size_t len);

#endif
