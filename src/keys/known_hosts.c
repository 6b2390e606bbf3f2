// SPDX-License-Identifier: ISC
/*
 * From the text of a known_hosts file to the entries of one host.
 *
 * A line has an optional marker, names, a key type and a key.  The names are
 * compared first, because they decide for most lines that nothing else has to
 * be read: a hashed name costs one HMAC, a list is matched pattern by pattern.
 * The key of a line that matches is decoded and kept; which of them is right is
 * decided later (known_hosts_key.c).  A line that cannot be read is skipped,
 * as ssh(1) does, because the file belongs to people and to other programs.
 */
#include "keys/known_hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "base/log.h"
#include "base/util.h"
#include "base/span.h"
#include "base/wire.h"
#include "keys/base64.h"

#define BASE64_LEN(n) (((size_t)(n) + 2) / 3 * 4)
#define HASH_LEN      20 /* SHA-1, and the salt is as long */
#define HASH_TEXT     BASE64_LEN(HASH_LEN)
#define HASHED_LEN    (3 + HASH_TEXT + 1 + HASH_TEXT) /* |1|salt|hash */
#define READ_TRIES    3

/* The names that are searched for, and the line that is being read. */
struct search {
	struct known_hosts *kh; /* gets the entries */
	const char *file;
	unsigned int line;
	char name[KNOWN_NAME_MAX];
	char plain[KNOWN_NAME_MAX]; /* without the port; "" for port 22 */
};

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int known_hosts_name(const char *host, int port, char *out, size_t size)
{
	int n;

	if (port == 22)
		n = snprintf(out, size, "%s", host);
	else
		n = snprintf(out, size, "[%s]:%d", host, port);
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	for (; *out; out++)
		*out = lower(*out);
	return 0;
}

