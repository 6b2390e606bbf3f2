/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_APPLY_H
#define SSHDIAL_ROUTE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * The settings of a peer on this machine while its link is up: addresses,
 * routes, rules and name servers.  The functions are for root's processes.
 * Every change is written to the peer's ledger (route/ledger.h) before it is
 * made.  The functions hold the ledger's lock while they run, and wait up to
 * LEDGER_WAIT ms for it; none of them needs a loop or a process that outlives
 * it.
 */

/*
 * The user on whose word something is set or undone.  A ledger names the user
 * whose call it is of, its owner; the caller may always change a ledger of its
 * own.  `called` says whether a user calls the peer now, and must not wait.
 *
 * - Root (uid 0) and ROUTES_ANYBODY, which owns no ledger: a ledger is left
 *   alone if its owner calls the peer now.  If not, that call was killed, and
 *   what it left may be taken over and undone.
 * - Another user: root's ledger is never touched, so that what
 *   `fail-closed` keeps after root's call was killed stays; that of another
 *   user may only be taken over by routes_set(), as root does.
 */
#define ROUTES_ANYBODY ((uid_t)-1)

struct routes_caller {
	uid_t uid;
	bool (*called)(const char *peer, uid_t uid);
};

/* The link as pppd describes it to its scripts.  The strings belong to the
 * caller and are not kept. */
struct route_link {
	const char *interface; /* "ppp0" */
	/* Its index, 0 if there is none.  routes_set() fails if another
	 * interface has the name by then. */
	unsigned int ifindex;
	const char *local;  /* address of this end, as a literal */
	const char *remote; /* of the far end */
	const char *server; /* the server's address that the transport
				* uses, a literal (a scope is taken off) */
	int port;	    /* of the transport */
	/* The account of the session if only sessions have it, or -1. */
	uid_t account;
	/* Name servers that the far end named, address literals; they are
	 * used if the configuration has `peer-dns yes`. */
	const char *const *dns;
	size_t dns_n;
	bool usepeerdns; /* pppd's scripts were told to set them */
	const struct routes_caller *caller; /* NULL: root, the only one */
};

/*
 * Sets what `c` wants for one family: AF_INET at ip-up, AF_INET6 at ipv6-up.
 * Name servers come with AF_INET.  With `fail-closed`, the rules and the
 * unreachable routes of both families are set with either.  It may be called
 * again at any time, also for a link that has changed: what is there already
 * stays, and what is not wanted any more is undone.
 *
 * 0, or -1 with f set; then what this call has done is undone, except what
 * `fail-closed` keeps.
 */
int routes_set(const struct conf *c, const struct route_link *l, int family,
	       struct failure *f);

/*
 * How much is undone:
 * ROUTES_INET, ROUTES_INET6
 *	One family, at ip-down and ipv6-down; name servers with the first.
 * ROUTES_HELD
 *	What must not stay while there is no session: the rules of a full
 *	tunnel, and name servers.  Routes stay on the held interface.
 * ROUTES_OPEN
 *	Everything that `fail-closed` does not keep, for an end that nobody
 *	asked for.
 * ROUTES_ALL
 *	Everything; the ledger is removed.
 *
 * With `fail-closed`, all but the last keep the rules, the unreachable routes
 * and the throw routes.  They keep the name servers, too, if the configuration
 * has the server's address; a name could not be looked up with them.
 */
enum routes_part {
	ROUTES_ALL,
	ROUTES_INET,
	ROUTES_INET6,
	ROUTES_HELD,
	ROUTES_OPEN
};

/*
 * Undoes changes, from the last to the first.  A change that is not there any
 * more is no error, nor is a peer without a ledger.
 * 0; or 1 with f set: the caller may not change this ledger (with NULL for
 * `caller` that never happens); or -1 with f set: what could not be undone is
 * still in the ledger.
 */
int routes_undo(const char *peer, const struct routes_caller *caller,
		enum routes_part part, struct failure *f);

/* Asks whether the ledger's owner lets routes_undo() undo it: 0, or its result
 * 1 or -1 with f set.  Nothing is undone. */
int routes_protected(const char *peer, const struct routes_caller *caller,
		     struct failure *f);

/*
 * True if the addresses of a link must not be used, with the reason as a clause
 * in `why`.  They are those of the link if l->local is IPv4, and otherwise
 * those that `c` sets on an IPv6 link.  l->interface is NULL if it is not known
 * yet.  Needs no rights.  If the kernel does not answer, nothing speaks against
 * the addresses.
 */
bool routes_refused(const struct conf *c, const struct route_link *l, char *why,
		    size_t size);

/* True if the peer has a ledger. */
bool routes_left(const char *peer);

/*
 * Writes what ROUTES_ALL would undo, in words: "2 IPv4 routes, 1 IPv6 route,
 * 5 rules, name servers".  "" if there is nothing; if the ledger cannot be
 * read, the reason.  Returns out.
 */
const char *routes_words(const char *peer, char *out, size_t size);

#endif
