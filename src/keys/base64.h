/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_BASE64_H
#define SSHDIAL_KEYS_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Decodes base64 that is written as an encoder would: padded, no other
 * characters, no bits set beyond the end.  `out` may be `text` itself.  The
 * number of bytes, or -EBADMSG, -ENOSPC.
 */
ssize_t base64_decode(const char *text, size_t len, uint8_t *out, size_t size);

#endif
