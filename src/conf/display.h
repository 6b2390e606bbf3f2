/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_DISPLAY_H
#define SSHDIAL_CONF_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An X server, as the variable DISPLAY names it (X(7)), and the connection
 * setup that an X client sends to it first (X Window System Protocol,
 * chapter 8).
 */

#define COOKIE_SIZE	16 /* bytes */
#define COOKIE_HEX	32 /* digits */
#define COOKIE_PROTOCOL "MIT-MAGIC-COOKIE-1"

struct display {
	char path[108]; /* of its socket; "": it is reached by TCP */
	char host[256];
	int port;
	int screen;
	bool has_cookie; /* if not, it may admit us for another reason */
	uint8_t cookie[COOKIE_SIZE];
};

/*
 * Parses ":N", "unix:N", "HOST:N" or "[IPv6]:N", each with or without
 * ".SCREEN", or the path of a socket.  Returns false if it is none of these.
 */
bool display_parse(const char *s, struct display *d);

/* Parses the COOKIE_HEX hexadecimal digits of a cookie. */
bool display_cookie(const char *hex, uint8_t cookie[COOKIE_SIZE]);

/*
 * The connection setup of an X client has a head, which ends with the lengths
 * of two strings: the name of an authorization protocol, and its data, here the
 * cookie.  A setup larger than DISPLAY_SETUP_MAX is not accepted.
 */
#define DISPLAY_SETUP_HEAD 12
#define DISPLAY_SETUP_MAX  (DISPLAY_SETUP_HEAD + 64 + 64)

/* The size of a setup, from its first DISPLAY_SETUP_HEAD bytes; 0 if they do
 * not begin one, or it is too large. */
size_t display_setup_size(const uint8_t *setup);

/* The COOKIE_SIZE bytes of the cookie in a complete setup; NULL if they are
 * not equal to `cookie', or there are none. */
uint8_t *display_setup_cookie(uint8_t *setup,
			      const uint8_t cookie[COOKIE_SIZE]);

#endif
