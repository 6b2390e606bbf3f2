/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_RTNL_H
#define SSHDIAL_ROUTE_RTNL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Requests to rtnetlink(7), many at a time: a batch of messages is sent
 * before the first answer is read, so that thousands of routes take no more
 * turns between us and the kernel than there are batches.
 */

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

#define RTNL_LIMIT 10 /* s that the kernel may take for one answer */

struct rtnl {
	struct nl_sock *sock;
	uint32_t sequence;
};

/* 0 or -errno. */
int rtnl_open(struct rtnl *r);
void rtnl_close(struct rtnl *r);

/*
 * Fills the message of request i (header and payload, by libnl).
 * 0 or -errno.
 */
typedef int rtnl_make_fn(void *arg, size_t i, struct nl_msg *m);

/* The kernel did not do request i, and why (-errno). */
typedef void rtnl_refused_fn(void *arg, size_t i, int error);

/*
 * Sends requests 0 to n - 1, in their order.  One that is refused does not
 * keep the next from being done.  0, or -errno: the rest was not sent, or
 * what became of it is not known.
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
 * Asks for all objects of a type (RTM_GETROUTE ...), calls `seen` for each.
 * `header` is the payload's fixed part, with the family; routes are those of
 * `table` alone where it is not 0.  0 or -errno.
 */
int rtnl_dump(struct rtnl *r, int type, void *header, size_t len,
	      uint32_t table, rtnl_seen_fn *seen, void *arg);

#endif