/* True if the name, in lower case, matches a pattern with * and ?. */
static bool match_wildcard(struct span pattern, const char *name)
{
	const char *p = pattern.p, *end = p + pattern.len;
	const char *star = NULL, *mark = NULL;

	while (*name) {
		if (p < end && *p == '*') {
			star = ++p;
			mark = name;
		} else if (p < end && (*p == '?' || lower(*p) == *name)) {
			p++;
			name++;
		} else if (star) {
			p = star;
			name = ++mark;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/*
 * True if one of the patterns matches and no negated one does.  A pattern that
 * is too long for ssh(1) makes it false as well.
 */
static bool match_list(struct span list, const char *name)
{
	bool found = false;

	while (list.len) {
		struct span pattern = span_take(&list, ',', ',');
		bool negated = pattern.len && *pattern.p == '!';

		if (negated)
			span_skip(&pattern, 1);
		if (pattern.len >= KNOWN_NAME_MAX - 1)
			return false;
		if (!match_wildcard(pattern, name))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

/*
 * Matches |1|salt|hash; the hash is the HMAC-SHA1 of the name.  1, 0, -EBADMSG
 * if it has not this form, -ENOMEM.
 */
static int match_hash(struct span hashed, const char *name)
{
	unsigned char salt[HASH_LEN], hash[HASH_LEN];
	unsigned char text[HASH_TEXT + 1];
	const char *end = hashed.p + HASHED_LEN - HASH_TEXT;

	if (hashed.len != HASHED_LEN || memcmp(hashed.p, "|1|", 3) ||
	    end[-1] != '|')
		return -EBADMSG;
	if (base64_decode(hashed.p + 3, HASH_TEXT, salt, sizeof(salt)) !=
	    HASH_LEN)
		return -EBADMSG;
	if (!HMAC(EVP_sha1(), salt, HASH_LEN, (const unsigned char *)name,
		  strlen(name), hash, NULL))
		return -ENOMEM;
	EVP_EncodeBlock(text, hash, HASH_LEN);
	return !memcmp(text, end, HASH_TEXT);
}

static int match_names(struct span names, const char *name)
{
	if (!*name)
		return 0;
	if (names.len && *names.p == '|')
		return match_hash(names, name);
	return match_list(names, name);
}

static void entry_free(struct known_entry *e)
{
	free(e->type);
	free(e->key);
	free(e->file);
}

static int add_entry(struct search *l, struct known_entry e, struct span type,
		     const uint8_t *key)
{
	if (l->kh->n == KNOWN_ENTRIES_MAX)
		return -E2BIG;
	e.type = strndup(type.p, type.len);
	e.key = malloc(e.len);
	e.file = strdup(l->file);
	if (!e.type || !e.key || !e.file) {
		entry_free(&e);
		return -ENOMEM;
	}
	memcpy(e.key, key, e.len);
	e.line = l->line;
	l->kh->entry[l->kh->n++] = e;
	return 0;
}

static int skip_line(const struct search *l, const char *why)
{
	log_debug("%s:%u: skipped: %s", l->file, l->line, why);
	return 0;
}

/* Parses names, type and key. */
static int parse_entry(struct search *l, struct span line, bool revoked)
{
	struct span names = span_take_field(&line), type, text;
	struct known_entry e = {.revoked = revoked};
	char own[WIRE_NAME_MAX + 1];
	uint8_t key[KNOWN_KEY_MAX];
	ssize_t len;
	int match = match_names(names, l->name);

	if (!match) {
		match = match_names(names, l->plain);
		e.plain = 1;
	}
	if (match == -EBADMSG)
		return skip_line(l, "the hashed name is malformed");
	if (match <= 0)
		return match;
	type = span_take_field(&line);
	text = span_take_field(&line);
	len = base64_decode(text.p, text.len, key, sizeof(key));
	/* The key begins with its type, which is that in front of it. */
	if (len < 0 || known_hosts_type(key, len, own, sizeof(own)) ||
	    !span_is(type, own))
		return skip_line(l, "the key is malformed");
	e.len = len;
	return add_entry(l, e, type, key);
}

/* A zero byte ends the line, as it does for ssh(1). */
static int parse_line(struct search *l, struct span line)
{
	bool revoked = false, ca;
	struct span marker;

	line.len = strnlen(line.p, line.len);
	span_skip_blanks(&line);
	if (!line.len || *line.p == '#')
		return 0;
	if (*line.p == '@') {
		marker = span_take_field(&line);
		revoked = span_is(marker, "@revoked");
		ca = span_is(marker, "@cert-authority");
		span_skip_blanks(&line);
		/* Two markers are as wrong as one that is not known. */
		if ((!revoked && !ca) || (line.len && *line.p == '@'))
			return skip_line(l, "the marker is unknown");
		/* libssh2 knows no certificates of hosts. */
		if (ca)
			return 0;
	}
	return parse_entry(l, line, revoked);
}

int known_hosts_parse(struct known_hosts *kh, const char *file,
		      const char *text, size_t len, const char *host, int port)
{
	struct search l = {.kh = kh, .file = file};
	struct span rest = {text, len};
	int r = known_hosts_name(host, port, l.name, sizeof(l.name));

	if (!r && port != 22)
		r = known_hosts_name(host, 22, l.plain, sizeof(l.plain));
	while (!r && rest.len) {
		l.line++;
		r = parse_line(&l, span_take_line(&rest));
	}
	return r;
}

int known_hosts_read(struct known_hosts *kh, const char *file, const char *host,
		     int port)
{
	int tries = READ_TRIES;
	char *text;
	size_t len;
	int r;

	do /* -EAGAIN: somebody added a line meanwhile */
		r = file_read(file, FILE_ANY, KNOWN_FILE_MAX, &text, &len);
	while (r == -EAGAIN && --tries);
	if (r)
		return r == -ENOENT ? 0 : r;
	r = known_hosts_parse(kh, file, text, len, host, port);
	free(text);
	return r;
}

int known_hosts_load(struct known_hosts *kh, const struct conf_list *files,
		     const char *host, int port, const char **bad)
{
	int first = 0;

	for (size_t i = 0; i < files->n; i++) {
		int rc = known_hosts_read(kh, files->v[i], host, port);

		if (rc < 0 && !first) {
			first = rc;
			*bad = files->v[i];
		}
	}
	return first;
}

void known_hosts_free(struct known_hosts *kh)
{
	while (kh->n)
		entry_free(&kh->entry[--kh->n]);
}
