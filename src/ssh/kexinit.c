// SPDX-License-Identifier: ISC
#include "ssh/kexinit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "base/log.h"
#include "base/wire.h"

/* Skips the server's identification, which other lines may precede. */
static int skip_banner(struct wire *w)
{
	while (w->left) {
		const uint8_t *end = memchr(w->p, '\n', w->left);
		bool last = w->left >= 4 && !memcmp(w->p, "SSH-", 4);

		if (!end)
			return -EAGAIN;
		w->left -= (size_t)(end + 1 - w->p);
		w->p = end + 1;
		if (last)
			return 0;
	}
	return -EAGAIN;
}

int kexinit_list(const uint8_t *bytes, size_t len, enum kexinit_list which,
		 char *out, size_t size)
{
	struct wire w = {.p = bytes, .left = len}, list;
	int rc = skip_banner(&w);
	uint32_t packet;

	if (rc)
		return rc;
	/* Packet length, padding length, type and cookie (RFC 4253, 6 and
	 * 7.1). */
	if (!wire_u32(&w, &packet) || w.left < 18)
		return -EAGAIN;
	if (packet > 35000 || w.p[1] != SSH_MSG_KEXINIT)
		return -EBADMSG;
	w.p += 18;
	w.left -= 18;
	for (int i = 0; i <= (int)which; i++)
		if (!wire_string(&w, &list))
			return -EAGAIN;
	log_printable(out, size, list.p, list.left);
	return 0;
}

int kexinit_common(const char *a, const char *b)
{
	for (const char *p = a; *p;) {
		size_t n = strcspn(p, ",");

		for (const char *q = b; *q;) {
			size_t m = strcspn(q, ",");

			if (m == n && !memcmp(p, q, n))
				return 1;
			q += m + (q[m] == ',');
		}
		p += n + (p[n] == ',');
	}
	return 0;
}
