/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_LOG_H
#define SSHDIAL_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Log lines go to standard error, one write(2) a line, at most LOG_LINE_MAX
 * bytes: "sshdial[NAME]: text".  errno is the same after each call.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX 1024

/* Copies at most 32 bytes of `peer`; NULL or "" leaves the brackets out. */
void log_open(const char *peer, enum log_level level);
enum log_level log_level(void);

/*
 * From here on lines go to syslog(3), facility daemon, too; with `only`
 * nowhere else.
 */
void log_syslog(bool only);

/*
 * From here on lines go to `fn`, without prefix and newline, and nowhere else:
 * for a process whose parent logs for it.  The level is that of the line.
 */
typedef void log_fn(enum log_level level, const char *text, size_t len);
void log_to(log_fn *fn);

/*
 * From here on a line that standard error does not take at once is lost, and
 * counted: for a process that must not wait for who reads its log.
 */
void log_never_wait(void);

/* One line of a level that is not known before. */
void log_at(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define LOG_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* One line each; what is below the level of log_open() is dropped. */
void log_error(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_warn(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_info(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_debug(const char *fmt, ...) LOG_PRINTF(1, 2);

/*
 * Logs text that somebody else wrote (a far command, pppd, a banner), a line
 * each, prefixed with `who`.  Control characters and invalid UTF-8 are shown
 * as \xNN; lines over 400 bytes are cut.
 */
struct log_text {
	enum log_level level;
	char who[32];
	size_t used;
	char line[400];
	unsigned int lines; /* lines logged so far in this second */
	long long second;
};

/* `who` is copied, cut at 31 bytes. */
void log_text_init(struct log_text *t, enum log_level level, const char *who);

/*
 * Takes `len` bytes; logs each complete line.  Over 50 lines in one second
 * are counted, not logged, and the count is logged when it is over.
 */
void log_text_add(struct log_text *t, const void *bytes, size_t len);

/* Logs an unfinished last line, if there is one. */
void log_text_end(struct log_text *t);

/*
 * Makes `len` bytes printable into out (size bytes, always terminated):
 * control characters and bytes over 0x7e as \xNN.  Returns out.
 */
const char *log_printable(char *out, size_t size, const void *bytes,
			  size_t len);

#endif
