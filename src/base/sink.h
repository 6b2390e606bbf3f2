/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_SINK_H
#define SSHDIAL_BASE_SINK_H

/*
 * syslog(3) for log.c, in a file of its own: <syslog.h> has macros by the
 * names of our levels.
 */

/* One line, without a newline; level is an enum log_level. */
void sink_line(int level, const char *line);

#endif
