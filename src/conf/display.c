// SPDX-License-Identifier: ISC
/*
 * Names of X servers, and the first bytes of an X client.
 *
 * A client begins with a setup.  Its first byte, 'B' or 'l', is the byte order
 * of the two lengths; n is the length of the protocol's name and d that of its
 * data, each padded to four bytes:
 *
 *	0	byte order
 *	1	unused
 *	2	version of the X protocol, two numbers of two bytes
 *	6	n
 *	8	d
 *	10	unused
 *	12	name of the authorization protocol
 *	12 + n	its data: the cookie
 *
 * The session compares the cookie with the one that it gave to the far end, and
 * writes that of the real X server in its place.
 */
#include "conf/display.h"

#include <stdio.h>
#include <string.h>
#include "base/parse.h"

#define TCP_FIRST  6000 /* port of display 0 */
#define NUMBER_MAX (65535 - TCP_FIRST)
#define SCREEN_MAX 255

/* Parses "N" or "N.SCREEN". */
static bool parse_numbers(const char *s, int64_t *number, int *screen)
{
	size_t len = strcspn(s, ".");
	char text[8];
	int64_t n = 0;

	if (len >= sizeof(text) ||
	    (s[len] && !parse_int(s + len + 1, 0, SCREEN_MAX, &n)))
		return false;
	*screen = (int)n;
	memcpy(text, s, len);
	text[len] = 0;
	return parse_int(text, 0, NUMBER_MAX, number);
}

bool display_parse(const char *s, struct display *d)
{
	const char *colon = strrchr(s, ':');
	int64_t number;
	size_t len;

	memset(d, 0, sizeof(*d));
	if (*s == '/') {
		if (strlen(s) >= sizeof(d->path))
			return false;
		memcpy(d->path, s, strlen(s));
		return true;
	}
	if (!colon || !parse_numbers(colon + 1, &number, &d->screen))
		return false;
	if (colon == s || !strncmp(s, "unix:", (size_t)(colon - s) + 1)) {
		snprintf(d->path, sizeof(d->path), "/tmp/.X11-unix/X%d",
			 (int)number);
		return true;
	}
	d->port = TCP_FIRST + (int)number;
	/* The part before the colon is a host, or an address in brackets. */
	len = (size_t)(colon - s);
	if (len > 2 && s[0] == '[' && s[len - 1] == ']') {
		s++;
		len -= 2;
	}
	if (len >= sizeof(d->host))
		return false;
	memcpy(d->host, s, len);
	return parse_host(d->host);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

bool display_cookie(const char *hex, uint8_t cookie[COOKIE_SIZE])
{
	if (strlen(hex) != COOKIE_HEX)
		return false;
	for (size_t i = 0; i < COOKIE_SIZE; i++) {
		int high = hex_digit(hex[2 * i]),
		    low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		cookie[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A number of two bytes, in the byte order that the setup begins with: 'B'
 * or 'l'. */
static unsigned int setup_u16(const uint8_t *setup, size_t at)
{
	if (setup[0] == 'B')
		return (unsigned int)setup[at] << 8 | setup[at + 1];
	return (unsigned int)setup[at + 1] << 8 | setup[at];
}

/* Strings are padded to a multiple of four bytes. */
static size_t padded(size_t len)
{
	return (len + 3) / 4 * 4;
}

size_t display_setup_size(const uint8_t *setup)
{
	size_t size;

	if (setup[0] != 'B' && setup[0] != 'l')
		return 0;
	size = DISPLAY_SETUP_HEAD + padded(setup_u16(setup, 6)) +
	       padded(setup_u16(setup, 8));
	return size <= DISPLAY_SETUP_MAX ? size : 0;
}

uint8_t *display_setup_cookie(uint8_t *setup, const uint8_t cookie[COOKIE_SIZE])
{
	size_t protocol = setup_u16(setup, 6);
	uint8_t *at = setup + DISPLAY_SETUP_HEAD + padded(protocol);

	if (protocol != strlen(COOKIE_PROTOCOL) ||
	    memcmp(setup + DISPLAY_SETUP_HEAD, COOKIE_PROTOCOL, protocol) ||
	    setup_u16(setup, 8) != COOKIE_SIZE ||
	    memcmp(at, cookie, COOKIE_SIZE))
		return NULL;
	return at;
}
