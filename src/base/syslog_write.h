/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_SYSLOG_WRITE_H
#define SSHDIAL_BASE_SYSLOG_WRITE_H

/*
 * Sends one line, without a newline, to the system log; `level` is an enum
 * log_level.  It is not in log.c because <syslog.h> has macros by the names of
 * our levels.
 */
void syslog_write(int level, const char *line);

#endif
