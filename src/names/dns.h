/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_DNS_H
#define SSHDIAL_NAMES_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/failure.h"

/*
 * Names through a tunnel, by whichever keeps this machine's name servers.
 * All of it as root.  Each call waits: for up to DNS_LIMIT ms for each child
 * that it starts (at most four), which is killed then.
 *
 * DNS_RESOLVED    systemd-resolved, by link, by resolvectl(1)
 * DNS_RESOLVCONF  resolvconf(8), Debian's or openresolv, by link
 * DNS_FILE        nobody: /etc/resolv.conf itself, by peer
 *
 * Only DNS_RESOLVED can tell names apart: with the others the tunnel's servers
 * are asked first for every name.
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
	bool all; /* names outside `search`, too; so it is without `search` */
	/*
	 * The scripts of the packages ppp and resolvconf have set the far
	 * end's servers for this link, just now: what they did is undone.
	 */
	bool scripts_ran;
};

/* Who keeps them now.  Note it: dns_undo() needs the one that dns_set() had. */
enum dns_keeper dns_keeper(void);

/* "resolved", "resolvconf" or "file", and back; false for other words. */
const char *dns_keeper_name(enum dns_keeper k);
bool dns_keeper_of(const char *name, enum dns_keeper *k);

/*
 * Sets what is wished, in the place of what this peer or link has; a wish
 * without servers and domains is dns_undo().  0, or -1 with the failure; then
 * this peer or link has nothing.
 */
int dns_set(enum dns_keeper k, const struct dns_wish *w, struct failure *f);

/*
 * Takes away what dns_set() did, and nothing else: what others have changed
 * since stays.  0 also where nothing is left to take away (a link that is
 * gone, a file that somebody has written anew), or -1 with the failure.
 */
int dns_undo(enum dns_keeper k, const char *peer, const char *interface,
	     struct failure *f);

#endif
