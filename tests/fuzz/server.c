// SPDX-License-Identifier: ISC
/* What an SSH server can send before anybody knows who it is, and its host
 * key. */
#include <errno.h>
#include "ssh/kexinit.h"
#include "keys/known_hosts.h"
#include "base/wire.h"
#include "keys/base64.h"
#include "fuzz.h"

static void key_exchange(const uint8_t *bytes, size_t len)
{
	char list[2][64];

	for (int i = 0; i < KEXINIT_LISTS; i++) {
		char *out = list[i % 2];
		int rc;

		memset(out, 'x', sizeof(list[0]));
		rc = kexinit_list(bytes, len, (enum kexinit_list)i, out,
				  sizeof(list[0]));
		must(rc == 0 || rc == -EAGAIN || rc == -EBADMSG);
		if (rc)
			out[0] = 0;
		must(memchr(out, 0, sizeof(list[0])) && printable(out));
		if (i)
			must(kexinit_common(list[0], list[1]) ==
			     kexinit_common(list[1], list[0]));
	}
}

static void host_key(const uint8_t *bytes, size_t len)
{
	static const struct known_hosts none;
	const struct known_entry *e;
	char type[64], print[64];
	int rc = known_hosts_type(bytes, len, type, sizeof(type));

	must(rc == 0 || rc == -ENOSPC || rc == -EBADMSG);
	if (!rc)
		must(strlen(type) > 0 && printable(type));
	must(known_hosts_fingerprint(bytes, len, print, sizeof(print)) == 0);
	must(strlen(print) == strlen("SHA256:") + 43);
	must(known_hosts_check(&none, bytes, len, &e) == KNOWN_UNKNOWN);
}

static void forms(const uint8_t *bytes, size_t len)
{
	struct wire w = {bytes, len}, s;
	char name[WIRE_NAME_MAX + 1], *text;
	uint8_t *out;
	uint32_t n;
	ssize_t size;

	while (wire_string(&w, &s)) {
		struct wire inner = s;

		must(s.p >= bytes && s.p + s.left <= bytes + len);
		if (wire_name(&inner, name, sizeof(name)))
			must(strlen(name) && printable(name));
		while (wire_u32(&s, &n))
			;
		must(s.left < 4);
	}
	text = text_of(bytes, len);
	out = malloc(len / 2 + 1); /* may be too little */
	must(out != NULL);
	size = base64_decode(text, len, out, len / 2);
	must(size == -EBADMSG || size == -ENOSPC ||
	     (size >= 0 && (size_t)size <= len / 2));
	free(out);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	key_exchange(bytes, len);
	host_key(bytes, len);
	forms(bytes, len);
	return 0;
}
