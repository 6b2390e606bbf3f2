/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_XAUTH_H
#define SSHDIAL_VERBS_XAUTH_H

#include "base/failure.h"
#include "conf/display.h"

/*
 * The X server that DISPLAY names, and its cookie from xauth(1), where it has
 * one.  0, or -1 with REASON_CONFIG where there is no DISPLAY or none that can
 * be used.
 */
int xauth_display(struct display *d, struct failure *f);

#endif
