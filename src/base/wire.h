/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_WIRE_H
#define SSHDIAL_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads SSH's binary forms (RFC 4251, 5).  Each function returns false, and
 * leaves cursor and output as they are, if fewer bytes are left than the field
 * says.
 */
struct wire {
	const uint8_t *p;
	size_t left;
};

#define WIRE_NAME_MAX 64 /* bytes of an algorithm's name (RFC 4251, 6) */

/* Four bytes, the highest first. */
bool wire_u32(struct wire *w, uint32_t *value);

/* A string; *s points into the same bytes. */
bool wire_string(struct wire *w, struct wire *s);

/*
 * A string that is a name: 1 to WIRE_NAME_MAX printable characters without
 * space and comma, copied with a zero.  Also false where it is none, or does
 * not fit.
 */
bool wire_name(struct wire *w, char *out, size_t size);

#endif
