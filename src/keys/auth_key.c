/* SPDX-License-Identifier: ISC */
#include "keys/auth_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "keys/known_hosts.h"
#include "base/span.h"
#include "keys/wire.h"

#define OPENSSH_MAGIC "openssh-key-v1" /* and the zero */
#define PEM_ENCRYPTED "Proc-Type: 4,ENCRYPTED"

#define DER_OID	     0x06
#define DER_SEQUENCE 0x30
#define DER_CURVE    0xa0 /* [0], the parameters of an ECPrivateKey */

/* What stands between -----BEGIN and ----- */
static const struct label {
	const char *name;
	enum auth_key_format format;
	const char *type;
	bool encrypted;
} labels[] = {
	{"OPENSSH PRIVATE KEY", AUTH_KEY_OPENSSH, "", false},
	{"RSA PRIVATE KEY", AUTH_KEY_PEM, "ssh-rsa", false},
	{"DSA PRIVATE KEY", AUTH_KEY_PEM, "ssh-dss", false},
	{"EC PRIVATE KEY", AUTH_KEY_PEM, "", false},
	{"PRIVATE KEY", AUTH_KEY_PKCS8, "", false},
	{"ENCRYPTED PRIVATE KEY", AUTH_KEY_PKCS8, "", true},
	{"PUBLIC KEY", AUTH_KEY_PUBLIC, "", false},
	{"RSA PUBLIC KEY", AUTH_KEY_PUBLIC, "ssh-rsa", false},
	{NULL, AUTH_KEY_UNKNOWN, NULL, false},
};

/* Object identifiers of algorithms and curves, in DER. */
static const struct oid {
	const char *type;
	uint8_t len;
	uint8_t der[9];
} oids[] = {
	{"ssh-ed25519", 3, {0x2b, 0x65, 0x70}},
	{"ssh-rsa", 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}},
	{"ssh-dss", 7, {0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1}},
	{"ecdsa-sha2-nistp256", 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}},
	{"ecdsa-sha2-nistp384", 5, {0x2b, 0x81, 4, 0, 0x22}},
	{"ecdsa-sha2-nistp521", 5, {0x2b, 0x81, 4, 0, 0x23}},
};

static void set_type(struct auth_key_info *out, const char *type)
{
	snprintf(out->type, sizeof(out->type), "%s", type);
}

/* A tag and its content; lengths of up to three bytes. */
static bool der_next(struct wire *w, uint8_t *tag, struct wire *content)
{
	struct wire rest = *w;
	size_t len, more;

	if (rest.left < 2)
		return false;
	*tag = rest.p[0];
	len = rest.p[1];
	rest = (struct wire){rest.p + 2, rest.left - 2};
	if (len > 0x7f) {
		more = len & 0x7f;
		if (!more || more > 3 || rest.left < more)
			return false;
		for (len = 0; more; more--, rest.left--)
			len = len << 8 | *rest.p++;
	}
	if (rest.left < len)
		return false;
	*content = (struct wire){rest.p, len};
	*w = (struct wire){rest.p + len, rest.left - len};
	return true;
}

/* The first of these things that names a key type. */
static void der_find_type(struct wire list, struct auth_key_info *out)
{
	struct wire item;
	uint8_t tag;

	while (!*out->type && der_next(&list, &tag, &item)) {
		if (tag != DER_OID)
			continue;
		for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
			if (item.left == oids[i].len &&
			    !memcmp(item.p, oids[i].der, item.left))
				set_type(out, oids[i].type);
	}
}

/*
 * PrivateKeyInfo (RFC 5208) has a sequence with the algorithm and, for curves,
 * its parameters; ECPrivateKey (RFC 5915) has the curve in [0].
 */
static void probe_der(const uint8_t *der, size_t len, struct auth_key_info *out)
{
	struct wire w = {der, len}, key, item;
	uint8_t tag;

	if (!der_next(&w, &tag, &key) || tag != DER_SEQUENCE)
		return;
	while (der_next(&key, &tag, &item))
		if (tag == DER_SEQUENCE || tag == DER_CURVE)
			der_find_type(item, out);
}

static int take_blob(struct auth_key_info *out, struct wire blob)
{
	if (blob.left > sizeof(out->blob))
		return -EBADMSG;
	memcpy(out->blob, blob.p, blob.left);
	out->blob_len = blob.left;
	return 0;
}

/* PROTOCOL.key of OpenSSH; behind the private part there may be a tag. */
static int probe_openssh(const uint8_t *raw, size_t len,
			 struct auth_key_info *out)
{
	struct wire w = {raw, len}, kdf, options, public, private;
	uint32_t keys;

