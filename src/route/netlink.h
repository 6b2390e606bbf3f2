/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_NETLINK_H
#define SSHDIAL_ROUTE_NETLINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>
#include "base/loop.h"

/*
 * What the kernel says of links, addresses and routes (rtnetlink(7), by
 * libnl).  Events are only a hint that something has changed: the callback
 * asks again for what it wants to know.  Many in a row become one call,
 * NETLINK_SETTLE ms after the first.
 */
#define NETLINK_SETTLE 100

struct nl_sock;

struct netlink {
	struct loop *loop;
	struct nl_sock *events;
	struct nl_sock *requests;
	struct watch watch;
	struct timer settle;
	void (*changed)(void *arg);
	void *arg;
};

/* The way that a packet to an address takes. */
struct netlink_path {
	bool there; /* there is one */
	int family;
	int ifindex;
	struct in6_addr gateway; /* IPv4 in its first four bytes */
	struct in6_addr source;
};

/* Opens both sockets and watches the first.  0 or -errno. */
int netlink_open(struct netlink *n, struct loop *l, void (*changed)(void *arg),
		 void *arg);
void netlink_close(struct netlink *n);

/* A TCP connection, as rules tell them apart. */
struct netlink_to {
	const char *address; /* a literal */
	int port;
	const char *source; /* the own address, or NULL: whichever it takes */
	uid_t uid;	    /* whose it is, or (uid_t)-1: ours */
};

/*
 * Asks the kernel for the path of a connection's packets.  No path is there
 * from an address that is not, or no more, of this host.  0 with out filled,
 * also where there is no path, or -errno (-EINVAL: no address).
 */
int netlink_path(struct netlink *n, const struct netlink_to *to,
		 struct netlink_path *out);

/* The same interface, gateway and source address, or none for both. */
bool netlink_same_path(const struct netlink_path *a,
		       const struct netlink_path *b);

/* The same interface and gateway, from whichever source, or none for both. */
bool netlink_same_way(const struct netlink_path *a,
		      const struct netlink_path *b);

#endif
