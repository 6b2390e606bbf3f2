/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_NOTIFY_H
#define SSHDIAL_SUPERVISE_NOTIFY_H

#include <stdint.h>

/*
 * Sends a message to the init system's notification socket, such as
 * "STATUS=dialing"; does nothing if NOTIFY_SOCKET is not set, and never waits.
 * The protocol is stable and small (sd_notify(3), "Notes"), so that it needs no
 * library.
 */
__attribute__((format(printf, 1, 2))) void notify(const char *fmt, ...);

/* How often the watchdog has to hear of us, in ms: half of WATCHDOG_USEC.  0 if
 * this process has no watchdog (sd_watchdog_enabled(3)). */
int64_t notify_watchdog(void);

#endif
