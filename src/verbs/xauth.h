/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_XAUTH_H
#define SSHDIAL_VERBS_XAUTH_H

#include "base/failure.h"
#include "conf/display.h"

/*
 * Fills d with the X server that DISPLAY names, and with its cookie if xauth(1)
 * knows one.  Returns 0, or -1 with REASON_CONFIG if DISPLAY is not set or
 * names no X server.
 */
int xauth_display(struct display *d, struct failure *f);

#endif
