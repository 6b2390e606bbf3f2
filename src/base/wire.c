/* SPDX-License-Identifier: ISC */
#include "base/wire.h"

#include <string.h>

bool wire_u32(struct wire *w, uint32_t *value)
{
	if (w->left < 4)
		return false;
	*value = (uint32_t)w->p[0] << 24 | (uint32_t)w->p[1] << 16 |
		 (uint32_t)w->p[2] << 8 | w->p[3];
	w->p += 4;
	w->left -= 4;
	return true;
}

bool wire_string(struct wire *w, struct wire *s)
{
	struct wire next = *w;
	uint32_t len;

	if (!wire_u32(&next, &len) || next.left < len)
		return false;
	*s = (struct wire){next.p, len};
	*w = (struct wire){next.p + len, next.left - len};
	return true;
}

bool wire_name(struct wire *w, char *out, size_t size)
{
	/* *w stays where it was unless the name is taken. */
	struct wire next = *w;
	struct wire s;

	if (!wire_string(&next, &s))
		return false;
	if (!s.left || s.left > WIRE_NAME_MAX || s.left >= size)
		return false;
	/* Printable US-ASCII without commas (RFC 4251, section 6). */
	for (size_t i = 0; i < s.left; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ',')
			return false;
	memcpy(out, s.p, s.left);
	out[s.left] = '\0';
	*w = next;
	return true;
}
