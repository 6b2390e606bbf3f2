// SPDX-License-Identifier: ISC
/*
 * The first line tells the form of a key.  PEM, with its base64, and PKCS#8
 * are read by libcrypto, as they are in libssh2; the form of OpenSSH
 * (PROTOCOL.key of its sources) has cipher and public key in clear in front.
 */
#include "keys/auth_key.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include "base/span.h"
#include "base/util.h"
#include "base/wire.h"
#include "keys/base64.h"
#include "keys/known_hosts.h"

#define OPENSSH_MAGIC "openssh-key-v1" /* and the zero */
#define BEGIN	      "-----BEGIN "

static const struct first_line {
	const char *text;
	enum auth_key_format format;
} first_lines[] = {
	{BEGIN "OPENSSH PRIVATE KEY-----", AUTH_KEY_OPENSSH},
	{BEGIN "RSA PRIVATE KEY-----", AUTH_KEY_PEM},
	{BEGIN "DSA PRIVATE KEY-----", AUTH_KEY_PEM},
	{BEGIN "EC PRIVATE KEY-----", AUTH_KEY_PEM},
	{BEGIN "PRIVATE KEY-----", AUTH_KEY_PKCS8},
	{BEGIN "ENCRYPTED PRIVATE KEY-----", AUTH_KEY_PKCS8},
	{BEGIN "PUBLIC KEY-----", AUTH_KEY_PUBLIC},
	{BEGIN "RSA PUBLIC KEY-----", AUTH_KEY_PUBLIC},
	{"---- BEGIN SSH2 PUBLIC KEY", AUTH_KEY_PUBLIC},
	{"PuTTY-User-Key-File-", AUTH_KEY_PUTTY},
};

static enum auth_key_format find_format(struct span rest)
{
	while (rest.len) {
		struct span line = span_take_line(&rest), type, key;

		for (size_t i = 0; i < COUNT(first_lines); i++)
			if (span_starts(line, first_lines[i].text))
				return first_lines[i].format;
		/* "ssh-ed25519 AAAA... comment", as in a .pub file. */
		type = span_take_field(&line);
		key = span_take_field(&line);
		if (type.len && span_starts(key, "AAAA"))
			return AUTH_KEY_PUBLIC;
	}
	return AUTH_KEY_UNKNOWN;
}

static int probe_openssh(struct wire w, struct auth_key_info *out)
{
	struct wire kdf, options, public, private;
	uint32_t keys;

	if (w.left < sizeof(OPENSSH_MAGIC) ||
	    memcmp(w.p, OPENSSH_MAGIC, sizeof(OPENSSH_MAGIC)))
		return -EBADMSG;
	w.p += sizeof(OPENSSH_MAGIC);
	w.left -= sizeof(OPENSSH_MAGIC);
	if (!wire_name(&w, out->cipher, sizeof(out->cipher)) ||
	    !wire_string(&w, &kdf) || !wire_string(&w, &options) ||
	    !wire_u32(&w, &keys) || keys != 1 || !wire_string(&w, &public) ||
	    !wire_string(&w, &private) || !private.left ||
	    known_hosts_type(public.p, public.left, out->type,
			     sizeof(out->type)))
		return -EBADMSG;
	out->encrypted = strcmp(out->cipher, "none");
	return 0;
}

static int probe_der(const uint8_t *der, long len, struct auth_key_info *out)
{
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &der, len);
	const char *type = "";

	if (!key)
		return -EBADMSG;
	if (EVP_PKEY_is_a(key, "RSA"))
		type = "ssh-rsa";
	else if (EVP_PKEY_is_a(key, "DSA"))
		type = "ssh-dss";
	else if (EVP_PKEY_is_a(key, "ED25519"))
		type = "ssh-ed25519";
	snprintf(out->type, sizeof(out->type), "%s", type);
	EVP_PKEY_free(key);
	return 0;
}

/* An encrypted key shows its type, if at all, by its label. */
static int probe_body(const char *label, const char *header,
		      const uint8_t *body, long len, struct auth_key_info *out)
{
	if (out->format == AUTH_KEY_OPENSSH)
		return probe_openssh((struct wire){body, (size_t)len}, out);
	out->encrypted = strstr(header, "ENCRYPTED") ||
			 !strcmp(label, "ENCRYPTED PRIVATE KEY");
	if (!out->encrypted)
		return probe_der(body, len, out);
	if (!strcmp(label, "RSA PRIVATE KEY"))
		snprintf(out->type, sizeof(out->type), "ssh-rsa");
	if (!strcmp(label, "DSA PRIVATE KEY"))
		snprintf(out->type, sizeof(out->type), "ssh-dss");
	return 0;
}

static int probe_private(const char *text, size_t len,
			 struct auth_key_info *out)
{
	BIO *bio = len > INT_MAX ? NULL : BIO_new_mem_buf(text, (int)len);
	char *label = NULL, *header = NULL;
	unsigned char *body = NULL;
	long n = 0;
	int rc = -EBADMSG;

	if (!bio)
		return -ENOMEM;
	if (PEM_read_bio(bio, &label, &header, &body, &n))
		rc = probe_body(label, header, body, n, out);
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_clear_free(body, (size_t)n);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

int auth_key_probe(const char *text, size_t len, struct auth_key_info *out)
{
	enum auth_key_format format = find_format((struct span){text, len});
	int rc = 0;

	*out = (struct auth_key_info){.format = format};
	if (format == AUTH_KEY_OPENSSH || format == AUTH_KEY_PEM ||
	    format == AUTH_KEY_PKCS8)
		rc = probe_private(text, len, out);
	if (rc)
		*out = (struct auth_key_info){.format = format};
	return rc;
}
