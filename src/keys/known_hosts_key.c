// SPDX-License-Identifier: ISC
/*
 * The verdict of the entries of a host on a key, and the parts of a key.
 *
 * A revoked key is refused whatever else is stored.  Then the entries decide
 * that have the name with its port: a key among them is right, any other is a
 * changed key, of whatever type.  Only if there are none, those of the plain
 * name count, and only in favour of a key, because they are of another service
 * on the same host.
 */
#include "keys/known_hosts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "base/wire.h"

#define SHA256_LEN  32
#define CERT_SUFFIX "-cert-v01@openssh.com"

static bool same_key(const struct known_entry *e, const uint8_t *key,
		     size_t len)
{
	return e->len == len && !memcmp(e->key, key, len);
}

static const struct known_entry *find_revoked(const struct known_hosts *kh,
					      const uint8_t *key, size_t len)
{
	for (size_t i = 0; i < kh->n; i++)
		if (kh->entry[i].revoked && same_key(&kh->entry[i], key, len))
			return &kh->entry[i];
	return NULL;
}

static const struct known_entry *find_good(const struct known_hosts *kh,
					   bool plain, const uint8_t *key,
					   size_t len)
{
	const struct known_entry *e;

	for (e = kh->entry; e < kh->entry + kh->n; e++)
		if (!e->revoked && !!e->plain == plain && same_key(e, key, len))
			return e;
	return NULL;
}

/* The first entry of the full name that is not revoked; one of the type of the
 * key if there is one. */
static const struct known_entry *find_other(const struct known_hosts *kh,
					    const uint8_t *key, size_t len)
{
	const struct known_entry *e, *other = NULL;

	for (e = kh->entry; e < kh->entry + kh->n; e++) {
		/* A key begins with its type, and that with its length. */
		size_t head = 4 + strlen(e->type);

		if (e->revoked || e->plain)
			continue;
		if (len >= head && !memcmp(e->key, key, head))
			return e;
		if (!other)
			other = e;
	}
	return other;
}

enum known_verdict known_hosts_check(const struct known_hosts *kh,
				     const uint8_t *key, size_t len,
				     const struct known_entry **where)
{
	*where = find_revoked(kh, key, len);
	if (*where)
		return KNOWN_REVOKED;
	*where = find_good(kh, false, key, len);
	if (*where)
		return KNOWN_MATCH;
	*where = find_other(kh, key, len);
	if (*where)
		return KNOWN_CHANGED;
	*where = find_good(kh, true, key, len);
	return *where ? KNOWN_MATCH : KNOWN_UNKNOWN;
}

/* True if neither the entry nor its key is revoked. */
static bool is_usable(const struct known_hosts *kh, const struct known_entry *e)
{
	return !e->revoked && !find_revoked(kh, e->key, e->len);
}

/* An RSA key signs with three algorithms (RFC 8332, section 3); each other type
 * has one, of its own name. */
static bool can_sign(const char *type, const char *algorithm)
{
	return !strcmp(type, algorithm) ||
	       (!strcmp(type, "ssh-rsa") &&
		(!strcmp(algorithm, "rsa-sha2-512") ||
		 !strcmp(algorithm, "rsa-sha2-256")));
}

static bool key_stored(const struct known_hosts *kh, bool plain,
		       const char *algorithm)
{
	const struct known_entry *e;

	for (e = kh->entry; e < kh->entry + kh->n; e++)
		if (!!e->plain == plain && is_usable(kh, e) &&
		    can_sign(e->type, algorithm))
			return true;
	return false;
}

/* Appends the algorithms of `offer` that a stored key can sign with; if not
 * `wanted`, the others. */
static int append_algorithms(const struct known_hosts *kh, bool plain,
			     bool wanted, const char *offer, char *out,
			     size_t size)
{
	size_t used = strlen(out), suffix = strlen(CERT_SUFFIX);
	char algorithm[WIRE_NAME_MAX + 1];

	while (*offer) {
		size_t len = strcspn(offer, ",");
		bool cert;
		int n;

		if (len >= sizeof(algorithm))
			return -ENOSPC;
		memcpy(algorithm, offer, len);
		algorithm[len] = '\0';
		offer += len + (offer[len] == ',');
		cert = len > suffix &&
		       !strcmp(algorithm + len - suffix, CERT_SUFFIX);
		if (!len || (kh->n && cert) ||
		    key_stored(kh, plain, algorithm) != wanted)
			continue;
		n = snprintf(out + used, size - used, "%s%s", used ? "," : "",
			     algorithm);
		if (n < 0 || (size_t)n >= size - used)
			return -ENOSPC;
		used += (size_t)n;
	}
	return 0;
}

int known_hosts_algorithms(const struct known_hosts *kh, const char *offer,
			   char *out, size_t size)
{
	bool plain = true;
	int r;

	if (!size)
		return -ENOSPC;
	*out = '\0';
	/* If keys of the full name decide, no other type may be used. */
	for (size_t i = 0; i < kh->n; i++)
		if (!kh->entry[i].plain && is_usable(kh, &kh->entry[i]))
			plain = false;
	r = append_algorithms(kh, plain, true, offer, out, size);
	if (!r && plain)
		r = append_algorithms(kh, plain, false, offer, out, size);
	if (!r && !plain && !*out)
		r = -ENOKEY;
	return r;
}

int known_hosts_fingerprint(const uint8_t *key, size_t len, char *out,
			    size_t size)
{
	unsigned char hash[SHA256_LEN];
	char text[(SHA256_LEN + 2) / 3 * 4 + 1];
	int n;

	if (!EVP_Digest(key, len, hash, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
	text[strcspn(text, "=")] = '\0';
	n = snprintf(out, size, "SHA256:%s", text);
	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}

int known_hosts_type(const uint8_t *key, size_t len, char *out, size_t size)
{
	struct wire rest = {key, len}, s;
	char name[WIRE_NAME_MAX + 1];

	if (!wire_name(&rest, name, sizeof(name)) || !rest.left)
		return -EBADMSG;
	while (rest.left)
		if (!wire_string(&rest, &s))
			return -EBADMSG;
	if (strlen(name) >= size)
		return -ENOSPC;
	memcpy(out, name, strlen(name) + 1);
	return 0;
}
