/* SPDX-License-Identifier: ISC */
#include <string.h>
#include "io/preamble.h"

/* Flag, address, escape, control ^ 0x20. */
static const uint8_t opening[] = {0x7e, 0xff, 0x7d, 0x23};

size_t preamble_text(const uint8_t *bytes, size_t len, bool *frame)
{
	size_t at, n;

	*frame = false;
	/* Only its first byte is a flag: no two beginnings overlap. */
	for (at = 0; at < len; at++) {
		n = len - at < sizeof(opening) ? len - at : sizeof(opening);
		if (memcmp(bytes + at, opening, n) == 0) {
			*frame = n == sizeof(opening);
			break;
		}
	}
	return at;
}
