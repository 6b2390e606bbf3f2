// SPDX-License-Identifier: ISC
#include "ssh/algorithms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * Our offer, the preferred name first; names that the library does not know are
 * cut.  libssh2 calls libcrypto once for each 16 bytes of AES, but once for
 * a packet of chacha20-poly1305, which it has since 1.11.1, together with the
 * strict key exchange that this cipher needs (CVE-2023-48795).
 */
static const char our_kex[] =
	"curve25519-sha256,curve25519-sha256@libssh.org,"
	"ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
	"diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";
static const char our_ciphers[] =
	"chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr,aes192-ctr,"
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com";
static const char our_macs[] =
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	"hmac-sha2-256,hmac-sha2-512";

static bool in_list(const char *const *list, int n, const char *name,
		    size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(list[i]) == len && !memcmp(list[i], name, len))
			return true;
	return false;
}

/*
 * Copies the names that the library knows.  libssh2 1.10 strips unknown names
 * itself, but with an overlapping memcpy.
 */
static int cut_to_known(struct transport *t, int method, const char *want,
			char *out, size_t size)
{
	const char **known = NULL;
	size_t used = 0;
	int n = libssh2_session_supported_algs(t->ssh, method, &known);

	out[0] = 0;
	for (const char *p = want; n > 0 && *p;) {
		size_t len = strcspn(p, ",");

		if (in_list(known, n, p, len) && used + len + 2 <= size)
			used += (size_t)snprintf(out + used, size - used,
						 "%s%.*s", used ? "," : "",
						 (int)len, p);
		p += len + (p[len] == ',');
	}
	if (known)
		libssh2_free(t->ssh, known);
	return used ? 0 : -ENOENT;
}

static int prefer(struct transport *t, int method, const char *key,
		  const char *want, struct failure *f)
{
	char list[TRANSPORT_LIST_MAX];

	if (cut_to_known(t, method, want, list, sizeof(list)) < 0)
		return fail(f, REASON_CONFIG,
			    "%s: libssh2 %s knows none of \"%s\"", key,
			    libssh2_version(0), want);
	if (libssh2_session_method_pref(t->ssh, method, list))
		return fail(f, REASON_CONFIG,
			    "%s: libssh2 does not take \"%s\"", key, list);
	if (method == LIBSSH2_METHOD_HOSTKEY)
		memcpy(t->hostkeys, list, sizeof(list));
	else if (method == LIBSSH2_METHOD_KEX)
		memcpy(t->kex, list, sizeof(list));
	return 0;
}

int algorithms_of_hostkeys(struct transport *t, const char *want, char *out,
			   size_t size, struct failure *f)
{
	if (cut_to_known(t, LIBSSH2_METHOD_HOSTKEY, want, out, size) < 0)
		return fail(f, REASON_CONFIG,
			    "host-key-algorithms: libssh2 %s knows none of "
			    "\"%s\"",
			    libssh2_version(0), want);
	return 0;
}

int algorithms_offer(struct transport *t, const struct conf *c,
		     const char *hostkeys, struct failure *f)
{
	const char *kex = c->kex ? c->kex : our_kex;
	const char *ciphers = c->ciphers ? c->ciphers : our_ciphers;
	const char *macs = c->macs ? c->macs : our_macs;

	if (prefer(t, LIBSSH2_METHOD_HOSTKEY, "host-key-algorithms", hostkeys,
		   f) ||
	    prefer(t, LIBSSH2_METHOD_KEX, "kex", kex, f) ||
	    prefer(t, LIBSSH2_METHOD_CRYPT_CS, "ciphers", ciphers, f) ||
	    prefer(t, LIBSSH2_METHOD_CRYPT_SC, "ciphers", ciphers, f) ||
	    prefer(t, LIBSSH2_METHOD_MAC_CS, "macs", macs, f) ||
	    prefer(t, LIBSSH2_METHOD_MAC_SC, "macs", macs, f))
		return -1;
	return 0;
}

bool algorithms_lack_hostkey(const struct transport *t, char *theirs,
			     size_t size)
{
	return !kexinit_list(t->first, t->first_len, KEXINIT_HOSTKEY, theirs,
			     size) &&
	       !kexinit_common(theirs, t->hostkeys);
}
