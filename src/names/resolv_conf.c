// SPDX-License-Identifier: ISC
#include "names/resolv_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/parse.h"

#define PEER   "# sshdial peer "
#define SEARCH "# sshdial search"
#define END    "# sshdial end"
#define OWN    "# search "
#define SERVER "nameserver "

struct span {
	const char *p;
	size_t len;
};

/* What a peer has in the text; points into it. */
struct block {
	char peer[33];
	struct span servers; /* lines, with their newlines */
	struct span search;  /* domains, between blanks */
};

/* The text, taken apart. */
struct parts {
	char *other; /* somebody else's text */
	size_t other_len;
	bool made;
	size_t n;
	struct block block[RESOLV_CONF_PEERS];
};

static bool starts(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && !memcmp(s.p, with, n);
}

/* The line at p, with its newline where it has one. */
static struct span line_at(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', end - p);

	return (struct span){p, (nl ? nl + 1 : end) - p};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts the next word off *s; an empty one at its end. */
static struct span word_of(struct span *s)
{
	struct span w;

	while (s->len && is_blank(*s->p))
		s->p++, s->len--;
	w = (struct span){s->p, 0};
	while (s->len && !is_blank(*s->p))
		s->p++, s->len--, w.len++;
	return w;
}

static bool same_word(struct span a, struct span b)
{
	return a.len == b.len && !strncasecmp(a.p, b.p, a.len);
}

static bool is_word(struct span w, const char *s)
{
	return same_word(w, (struct span){s, strlen(s)});
}

/* Where the block that begins with this line ends; NULL where nobody has
 * closed it, and then the line alone is ours. */
static const char *block_end(struct span first, const char *end)
{
	const char *p = first.p + first.len;

	while (p < end) {
		struct span line = line_at(p, end);

		if (starts(line, PEER) || starts(line, SEARCH))
			return NULL;
		p += line.len;
		if (starts(line, END))
			return p;
	}
	return NULL;
}

/* Whether this is the first line of a peer's block; takes its words. */
static bool peer_line(struct span line, struct block *b, bool *made)
{
	struct span name;

	if (!starts(line, PEER))
		return false;
	line.p += strlen(PEER), line.len -= strlen(PEER);
	name = word_of(&line);
	memset(b, 0, sizeof(*b));
	if (!name.len || name.len >= sizeof(b->peer))
		return false;
	memcpy(b->peer, name.p, name.len);
	*made = is_word(word_of(&line), "made");
	return parse_peer_name(b->peer);
}

static bool search_line(struct span line, bool *joined)
{
	if (!starts(line, SEARCH))
		return false;
	line.p += strlen(SEARCH), line.len -= strlen(SEARCH);
	*joined = is_word(word_of(&line), "joined");
	return true;
}

static void add_other(struct parts *t, struct span line)
{
	memcpy(t->other + t->other_len, line.p, line.len);
	t->other_len += line.len;
}

/* Takes in the lines of a block up to `end`: b is NULL for the last block.
 * What somebody has put between them stays. */
static void add_lines(struct parts *t, struct block *b, struct span first,
		      const char *end)
{
	const char *p = first.p + first.len;

	while (p < end) {
		struct span line = line_at(p, end);

		p += line.len;
		if (b && starts(line, SERVER)) {
			b->servers.p = b->servers.p ? b->servers.p : line.p;
			b->servers.len = p - b->servers.p;
		} else if (b && starts(line, OWN)) {
			b->search = (struct span){line.p + strlen(OWN),
						  line.len - strlen(OWN)};
		} else if (!starts(line, END) && (b || !starts(line, "search")))
			add_other(t, line);
	}
}

/*
 * Takes the text apart.  The newline that a "joined" block was put behind goes
 * with it, unless somebody has written more behind that block.
 */
static int take_apart(const struct resolv_conf *in, struct parts *t)
{
	const char *p = in->text, *end = p + in->len;
	bool joined = false;

	memset(t, 0, sizeof(*t));
	t->made = !in->there;
	t->other = malloc(in->len + 1);
	if (!t->other)
		return -ENOMEM;
	while (p < end) {
		struct span line = line_at(p, end);
		const char *next = NULL;
		size_t others = t->other_len;
		struct block b;
		bool made;

		if (peer_line(line, &b, &made)) {
			next = block_end(line, end);
			if (next && t->n == RESOLV_CONF_PEERS)
				return -E2BIG;
			if (next) {
				add_lines(t, &b, line, next);
				t->block[t->n++] = b;
				t->made |= made;
			}
		} else if (search_line(line, &joined)) {
			next = block_end(line, end);
			if (next)
				add_lines(t, NULL, line, next);
		} else {
			add_other(t, line);
		}
		joined = joined && t->other_len == others;
		p = next ? next : p + line.len;
	}
	if (joined && t->other_len && t->other[t->other_len - 1] == '\n')
		t->other_len--;
	return 0;
}

/* The domains of the other text's last search or domain line. */
static struct span others_search(const struct parts *t)
{
	const char *p = t->other, *end = p + t->other_len;
	struct span found = {p, 0};

	while (p < end) {
		struct span line = line_at(p, end), rest = line;
		struct span key = word_of(&rest);

		p += line.len;
		if (key.p != line.p)
			continue;
		if (key.len == 6 && !memcmp(key.p, "search", 6))
			found = rest;
		else if (key.len == 6 && !memcmp(key.p, "domain", 6))
			found = word_of(&rest);
	}
	return found;
}

/* Writes the words that do not stand in the first n lists already. */
static void print_words(FILE *o, struct span words, const struct span *before,
			size_t n)
{
	struct span w;

	while ((w = word_of(&words)).len) {
		bool known = false;

		for (size_t i = 0; i < n && !known; i++) {
			struct span rest = before[i], other;

			while (!known && (other = word_of(&rest)).len)
				known = same_word(w, other);
		}
		if (!known)
			fprintf(o, " %.*s", (int)w.len, w.p);
	}
}

static void print_search(FILE *o, const struct parts *t)
{
	struct span list[RESOLV_CONF_PEERS + 1];
	bool any = false, joined;

	for (size_t i = 0; i < t->n; i++) {
		list[i] = t->block[i].search;
		any |= list[i].len > 0;
	}
	if (!any)
		return;
	list[t->n] = others_search(t);
	joined = t->other_len && t->other[t->other_len - 1] != '\n';
	fprintf(o, "%s" SEARCH "%s\nsearch", joined ? "\n" : "",
		joined ? " joined" : "");
	for (size_t i = 0; i <= t->n; i++)
		print_words(o, list[i], list, i);
	fputs("\n" END "\n", o);
}

static void print_servers(FILE *o, struct span lines)
{
	const char *p = lines.p, *end = p + lines.len;

	while (p < end) {
		struct span line = line_at(p, end);

		p += line.len;
		if (starts(line, SERVER))
			fwrite(line.p, 1, line.len, o);
	}
}

/* Puts the parts together again, and frees them. */
static int put_together(struct parts *t, struct resolv_conf *out)
{
	FILE *o;

	memset(out, 0, sizeof(*out));
	o = open_memstream(&out->text, &out->len);
	if (!o) {
		free(t->other);
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct block *b = &t->block[i];

		fprintf(o, PEER "%s%s\n", b->peer, t->made ? " made" : "");
		print_servers(o, b->servers);
		if (b->search.len) {
			fputs("# search", o);
			print_words(o, b->search, NULL, 0);
			fputc('\n', o);
		}
		fputs(END "\n", o);
	}
	fwrite(t->other, 1, t->other_len, o);
	print_search(o, t);
	out->there = t->n || t->other_len || !t->made;
	free(t->other);
	if (!fclose(o))
		return 0;
	free(out->text);
	out->text = NULL;
	return -ENOMEM;
}

/* The place of a peer's block, or where one would be added. */
static size_t place_of(const struct parts *t, const char *peer)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->block[i].peer, peer) != 0)
		i++;
	return i;
}

