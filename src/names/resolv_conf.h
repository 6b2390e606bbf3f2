/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_RESOLV_CONF_H
#define SSHDIAL_NAMES_RESOLV_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "names/dns.h"

/*
 * The text of resolv.conf(5) with our blocks: one for each peer at the top, and
 * one behind all other text with a `search` line, because only the last such
 * line counts:
 *
 *	# sshdial peer office
 *	nameserver 10.1.0.1
 *	# search corp.example
 *	# sshdial end
 *	(other text, byte for byte)
 *	# sshdial search
 *	search corp.example home.example
 *	# sshdial end
 *
 * "made" behind the name of a peer means that there was no file.  "joined"
 * behind "search" means that the other text had no newline at its end.
 */
#define RESOLV_CONF_MAX	  65536 /* bytes */
#define RESOLV_CONF_PEERS 64

/* A text, which the caller frees; `there` is false for a file that does not
 * exist, and then the text is empty. */
struct resolv_conf {
	char *text;
	size_t len;
	bool there;
};

/*
 * Copies `in` to `out` with the block of w->peer as wished; the block of a new
 * peer comes behind those of the others.  0, or -E2BIG (RESOLV_CONF_PEERS have
 * blocks) or -ENOMEM, and then `out` has nothing to free.
 */
int resolv_conf_set(const struct resolv_conf *in, const struct dns_wish *w,
		    struct resolv_conf *out);

/* Copies `in` to `out` without the peer's block.  The same values. */
int resolv_conf_undo(const struct resolv_conf *in, const char *peer,
		     struct resolv_conf *out);

#endif
