// SPDX-License-Identifier: ISC
/*
 * Two sockets.  One is a member of the kernel's multicast groups and is read
 * whenever a message comes; no message is believed, it only starts a timer,
 * behind which netlink.h's changed() is called once for all that came.  The
 * messages are looked at for one thing alone: whether a rule or route with our
 * protocol number goes.
 *
 * The other socket carries our questions (route/rtnl.h).  It is a blocking one:
 * the kernel answers RTM_GETROUTE before send(2) returns.
 *
 * The kernel throws messages away when the buffer of the first socket is full
 * (a routing daemon may set thousands of routes at once).  It says so by
 * ENOBUFS, and that counts as a change of everything.
 */
#include "route/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "route/change.h"

#define EVENT_BUFFER (1024 * 1024) /* some thousand route changes at once */

static void on_settled(struct timer *t)
{
	struct netlink *n = t->arg;

	n->call.changed(n->arg);
}

static void note_change(struct netlink *n)
{
	if (!n->settle.armed)
		loop_timer(n->loop, &n->settle, NETLINK_SETTLE, on_settled, n);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct netlink *n = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct rtmsg *route = nlmsg_data(h);
	const struct nlattr *protocol;
	bool removes_ours = false;

	note_change(n);
	if (h->nlmsg_type == RTM_DELROUTE) {
		removes_ours = nlmsg_valid_hdr(h, sizeof(*route)) &&
			       route->rtm_protocol == ROUTE_PROTOCOL;
	} else if (h->nlmsg_type == RTM_DELRULE) {
		protocol = nlmsg_find_attr(h, sizeof(struct fib_rule_hdr),
					   FRA_PROTOCOL);
		removes_ours =
			protocol && nla_get_u8(protocol) == ROUTE_PROTOCOL;
	}
	if (removes_ours)
		n->call.removed(n->arg);
	return NL_OK;
}

static void on_readable(struct watch *w, uint32_t events)
{
	struct netlink *n = w->arg;
	int rc;

	(void)events;
	do {
		rc = nl_recvmsgs_default(n->events);
		if (rc == -NLE_NOMEM) { /* ENOBUFS: messages were lost */
			note_change(n);
			n->call.removed(n->arg);
		}
	} while (rc == 0 || rc == -NLE_NOMEM);
}

static int open_events(struct netlink *n)
{
	int rc;

	nl_socket_disable_seq_check(n->events);
	nl_socket_modify_cb(n->events, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    n);
	rc = nl_connect(n->events, NETLINK_ROUTE);
	if (rc < 0)
		return rc;
	nl_socket_set_buffer_size(n->events, EVENT_BUFFER, 0);
	nl_socket_set_nonblocking(n->events);
	/* Linux 5.3 and later; without it, routes by nexthop objects change
	 * unseen, until a timer asks for the route. */
	nl_socket_add_memberships(n->events, RTNLGRP_NEXTHOP, 0);
	return nl_socket_add_memberships(
		n->events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
		RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, 0);
}

int netlink_open(struct netlink *n, struct loop *l,
		 const struct netlink_calls *call, void *arg)
{
	int rc = -NLE_NOMEM;

	memset(n, 0, sizeof(*n));
	n->loop = l;
	n->call = *call;
	n->arg = arg;
	n->events = nl_socket_alloc();
	if (n->events)
		rc = open_events(n);
	if (rc >= 0 && rtnl_open(&n->requests) < 0)
		rc = -NLE_FAILURE;
	if (rc >= 0)
		rc = loop_watch(l, &n->watch, nl_socket_get_fd(n->events),
				EPOLLIN, on_readable, n);
	if (rc >= 0)
		return 0;
	log_debug("netlink: %s", nl_geterror(rc));
	netlink_close(n);
	return -EIO;
}

void netlink_close(struct netlink *n)
{
	loop_unwatch(&n->watch);
	loop_timer_stop(&n->settle);
	nl_socket_free(n->events);
	rtnl_close(&n->requests);
	n->events = NULL;
}

static void copy_address(struct in6_addr *to, const struct nlattr *a)
{
	memset(to, 0, sizeof(*to));
	if (a)
		nla_memcpy(to, a, sizeof(*to));
}

static void on_route(void *arg, struct nlmsghdr *h)
{
	struct netlink_route *out = arg;
	struct nlattr *attr[RTA_MAX + 1];
	const struct rtmsg *r = nlmsg_data(h);

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(h, sizeof(*r), attr, RTA_MAX, NULL) < 0)
		return;
	out->found = r->rtm_type == RTN_UNICAST || r->rtm_type == RTN_LOCAL;
	out->family = r->rtm_family;
	out->ifindex = attr[RTA_OIF] ? (int)nla_get_u32(attr[RTA_OIF]) : 0;
	copy_address(&out->gateway, attr[RTA_GATEWAY]);
	copy_address(&out->source, attr[RTA_PREFSRC]);
}

/* IPv6 finds routes for sources that this host does not have: try bind(2). */
static bool is_own_address(int family, const struct in6_addr *source)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_addr = *source};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	memcpy(&in.sin_addr, source, sizeof(in.sin_addr));
	rc = family == AF_INET6 ? bind(fd, (struct sockaddr *)&in6, sizeof(in6))
				: bind(fd, (struct sockaddr *)&in, sizeof(in));
	rc = rc < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return rc != EADDRNOTAVAIL;
}

int netlink_find_route(struct netlink *n, const struct netlink_flow *flow,
		       struct netlink_route *out)
{
	const char *source = flow->source;
	struct rtmsg r = {.rtm_family = AF_INET};
	struct in6_addr there, from;
	struct nl_msg *msg;
	int len = 4, rc = -ENOMEM, refused;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, flow->address, &there) != 1) {
		r.rtm_family = AF_INET6;
		len = 16;
		if (inet_pton(AF_INET6, flow->address, &there) != 1)
			return -EINVAL;
	}
	if (source && inet_pton(r.rtm_family, source, &from) != 1)
		source = NULL;
	if (source && !is_own_address(r.rtm_family, &from))
		return 0;
	r.rtm_dst_len = (unsigned char)(len * 8);
	r.rtm_src_len = source ? r.rtm_dst_len : 0;
	/* Rules may tell the connection from others by its port and user. */
	msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	if (msg && nlmsg_append(msg, &r, sizeof(r), NLMSG_ALIGNTO) >= 0 &&
	    nla_put(msg, RTA_DST, len, &there) >= 0 &&
	    (!source || nla_put(msg, RTA_SRC, len, &from) >= 0) &&
	    nla_put_u8(msg, RTA_IP_PROTO, IPPROTO_TCP) >= 0 &&
	    nla_put_u16(msg, RTA_DPORT, htons((uint16_t)flow->port)) >= 0 &&
	    (flow->uid == (uid_t)-1 ||
	     nla_put_u32(msg, RTA_UID, flow->uid) >= 0))
		/* If the kernel refuses to answer, there is no route. */
		rc = rtnl_ask(&n->requests, msg, &refused, on_route, out);
	nlmsg_free(msg);
	return rc < 0 ? -EIO : 0;
}

bool netlink_same_route(const struct netlink_route *a,
			const struct netlink_route *b)
{
	return a->found == b->found && a->family == b->family &&
	       a->ifindex == b->ifindex &&
	       !memcmp(&a->gateway, &b->gateway, sizeof(a->gateway));
}

bool netlink_same_route_and_source(const struct netlink_route *a,
				   const struct netlink_route *b)
{
	return netlink_same_route(a, b) &&
	       !memcmp(&a->source, &b->source, sizeof(a->source));
}
