/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_APPLY_H
#define SSHDIAL_ROUTE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * What a peer wants of this machine while its link is up: addresses, routes,
 * rules and name servers.  For processes of root; every change is written to
 * the peer's ledger (route/ledger.h) before it is made.  The functions hold
 * the ledger's lock while they run, and wait up to LEDGER_WAIT ms for it; none
 * of them needs a loop or a process that outlives it.
 */

/*
 * The user on whose word something is set or undone.  A ledger names the user
 * whose call it is of, its owner; the caller may always change a ledger of its
 * own.  `called` says whether a user calls the peer now, and must not wait.
 *
 * - Root (uid 0) and ROUTES_ANYBODY, which owns no ledger: a ledger is left
 *   alone if its owner calls the peer now.  If not, that call was killed, and
 *   what it left may be taken over and undone.
 * - Another user: a ledger of root's is never touched, so that what
 *   `fail-closed` keeps after root's call was killed stays; that of another
 *   user may only be taken over by routes_set(), as root does.
 */
#define ROUTES_ANYBODY ((uid_t)-1)

struct routes_caller {
	uid_t uid;
	bool (*called)(const char *peer, uid_t uid);
};

/* The link as pppd gives it to its scripts.  All strings are the caller's and
 * have to last for the call only. */
struct route_link {
	const char *interface; /* "ppp0" */
	const char *local;     /* address of this end, as a literal */
	const char *remote;    /* of the far end */
	const char *server;    /* the server's address that the transport
				* uses, a literal (a scope is taken off) */
	int port;	       /* of the transport */
	/* Whom the session runs as where that is an account for it alone,
	 * else (uid_t)-1. */
	uid_t account;
	/* Name servers that the far end gave, address literals; they count
	 * where the configuration has `peer-dns yes`. */
	const char *const *dns;
	size_t dns_n;
	bool usepeerdns; /* pppd's scripts were told to set them */
	const struct routes_caller *caller; /* NULL: root, the only one */
};

/*
 * Makes what `c` wants for one family true: AF_INET at ip-up, AF_INET6 at
 * ipv6-up.  Name servers come with AF_INET.  With `fail-closed`, rules and
 * unreachable twins of both families are set with either.  It may be called
 * again at any time, also for a link that has changed: what is there stays,
 * what is wanted no more goes.
 *
 * 0, or -1 with f set; then what this call has done is undone, except what
 * `fail-closed' keeps.
 */
int routes_set(const struct conf *c, const struct route_link *l, int family,
	       struct failure *f);

/*
 * ROUTES_INET, ROUTES_INET6
 *	Of one family, at ip-down and ipv6-down; name servers with the first.
 * ROUTES_HELD
 *	What must not stay while there is no session: the rules of a full
 *	tunnel, and name servers.  Routes stay on the held interface.
 * ROUTES_OPEN
 *	Everything that `fail-closed` does not keep: for an end that nobody
 *	asked for and after which nobody is left.
 * ROUTES_ALL
 *	Everything; the ledger is gone then.
 *
 * With `fail-closed` the rules, the unreachable twins and what is excluded
 * are kept by all but the last, and so are the name servers where the
 * configuration has the server's address: a name could never be looked up
 * again.
 */
enum routes_part {
	ROUTES_ALL,
	ROUTES_INET,
	ROUTES_INET6,
	ROUTES_HELD,
	ROUTES_OPEN
};

/*
 * Undoes from the last change to the first.  What is gone already is no
 * error, nor is a peer without a ledger.  0; or 1 with f set: the ledger is not
 * the caller's to change (never so if `caller` is NULL); or -1 with f set: what
 * could not be undone is still in the ledger.
 */
int routes_undo(const char *peer, const struct routes_caller *caller,
		enum routes_part part, struct failure *f);

/* What routes_undo() would return because of the ledger's owner: 0, or 1 or -1
 * with f set.  Nothing is undone. */
int routes_protected(const char *peer, const struct routes_caller *caller,
		     struct failure *f);

/*
 * Whether the addresses of a link must not be used: those of an IPv4 link
 * where l->local is IPv4, else those that `c` sets on an IPv6 link.  `why` is
 * a clause for people then.  Needs no rights; l->interface may be NULL where
 * it is not known.  What the kernel does not answer counts as nothing.
 */
bool routes_refused(const struct conf *c, const struct route_link *l, char *why,
		    size_t size);

/* Whether there is a ledger of the peer. */
bool routes_left(const char *peer);

/*
 * What routes_undo(peer, ROUTES_ALL) would undo, in words: "2 IPv4 routes and
 * 1 IPv6 route on ppp0, 5 rules, name servers".  "" where nothing is left;
 * where the ledger cannot be read, why.  Returns out.
 */
const char *routes_words(const char *peer, char *out, size_t size);

#endif