/* The wish as the inside of a block; free(*text). */
static int wish_text(const struct dns_wish *w, struct block *b, char **text)
{
	size_t len, servers;
	FILE *o = open_memstream(text, &len);

	if (!o)
		return -ENOMEM;
	for (size_t i = 0; i < w->servers; i++)
		fprintf(o, "nameserver %s\n", w->server[i]);
	fflush(o);
	servers = len;
	for (size_t i = 0; i < w->searches; i++)
		fprintf(o, " %s", w->search[i]);
	if (fclose(o)) {
		free(*text);
		return -ENOMEM;
	}
	memset(b, 0, sizeof(*b));
	snprintf(b->peer, sizeof(b->peer), "%s", w->peer);
	b->servers = (struct span){*text, servers};
	b->search = (struct span){*text + servers, len - servers};
	return 0;
}

int resolv_conf_set(const struct resolv_conf *in, const struct dns_wish *w,
		    struct resolv_conf *out)
{
	struct parts t;
	struct block b;
	char *text;
	size_t i;
	int rc = wish_text(w, &b, &text);

	if (rc < 0)
		return rc;
	rc = take_apart(in, &t);
	i = place_of(&t, w->peer);
	if (!rc && i == RESOLV_CONF_PEERS)
		rc = -E2BIG;
	if (rc < 0) {
		free(t.other);
	} else {
		t.block[i] = b;
		t.n = i == t.n ? t.n + 1 : t.n;
		rc = put_together(&t, out);
	}
	free(text);
	return rc;
}

int resolv_conf_undo(const struct resolv_conf *in, const char *peer,
		     struct resolv_conf *out)
{
	struct parts t;
	int rc = take_apart(in, &t);
	size_t i, kept = 0;

	if (rc < 0) {
		free(t.other);
		return rc;
	}
	for (i = 0; i < t.n; i++)
		if (strcmp(t.block[i].peer, peer) != 0)
			t.block[kept++] = t.block[i];
	t.n = kept;
	return put_together(&t, out);
}
