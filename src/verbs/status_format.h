/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_STATUS_FORMAT_H
#define SSHDIAL_VERBS_STATUS_FORMAT_H

#include <stdio.h>
#include "ipc/control.h"

/*
 * A status for people and for programs, both from the same struct.
 */

/* One line; the widths fit a terminal of 80 columns where names are short. */
void status_print(const struct control_status *s, FILE *out);

/* One JSON object without a newline.  Its "version" is STATUS_VERSION; names
 * and meanings stay as long as that does. */
#define STATUS_VERSION 1
void status_json(const struct control_status *s, FILE *out);

/* Bytes as "1.2M"; at least 16 bytes at out.  Returns out. */
const char *status_bytes(char *out, size_t size, double bytes);

#endif
