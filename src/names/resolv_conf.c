// SPDX-License-Identifier: ISC
/*
 * Each change of the text is made in the same three steps: the text is taken
 * apart into our blocks and the text of others, one block is set or removed,
 * and all is put together again.  So the result depends neither on the order in
 * which peers come and go nor on what others have written between two calls,
 * and the last peer's end leaves, byte for byte, what others have written.
 *
 * Peers' servers go first, because resolvers ask in order and glibc asks no
 * more than three.  Of several `search' lines only the last one counts
 * (resolv.conf(5)), so one line at the end has the domains of all peers and
 * behind them those of the others; each peer's own stand in a comment of its
 * block.
 *
 * Others may edit the text, our blocks included.  A block without its end line
 * is only one line, and lines that somebody put into a block are theirs.
 */
#include "names/resolv_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/parse.h"
#include "base/span.h"

#define PEER   "# sshdial peer "
#define SEARCH "# sshdial search"
#define END    "# sshdial end"
#define OWN    "# search "
#define SERVER "nameserver "

/* The block of a peer; points into the text. */
struct block {
	char peer[33];
	struct span servers; /* lines, with their newlines */
	struct span search;  /* domains, between blanks */
};

/* The text, taken apart. */
struct parts {
	char *other; /* the text of others; free() */
	size_t other_len;
	bool made; /* there was no file before ours */
	size_t n;
	struct block block[RESOLV_CONF_PEERS];
};

/* The line at p, with its newline if it has one. */
static struct span line_at(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', end - p);

	return (struct span){p, (nl ? nl + 1 : end) - p};
}

/* Cuts the next word off *s; an empty one at its end. */
static struct span cut_word(struct span *s)
{
	static const char blanks[] = " \t\r\n";
	struct span w;

	while (s->len && memchr(blanks, *s->p, strlen(blanks)))
		span_skip(s, 1);
	w = (struct span){s->p, 0};
	while (s->len && !memchr(blanks, *s->p, strlen(blanks)))
		span_skip(s, 1), w.len++;
	return w;
}

/* The end of the block that begins with this line; NULL if it is not closed,
 * and then that line alone is ours. */
static const char *find_block_end(struct span first, const char *end)
{
	const char *p = first.p + first.len;

	while (p < end) {
		struct span line = line_at(p, end);

		if (span_starts(line, PEER) || span_starts(line, SEARCH))
			return NULL;
		p += line.len;
		if (span_starts(line, END))
			return p;
	}
	return NULL;
}

/* True for the first line of a peer's block; takes its words. */
static bool parse_peer_line(struct span line, struct block *b, bool *made)
{
	struct span name;

	if (!span_starts(line, PEER))
		return false;
	span_skip(&line, strlen(PEER));
	name = cut_word(&line);
	memset(b, 0, sizeof(*b));
	if (!name.len || name.len >= sizeof(b->peer))
		return false;
	memcpy(b->peer, name.p, name.len);
	*made = span_is(cut_word(&line), "made");
	return parse_peer_name(b->peer);
}

static void append_other(struct parts *t, struct span line)
{
	memcpy(t->other + t->other_len, line.p, line.len);
	t->other_len += line.len;
}

/* Takes the lines of a block up to `end`; b is NULL for the last block.  What
 * somebody else has put between them is kept as the text of others. */
static void take_block(struct parts *t, struct block *b, struct span first,
		       const char *end)
{
	const char *p = first.p + first.len;

	while (p < end) {
		struct span line = line_at(p, end);

		p += line.len;
		if (b && span_starts(line, SERVER)) {
			b->servers.p = b->servers.p ? b->servers.p : line.p;
			b->servers.len = p - b->servers.p;
		} else if (b && span_starts(line, OWN)) {
			b->search = (struct span){line.p + strlen(OWN),
						  line.len - strlen(OWN)};
		} else if (!span_starts(line, END) &&
			   (b || !span_starts(line, "search")))
			append_other(t, line);
	}
}

