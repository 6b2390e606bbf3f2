// SPDX-License-Identifier: ISC
/* Files: a known_hosts that has lines of others, a configuration, a key. */
#include <errno.h>
#include <stdio.h>
#include "conf/conf.h"
#include "conf/forward_spec.h"
#include "conf/ssh_targets.h"
#include "keys/auth_key.h"
#include "keys/known_hosts.h"
#include "fuzz.h"

static void known_hosts(const char *text, size_t len, const char *host,
			int port)
{
	struct known_hosts kh = {.n = 0};
	const struct known_entry *e;
	char list[200];
	int rc = known_hosts_parse(&kh, "known_hosts", text, len, host, port);

	must(rc == 0 || rc == -E2BIG || rc == -ENAMETOOLONG);
	must(kh.n <= KNOWN_ENTRIES_MAX);
	for (size_t i = 0; i < kh.n; i++) {
		const struct known_entry *k = &kh.entry[i];
		enum known_verdict v =
			known_hosts_check(&kh, k->key, k->len, &e);

		must(v == KNOWN_MATCH || v == KNOWN_REVOKED || k->plain);
	}
	rc = known_hosts_algorithms(&kh, "ssh-ed25519,rsa-sha2-512", list,
				    sizeof(list));
	must(rc == 0 || rc == -ENOKEY);
	known_hosts_free(&kh);
}

/* What is taken can be printed and taken again, and is the same then. */
static char *effective(const char *text, size_t len, size_t *size)
{
	struct conf_error error = {.text = ""};
	struct conf c;
	char *out = NULL;
	FILE *f;

	must(conf_defaults(&c, "fuzz") == 0);
	if (conf_parse(&c, "fuzz.conf", text, len, &error) == 0 &&
	    conf_validate(&c, &error) == 0) {
		f = open_memstream(&out, size);
		must(f != NULL);
		conf_print(&c, f);
		must(fclose(f) == 0);
	} else {
		must(error.text[0] != 0);
	}
	conf_free(&c);
	return out;
}

static void configuration(const char *text, size_t len)
{
	size_t size, again_size;
	char *once = effective(text, len, &size), *again;

	if (!once)
		return;
	again = effective(once, size, &again_size);
	must(again && size == again_size && !memcmp(once, again, size));
	free(again);
	free(once);
}

/* Only what begins as a key does costs the time of a decoder. */
static void key(const char *text, size_t len)
{
	struct auth_key_info info;

	if (len > 11 && !memcmp(text, "-----BEGIN ", 11))
		auth_key_probe(text, len, &info);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = text_of(bytes, len);

	known_hosts(text, len, "gate.example.org", 22);
	known_hosts(text, len, "10.0.0.1", 2222);
	configuration(text, len);
	key(text, len);
	free(text);
	return 0;
}
