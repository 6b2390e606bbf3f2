/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_VERBS_STATUS_FORMAT_H
#define SSHDIAL_VERBS_STATUS_FORMAT_H

#include <stdio.h>
#include "ipc/control.h"

/*
 * The status of a supervisor for people and for programs, both from the same
 * struct.
 */

/* Prints one line; it fits 80 columns if the names are short. */
void status_print(const struct control_status *s, FILE *out);

/* Prints one JSON object (RFC 8259) without a newline.  Its "version" is
 * STATUS_VERSION; while that stays, names and meanings stay. */
#define STATUS_VERSION 1
void status_json(const struct control_status *s, FILE *out);

/* Writes a number of bytes as "1.2M" to out, of at least 16 bytes.  Returns
 * out. */
const char *status_bytes(char *out, size_t size, double bytes);

#endif
