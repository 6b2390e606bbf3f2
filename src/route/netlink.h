/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_NETLINK_H
#define SSHDIAL_ROUTE_NETLINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>
#include "base/loop.h"
#include "route/rtnl.h"

/*
 * Watches the links, addresses, routes and routing rules of the kernel
 * (rtnetlink(7), by libnl), and asks it for the route to an address.
 *
 * A message of the kernel is only a hint that something has changed: the
 * callback asks again for what it wants to know.
 */

/* ms from the first change to the call of changed(), for all of them. */
#define NETLINK_SETTLE 100

struct nl_sock;

struct netlink_calls {
	/* Something has changed.  Many changes in a row become one call. */
	void (*changed)(void *arg);
	/* A route or rule of ours (ROUTE_PROTOCOL, route/change.h) has been
	 * removed, by us or by another program; or messages were lost, and one
	 * may have been. */
	void (*removed)(void *arg);
};

/* Zero it before first use. */
struct netlink {
	struct loop *loop;
	struct nl_sock *events; /* NULL unless open */
	struct rtnl requests;
	struct watch watch;
	struct timer settle;
	struct netlink_calls call;
	void *arg;
};

/* Opens both sockets and watches the first.  0; or -EIO, and then nothing is
 * open. */
int netlink_open(struct netlink *n, struct loop *l,
		 const struct netlink_calls *call, void *arg);

/* Does nothing if it is not open. */
void netlink_close(struct netlink *n);

/* A TCP connection, with all by which routing rules tell connections apart. */
struct netlink_flow {
	const char *address; /* of the far end, a literal */
	int port;	     /* of the far end */
	const char *source;  /* the near address, or NULL if the route says */
	uid_t uid;	     /* of the process, or (uid_t)-1 for ours */
};

struct netlink_route {
	bool found;
	int family;
	int ifindex;
	struct in6_addr gateway; /* IPv4 in its first four bytes */
	struct in6_addr source;	 /* the same */
};

/*
 * Asks the kernel for the route of a connection's packets.  There is none
 * from an address that this host does not have.  0 with out filled, also if
 * there is no route; -EINVAL if the address is none; -EIO.
 */
int netlink_find_route(struct netlink *n, const struct netlink_flow *flow,
		       struct netlink_route *out);

/* The same interface and gateway, or no route in both. */
bool netlink_same_route(const struct netlink_route *a,
			const struct netlink_route *b);

/* The same source address as well. */
bool netlink_same_route_and_source(const struct netlink_route *a,
				   const struct netlink_route *b);

#endif