/*
 * Takes the text apart.  A "joined" block came with a newline in front, which
 * goes with it, unless somebody has written more behind the block.  0, -E2BIG
 * or -ENOMEM; t->other has to be freed in each case.
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
		struct span rest = line;
		struct block b;
		bool made;

		if (parse_peer_line(line, &b, &made)) {
			next = find_block_end(line, end);
			if (next && t->n == RESOLV_CONF_PEERS)
				return -E2BIG;
			if (next) {
				take_block(t, &b, line, next);
				t->block[t->n++] = b;
				t->made |= made;
			}
		} else if (span_starts(line, SEARCH)) {
			span_skip(&rest, strlen(SEARCH));
			joined = span_is(cut_word(&rest), "joined");
			next = find_block_end(line, end);
			if (next)
				take_block(t, NULL, line, next);
		} else {
			append_other(t, line);
		}
		joined = joined && t->other_len == others;
		p = next ? next : p + line.len;
	}
	if (joined && t->other_len && t->other[t->other_len - 1] == '\n')
		t->other_len--;
	return 0;
}

/* The domains of the last search or domain line of others. */
static struct span find_search(const struct parts *t)
{
	const char *p = t->other, *end = p + t->other_len;
	struct span found = {p, 0};

	while (p < end) {
		struct span line = line_at(p, end), rest = line;
		struct span key = cut_word(&rest);

		p += line.len;
		if (key.p != line.p)
			continue;
		if (key.len == 6 && !memcmp(key.p, "search", 6))
			found = rest;
		else if (key.len == 6 && !memcmp(key.p, "domain", 6))
			found = cut_word(&rest);
	}
	return found;
}

/* Writes the words that are in none of the n lists `before`. */
static void print_words(FILE *o, struct span words, const struct span *before,
			size_t n)
{
	struct span w;

	while ((w = cut_word(&words)).len) {
		bool known = false;

		for (size_t i = 0; i < n && !known; i++) {
			struct span rest = before[i], other;

			while (!known && (other = cut_word(&rest)).len)
				known = other.len == w.len &&
					!strncasecmp(other.p, w.p, w.len);
		}
		if (!known)
			fprintf(o, " %.*s", (int)w.len, w.p);
	}
}

/* Writes the last block, if a peer has domains. */
static void print_search_block(FILE *o, const struct parts *t)
{
	struct span list[RESOLV_CONF_PEERS + 1];
	bool any = false, joined;

	for (size_t i = 0; i < t->n; i++) {
		list[i] = t->block[i].search;
		any |= list[i].len > 0;
	}
	if (!any)
		return;
	list[t->n] = find_search(t);
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
		if (span_starts(line, SERVER))
			fwrite(line.p, 1, line.len, o);
	}
}

/* Puts the parts together, and frees them.  0 or -ENOMEM. */
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
	print_search_block(o, t);
	out->there = t->n || t->other_len || !t->made;
	free(t->other);
	if (!fclose(o))
		return 0;
	free(out->text);
	out->text = NULL;
	return -ENOMEM;
}

/* Makes a block of the wish, which points into *text; free(*text).  0 or
 * -ENOMEM. */
static int make_block(const struct dns_wish *w, struct block *b, char **text)
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
	size_t i = 0;
	int rc = make_block(w, &b, &text);

	if (rc < 0)
		return rc;
	rc = take_apart(in, &t);
	/* A new peer's block goes behind the last one. */
	while (i < t.n && strcmp(t.block[i].peer, w->peer) != 0)
		i++;
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
	size_t i, n = 0;

	if (rc < 0) {
		free(t.other);
		return rc;
	}
	for (i = 0; i < t.n; i++)
		if (strcmp(t.block[i].peer, peer) != 0)
			t.block[n++] = t.block[i];
	t.n = n;
	return put_together(&t, out);
}
