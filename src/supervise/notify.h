/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_NOTIFY_H
#define SSHDIAL_SUPERVISE_NOTIFY_H

#include <stdint.h>

/*
 * The init system's notification socket (sd_notify(3), "Notes": the protocol
 * is stable, and so small that a library for it is not worth its memory).
 * Nothing is done where NOTIFY_SOCKET is not set.
 */
__attribute__((format(printf, 1, 2))) void notify(const char *fmt, ...);

/* How often the watchdog wants to hear of us, in ms: half of WATCHDOG_USEC;
 * 0 where there is none for this process (sd_watchdog_enabled(3)). */
int64_t notify_watchdog(void);

#endif
