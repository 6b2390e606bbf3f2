/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_RTNL_H
#define SSHDIAL_ROUTE_RTNL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Requests to rtnetlink(7): the one place that sends any.  A batch of messages
 * is sent before the first answer is read, so thousands of routes cost as many
 * round trips to the kernel as there are batches.
 */

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

#define RTNL_LIMIT 10 /* s that we wait for one answer of the kernel */

struct rtnl {
	struct nl_sock *sock;
	uint32_t sequence;
};

/* Opens a blocking socket.  0 or -errno. */
int rtnl_open(struct rtnl *r);
void rtnl_close(struct rtnl *r);

/* Fills m, which is empty, with request i: header and payload, by libnl.  0 or
 * -errno. */
typedef int rtnl_make_fn(void *arg, size_t i, struct nl_msg *m);

/* Called if the kernel refused request i; error is -errno. */
typedef void rtnl_refused_fn(void *arg, size_t i, int error);

/*
 * Sends requests 0 to n - 1 in their order.  A request that is refused does not
 * stop the next one.  0; or -errno, and then the rest was not sent, or its
 * outcome is not known.
 */
int rtnl_request(struct rtnl *r, size_t n, rtnl_make_fn *make,
		 rtnl_refused_fn *refused, void *arg);

/* One object of an answer.  A dump may show one twice, if something changes
 * meanwhile. */
typedef void rtnl_seen_fn(void *arg, struct nlmsghdr *h);

/*
 * Asks for one object: sends m, which stays the caller's, and calls `seen` for
 * the answer.  0 with *refused the kernel's error, below zero, or 0; or -errno
 * if it was not asked or did not answer.
 */
int rtnl_ask(struct rtnl *r, struct nl_msg *m, int *refused, rtnl_seen_fn *seen,
	     void *arg);

/*
 * Calls `seen` for each object of a type (RTM_GETROUTE, RTM_GETRULE,
 * RTM_GETADDR).  `header` is the fixed part of the payload, of `len` bytes,
 * with the family.  If `table` is not 0, only its routes are asked for.  0 or
 * -errno.
 */
int rtnl_dump(struct rtnl *r, int type, void *header, size_t len,
	      uint32_t table, rtnl_seen_fn *seen, void *arg);

#endif
