/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_SNAPSHOT_H
#define SSHDIAL_SUPERVISE_SNAPSHOT_H

#include "ipc/control.h"

struct supervisor;

/* Fills in what `status` shows of the link as it is now; *s has to be zeroed,
 * and its head is not touched. */
void snapshot_fill(const struct supervisor *v, struct control_status *s);

#endif
