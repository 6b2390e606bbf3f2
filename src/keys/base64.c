// SPDX-License-Identifier: ISC
#include "keys/base64.h"

#include <errno.h>
#include <string.h>
#include <openssl/evp.h>

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
