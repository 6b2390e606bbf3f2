// SPDX-License-Identifier: ISC
#include "io/preamble.h"

#include <string.h>

/* Flag, address, escape, control ^ 0x20. */
static const uint8_t opening[] = {0x7e, 0xff, 0x7d, 0x23};

size_t preamble_text(const uint8_t *bytes, size_t len, bool *frame)
{
	size_t at, n;

	*frame = false;
	/* The flag is only its first byte, so no two beginnings overlap. */
	for (at = 0; at < len; at++) {
		n = len - at < sizeof(opening) ? len - at : sizeof(opening);
		if (memcmp(bytes + at, opening, n) == 0) {
			*frame = n == sizeof(opening);
			break;
		}
	}
	return at;
}
