/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_DNS_H
#define SSHDIAL_NAMES_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/failure.h"

/*
 * Name servers that are reached through a tunnel.  Needs root.  Each call runs
 * at most four programs and waits up to DNS_LIMIT ms for each of them.
 *
 * One of these is in charge of name servers on this machine:
 *
 * DNS_RESOLVED    systemd-resolved, which has them for each interface
 * DNS_RESOLVCONF  resolvconf(8), Debian's or openresolv, for each interface
 * DNS_FILE        nothing: /etc/resolv.conf has them for each peer
 *
 * Only DNS_RESOLVED can ask one server for some domains and others for the
 * rest: with the other two the tunnel's servers are asked first for all names.
 */
enum dns_keeper { DNS_RESOLVED, DNS_RESOLVCONF, DNS_FILE };

#define DNS_LIMIT	5000
#define DNS_SERVERS_MAX 16
#define DNS_SEARCH_MAX	32

struct dns_wish {
	const char *peer, *interface;
	size_t servers; /* up to DNS_SERVERS_MAX; addresses without scope */
	const char *const *server;
	size_t searches; /* up to DNS_SEARCH_MAX; domain names */
	const char *const *search;
	bool all; /* ask them for names outside `search` as well; without
		   * `search` they are asked for all names in any case */
	/*
	 * The scripts of the packages ppp and resolvconf have set the far
	 * end's servers for this link, just now: what they did is undone.
	 */
	bool scripts_ran;
};

/* Finds out which one is in charge now.  Note it: dns_undo() needs the one that
 * dns_set() had. */
enum dns_keeper dns_keeper(void);

/* "resolved", "resolvconf" or "file", and back; false for other words. */
const char *dns_keeper_name(enum dns_keeper k);
bool dns_keeper_of(const char *name, enum dns_keeper *k);

/*
 * Sets what is wished in the place of what this peer or link has; a wish
 * without servers and domains is dns_undo().  0, or -1 with f set, and then
 * this peer or link has nothing.
 */
int dns_set(enum dns_keeper k, const struct dns_wish *w, struct failure *f);

/*
 * Removes what dns_set() did, and nothing else: what others have changed since
 * stays.  0, also if nothing is left to remove (the link is gone, somebody has
 * rewritten the file), or -1 with f set.
 */
int dns_undo(enum dns_keeper k, const char *peer, const char *interface,
	     struct failure *f);

#endif
