/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_RESOLV_CONF_H
#define SSHDIAL_NAMES_RESOLV_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "names/dns.h"

/*
 * The text of resolv.conf(5) with blocks of ours: one of each peer at the top,
 * and behind all other text one with the last `search` line, since that is the
 * one that counts:
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
 * "made" behind the peer's name: there was no file.  "joined" behind "search":
 * the other text had no newline at its end.
 */
#define RESOLV_CONF_MAX	  65536 /* bytes */
#define RESOLV_CONF_PEERS 64

/* A text; `there` is false for a file that does not exist (then it is empty).
 * Allocated: free(text). */
struct resolv_conf {
	char *text;
	size_t len;
	bool there;
};

/*
 * `out` is `in` with the peer's block as wished; a peer that is new comes
 * behind those that are there.  0, -E2BIG (too many peers) or -ENOMEM.
 */
int resolv_conf_set(const struct resolv_conf *in, const struct dns_wish *w,
		    struct resolv_conf *out);

/* `out` is `in` without the peer's block.  As above. */
int resolv_conf_undo(const struct resolv_conf *in, const char *peer,
		     struct resolv_conf *out);

#endif
