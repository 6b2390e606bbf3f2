// SPDX-License-Identifier: ISC
/*
 * Parsers of single values: numbers, times, names, addresses.
 *
 * Each takes a whole string.  Nothing is trimmed, no sign, base or trailing
 * text is let through, and a number is compared with its limit before it is
 * multiplied, so it cannot overflow.  strtol(3) and inet_aton(3) accept more
 * than a person who made a mistake has meant.
 *
 * Strings of the far end and of ledgers pass here as well.  The name of a peer,
 * the name of a host and an address without a scope have nothing but letters,
 * digits, dots, colons, dashes and underscores, and begin with no dash: each
 * can be an argument of a program or a word of a file.  The name of an
 * interface may have more (names/dns.c).
 */
#include "base/parse.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/util.h"

#define DIGITS	  "0123456789"
#define ALNUM	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS
#define NAMES	  ALNUM "._-"
#define TEN_YEARS (INT64_C(10) * 365 * 24 * 3600 * 1000)

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
	/* Longest first: format_duration() takes the first that divides. */
	{"d", INT64_C(24) * 3600 * 1000},
	{"h", INT64_C(3600) * 1000},
	{"m", INT64_C(60) * 1000},
	{"s", 1000},
	{"ms", 1},
};

/* Reads `n` digits whose value is at most `max`. */
static bool read_digits(const char *s, size_t n, int64_t max, int64_t *out)
{
	int64_t value = 0;

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = s[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Asked before the multiplication, which could overflow. */
		if (value > max / 10 || value * 10 > max - digit)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	int64_t value;

	if (max < 0 || !read_digits(s, strlen(s), max, &value) || value < min)
		return false;
	*out = value;
	return true;
}

bool parse_duration(const char *s, int64_t *ms)
{
	size_t n = strspn(s, DIGITS);
	const char *name = s + n;
	int64_t unit = *name ? 0 : 1000; /* seconds, if no unit is named */
	int64_t value;

	for (size_t i = 0; i < COUNT(units); i++)
		if (!strcmp(name, units[i].name))
			unit = units[i].ms;
	if (!unit || !read_digits(s, n, TEN_YEARS / unit, &value))
		return false;
	*ms = value * unit;
	return true;
}

const char *format_duration(char *out, size_t size, int64_t ms)
{
	size_t i = 0;

	if (!ms)
		i = 3; /* "0s" rather than "0d" */
	while (ms % units[i].ms)
		i++;
	snprintf(out, size, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
	return out;
}

bool parse_bool(const char *s, bool *out)
{
	if (!strcmp(s, "yes"))
		*out = true;
	else if (!strcmp(s, "no"))
		*out = false;
	else
		return false;
	return true;
}

bool parse_peer_name(const char *s)
{
	size_t n = strlen(s);

	/* The name becomes part of paths and command lines.  It begins with a
	 * letter or digit, so it is no option, no hidden file and not "..". */
	return n >= 1 && n <= 32 && strspn(s, NAMES) == n &&
	       strspn(s, ALNUM) >= 1;
}

bool parse_address(const char *s, int *family)
{
	struct in6_addr addr;

	if (inet_pton(AF_INET, s, &addr) == 1)
		*family = AF_INET;
	else if (inet_pton(AF_INET6, s, &addr) == 1)
		*family = AF_INET6;
	else
		return false;
	return true;
}

/* True for "fe80::1%eth0". */
static bool is_scoped_address(const char *s)
{
	char addr[INET6_ADDRSTRLEN];
	const char *scope = strchr(s, '%');
	int family;

	if (!scope || (size_t)(scope - s) >= sizeof(addr))
		return false;
	memcpy(addr, s, scope - s);
	addr[scope - s] = '\0';
	return parse_address(addr, &family) && family == AF_INET6 &&
	       parse_interface(scope + 1);
}

bool parse_scoped(const char *s, int *family)
{
	if (parse_address(s, family))
		return true;
	*family = AF_INET6;
	return is_scoped_address(s);
}

bool parse_host(const char *s)
{
	const char *dot = strrchr(s, '.');
	const char *last = dot ? dot + 1 : s;
	size_t n = strlen(s);
	int family;

	if (parse_address(s, &family) || is_scoped_address(s))
		return true;
	if (n < 1 || n > 253 || strspn(s, NAMES) != n || s[0] == '-')
		return false;
	/* "10.0.0.256", "10.1" and "42" are mistyped addresses, not names: a
	 * resolver takes the last two for IPv4 addresses in old forms
	 * (inet_aton(3)). */
	return !*last || last[strspn(last, DIGITS)];
}

bool parse_domain(const char *s)
{
	int family;

	if (!parse_host(s) || parse_scoped(s, &family))
		return false;
	do {
		size_t n = strcspn(s, ".");

		/* The limit of a label (RFC 1035, 2.3.4); two dots in a row
		 * make an empty one. */
		if (n < 1 || n > 63)
			return false;
		s += n;
	} while (*s++ == '.');
	return true;
}

bool prefix_covers(const uint8_t *prefix, int length, const uint8_t *address)
{
	/* Whole bytes are equal, and of the next one the upper `rest` bits. */
	size_t whole = (size_t)length / 8;
	int rest = length % 8;

	return !memcmp(prefix, address, whole) &&
	       (!rest || !((prefix[whole] ^ address[whole]) >> (8 - rest)));
}

bool parse_interface(const char *s)
{
	size_t n = strlen(s);

	/* A name is valid if the kernel accepts it (dev_valid_name()) and a log
	 * can show it; "%" would have the kernel choose a number. */
	if (n < 1 || n > 15 || !strcmp(s, ".") || !strcmp(s, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("/:%", s[i]))
			return false;
	return true;
}

int parse_word(const char **s, char *out, size_t size)
{
	const char *p = *s + strspn(*s, " \t");
	bool quoted = false;
	size_t n = 0;

	if (!*p)
		return 0;
	/* A backslash takes the next byte as it is, in quotes or not; quotes
	 * may begin and end within a word. */
	for (; *p && (quoted || !strchr(" \t", *p)); p++) {
		if (*p == '"') {
			quoted = !quoted;
			continue;
		}
		if (*p == '\\' && !*++p)
			return -1;
		if (n + 1 >= size)
			return -1;
		out[n++] = *p;
	}
	if (quoted || !size)
		return -1;
	out[n] = '\0';
	*s = p;
	return 1;
}
