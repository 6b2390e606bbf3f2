/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_PPPD_STATUS_H
#define SSHDIAL_BASE_PPPD_STATUS_H

#include <stdbool.h>
#include "base/reason.h"

/*
 * Explains an exit status of pppd (pppd(8), EXIT STATUS, versions 2.4.9 to
 * 2.5).  It is not in the room of our own pppd, because a session needs it for
 * the far one.  `status` is 0 to 255; `asked` is true if we told pppd to end.
 * *text is set to pppd's meaning in words, never NULL.
 */
enum reason pppd_status_reason(int status, bool asked, const char **text);

#endif
