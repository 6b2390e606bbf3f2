/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_SPAN_H
#define SSHDIAL_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A piece of somebody else's text.  Zero bytes are characters like others. */
struct span {
	const char *p;
	size_t len;
};

/* Drops the first n characters; there have to be as many. */
static inline void span_skip(struct span *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* Drops blanks and tabs at the front. */
static inline void span_skip_blanks(struct span *s)
{
	while (s->len && (*s->p == ' ' || *s->p == '\t'))
		span_skip(s, 1);
}

/* Takes what stands before the first a or b off the front, and drops that
 * character.  Without one it takes all. */
static inline struct span span_take(struct span *s, char a, char b)
{
	struct span taken = {s->p, 0};

	while (taken.len < s->len && s->p[taken.len] != a &&
	       s->p[taken.len] != b)
		taken.len++;
	span_skip(s, taken.len);
	if (s->len)
		span_skip(s, 1);
	return taken;
}

/* Takes a line off the front, without its newline or the CR of a CRLF. */
static inline struct span span_take_line(struct span *s)
{
	struct span line = span_take(s, '\n', '\n');

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Takes the next word off the front: what stands between blanks or tabs.  It
 * is empty at the end. */
static inline struct span span_take_field(struct span *s)
{
	span_skip_blanks(s);
	return span_take(s, ' ', '\t');
}

/* True if s begins with a text. */
static inline bool span_starts(struct span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && !memcmp(s.p, text, len);
}

/* True if s is a text and nothing more. */
static inline bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && span_starts(s, text);
}

#endif
