/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_PARSE_H
#define SSHDIAL_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Small parsers for whole strings.  Each returns true and writes its output
 * only if all of `s` has the form; on false the output is unchanged.
 */

/* Decimal digits only, min to max inclusive. */
bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

/*
 * Milliseconds from a number with one of ms s m h d behind it, or without
 * (seconds): "250ms", "10s", "5", "2h".  At most ten years.
 */
bool parse_duration(const char *s, int64_t *ms);

/* Prints a duration so that parse_duration() gives it back: "10s", "1500ms".
 * At least 24 bytes at out.  Returns out. */
const char *format_duration(char *out, size_t size, int64_t ms);

/* "yes" or "no". */
bool parse_bool(const char *s, bool *out);

/* The name of a peer: 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or a
 * digit. */
bool parse_peer_name(const char *s);

/* A host: an IPv4 or IPv6 literal (scope allowed), or a name of 1 to 253 of
 * A-Z a-z 0-9 . _ -, not starting with a hyphen, its last label not a number
 * ("10.0.0.256" is no name). */
bool parse_host(const char *s);

/* An IPv4 or IPv6 literal; *family gets AF_INET or AF_INET6. */
bool parse_address(const char *s, int *family);

/* The same, but an IPv6 literal may have a scope: "fe80::1%eth0". */
bool parse_scoped(const char *s, int *family);

/* A domain: a name as parse_host() takes it, with labels of 1 to 63 bytes and
 * no dot at its end. */
bool parse_domain(const char *s);

/* A name that the kernel accepts for an interface: 1 to 15 bytes of visible
 * ASCII, no slash, colon or percent sign, not "." or "..". */
bool parse_interface(const char *s);

/* Whether an address (of the same family, in network order) is in the prefix of
 * `length` bits. */
bool prefix_covers(const uint8_t *prefix, int length, const uint8_t *address);

/*
 * Takes the next word off *s, as pppd reads its option files: words stand
 * between blanks, blanks inside "double quotes" belong to the word, and the
 * character behind a backslash is taken as it is.  1 if a word is in out and *s
 * is behind it; 0 at the end; -1 if a quote is not closed, a backslash is the
 * last character or out is too small.
 */
int parse_word(const char **s, char *out, size_t size);

#endif
