/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_DISPLAY_H
#define SSHDIAL_CONF_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An X server, as DISPLAY names it (X(7)), and what it wants to see from a
 * program that connects to it.
 */

#define COOKIE_SIZE	16 /* bytes */
#define COOKIE_HEX	32 /* digits */
#define COOKIE_PROTOCOL "MIT-MAGIC-COOKIE-1"

struct display {
	char path[108]; /* its socket; "" where it is reached by TCP */
	char host[256];
	int port;
	int screen;
	bool has_cookie; /* without one it may know us in another way */
	uint8_t cookie[COOKIE_SIZE];
};

/*
 * Takes ":N", "unix:N", "HOST:N", "[IPv6]:N", each with ".SCREEN" or without,
 * or the path of a socket.  False where it is none of these.
 */
bool display_parse(const char *s, struct display *d);

/* Takes the COOKIE_HEX hexadecimal digits of a cookie. */
bool display_cookie(const char *hex, uint8_t cookie[COOKIE_SIZE]);

/*
 * The beginning of what a program sends to an X server: its byte order, and
 * how it proves that it may (X11 protocol, 8).  At most DISPLAY_SETUP_MAX
 * bytes are taken.
 */
#define DISPLAY_SETUP_HEAD 12
#define DISPLAY_SETUP_MAX  (DISPLAY_SETUP_HEAD + 64 + 64)

/* How long it is, from its first DISPLAY_SETUP_HEAD bytes; 0 where they are
 * not such a beginning. */
size_t display_setup_size(const uint8_t *setup);

/*
 * Where the cookie stands in a whole one, COOKIE_SIZE bytes; NULL where it is
 * another one than `cookie`, or none.
 */
uint8_t *display_setup_cookie(uint8_t *setup,
			      const uint8_t cookie[COOKIE_SIZE]);

#endif
