/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_WIRE_H
#define SSHDIAL_KEYS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reading SSH's binary forms (RFC 4251, part 5) and base64.  The functions of
 * a cursor return false, and leave cursor and output as they are, where fewer
 * bytes are left than the field says.
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

/*
 * Decodes base64 that is written as an encoder would: padded, no other
 * characters, no bits set beyond the end.  `out` may be `text` itself.  The
 * number of bytes, or -EBADMSG, -ENOSPC.
 */
ssize_t base64_decode(const char *text, size_t len, uint8_t *out, size_t size);

#endif
