/* SPDX-License-Identifier: ISC */
#include "keys/wire.h"

#include <errno.h>
#include <string.h>
#include <openssl/evp.h>

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
	struct wire next = *w;
	struct wire s;

	if (!wire_string(&next, &s))
		return false;
	if (!s.left || s.left > WIRE_NAME_MAX || s.left >= size)
		return false;
	for (size_t i = 0; i < s.left; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ',')
			return false;
	memcpy(out, s.p, s.left);
	out[s.left] = '\0';
	*w = next;
	return true;
}

/*
 * Four characters at a time.  EVP_DecodeBlock() is lenient about blanks and
 * padding; what does not encode to the same text again was malformed.
 */
ssize_t base64_decode(const char *text, size_t len, uint8_t *out, size_t size)
{
	unsigned char again[5], raw[3];
	size_t used = 0;

	if (len % 4)
		return -EBADMSG;
	for (; len; text += 4, len -= 4) {
		int n = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;

		if (EVP_DecodeBlock(raw, (const unsigned char *)text, 4) != 3)
			return -EBADMSG;
		EVP_EncodeBlock(again, raw, n);
		if (memcmp(again, text, 4) || (n < 3 && len > 4))
			return -EBADMSG;
		if (size - used < (size_t)n)
			return -ENOSPC;
		memcpy(out + used, raw, n);
		used += n;
	}
	return (ssize_t)used;
}