	if (len < sizeof(OPENSSH_MAGIC) ||
	    memcmp(raw, OPENSSH_MAGIC, sizeof(OPENSSH_MAGIC)))
		return -EBADMSG;
	w.p += sizeof(OPENSSH_MAGIC);
	w.left -= sizeof(OPENSSH_MAGIC);
	if (!wire_name(&w, out->cipher, sizeof(out->cipher)) ||
	    !wire_string(&w, &kdf) || !wire_string(&w, &options) ||
	    !wire_u32(&w, &keys) || keys != 1 || !wire_string(&w, &public) ||
	    !wire_string(&w, &private) || !private.left)
		return -EBADMSG;
	if (known_hosts_type(public.p, public.left, out->type,
			     sizeof(out->type)))
		return -EBADMSG;
	out->encrypted = strcmp(out->cipher, "none");
	return take_blob(out, public);
}

/* The header lines of an old PEM file; an empty line ends them. */
static void take_headers(struct span *body, struct auth_key_info *out)
{
	struct span rest = *body, line;

	do {
		line = span_take_line(&rest);
		if (!line.len || !memchr(line.p, ':', line.len))
			return;
		if (span_is(line, PEM_ENCRYPTED))
			out->encrypted = true;
		*body = rest;
	} while (rest.len);
}

/* Puts the base64 characters of the lines together. */
static size_t join_lines(struct span body, uint8_t *out)
{
	size_t n = 0;

	for (; body.len; span_skip(&body, 1))
		if (!memchr(" \t\r\n", *body.p, 4))
			out[n++] = (uint8_t)*body.p;
	return n;
}

static int probe_body(struct span body, struct auth_key_info *out)
{
	uint8_t *raw = malloc(body.len + 1);
	ssize_t n;
	int r = 0;

	if (!raw)
		return -ENOMEM;
	n = (ssize_t)join_lines(body, raw);
	n = base64_decode((char *)raw, (size_t)n, raw, (size_t)n);
	if (n <= 0)
		r = -EBADMSG;
	else if (out->format == AUTH_KEY_OPENSSH)
		r = probe_openssh(raw, (size_t)n, out);
	else if (!out->encrypted && !*out->type)
		probe_der(raw, (size_t)n, out);
	wipe(raw, body.len + 1);
	free(raw);
	return r;
}

static bool is_boundary(struct span line, const char *word, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "-----%s %s-----", word, name);
	while (line.len && memchr(" \t", line.p[line.len - 1], 2))
		line.len--;
	return span_is(line, text);
}

static const struct label *find_label(struct span line)
{
	const struct label *l = labels;

	while (l->name && !is_boundary(line, "BEGIN", l->name))
		l++;
	return l;
}

static int probe_armor(const struct label *label, struct span rest,
		       struct auth_key_info *out)
{
	struct span body = rest, line;

	out->format = label->format;
	out->encrypted = label->encrypted;
	set_type(out, label->type);
	if (label->format == AUTH_KEY_PUBLIC)
		return 0;
	do {
		if (!rest.len)
			return -EBADMSG;
		body.len = (size_t)(rest.p - body.p);
		line = span_take_line(&rest);
	} while (!is_boundary(line, "END", label->name));
	if (label->format == AUTH_KEY_PEM)
		take_headers(&body, out);
	return probe_body(body, out);
}

/* "ssh-ed25519 AAAA... comment", as in a .pub file; AAAA: a short name. */
static bool probe_public(struct span line, struct auth_key_info *out)
{
	struct span type = span_take_field(&line);
	struct span text = span_take_field(&line);
	struct wire w = {out->blob, 0};
	ssize_t n;

	if (!span_starts(text, "AAAA"))
		return false;
	n = base64_decode(text.p, text.len, out->blob, sizeof(out->blob));
	if (n > 0)
		w.left = out->blob_len = (size_t)n;
	if (wire_name(&w, out->type, sizeof(out->type)) &&
	    span_is(type, out->type))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

static enum auth_key_format foreign_format(struct span line)
{
	if (span_starts(line, "PuTTY-User-Key-File-"))
		return AUTH_KEY_PUTTY;
	if (span_starts(line, "---- BEGIN SSH2 PUBLIC KEY"))
		return AUTH_KEY_PUBLIC;
	return AUTH_KEY_UNKNOWN;
}

static int probe(struct span rest, struct auth_key_info *out)
{
	while (rest.len && out->format == AUTH_KEY_UNKNOWN) {
		struct span line = span_take_line(&rest);
		const struct label *label = find_label(line);

		if (label->name)
			return probe_armor(label, rest, out);
		if (probe_public(line, out))
			out->format = AUTH_KEY_PUBLIC;
		else
			out->format = foreign_format(line);
	}
	return 0;
}

int auth_key_probe(const char *text, size_t len, struct auth_key_info *out)
{
	enum auth_key_format format;
	int r;

	memset(out, 0, sizeof(*out));
	r = probe((struct span){text, len}, out);
	if (r) {
		format = out->format;
		memset(out, 0, sizeof(*out));
		out->format = format;
	}
	return r;
}
