/* SPDX-License-Identifier: ISC */
#include "route/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"

#define EVENT_BUFFER (1024 * 1024) /* some thousand route changes at once */

static void on_settled(struct timer *t)
{
	struct netlink *n = t->arg;

	n->changed(n->arg);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct netlink *n = arg;

	(void)msg;
	if (!n->settle.armed)
		loop_timer(n->loop, &n->settle, NETLINK_SETTLE, on_settled, n);
	return NL_OK;
}

static void on_events(struct watch *w, uint32_t events)
{
	struct netlink *n = w->arg;
	int rc;

	(void)events;
	do {
		rc = nl_recvmsgs_default(n->events);
		/* Lost events are a change as well. */
		if (rc == -NLE_NOMEM)
			on_message(NULL, n);
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
	return nl_socket_add_memberships(
		n->events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
}

int netlink_open(struct netlink *n, struct loop *l, void (*changed)(void *arg),
		 void *arg)
{
	int rc = -NLE_NOMEM;

	memset(n, 0, sizeof(*n));
	n->loop = l;
	n->changed = changed;
	n->arg = arg;
	n->events = nl_socket_alloc();
	n->requests = nl_socket_alloc();
	if (n->events && n->requests)
		rc = open_events(n);
	/* One question, one answer: no acknowledgement behind it. */
	if (rc >= 0) {
		nl_socket_disable_auto_ack(n->requests);
		rc = nl_connect(n->requests, NETLINK_ROUTE);
	}
	if (rc >= 0)
		rc = loop_watch(l, &n->watch, nl_socket_get_fd(n->events),
				EPOLLIN, on_events, n);
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
	nl_socket_free(n->requests);
	n->events = NULL;
	n->requests = NULL;
}

struct answer {
	struct netlink_path *out;
	int error;
};

static void copy_address(struct in6_addr *to, const struct nlattr *a)
{
	memset(to, 0, sizeof(*to));
	if (a)
		nla_memcpy(to, a, sizeof(*to));
}

static int on_route(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *attr[RTA_MAX + 1];
	const struct rtmsg *r = nlmsg_data(h);

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(h, sizeof(*r), attr, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	a->out->there = r->rtm_type == RTN_UNICAST || r->rtm_type == RTN_LOCAL;
	a->out->family = r->rtm_family;
	a->out->ifindex = attr[RTA_OIF] ? (int)nla_get_u32(attr[RTA_OIF]) : 0;
	copy_address(&a->out->gateway, attr[RTA_GATEWAY]);
	copy_address(&a->out->source, attr[RTA_PREFSRC]);
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct answer *a = arg;

	(void)from;
	a->error = e->error;
	return NL_STOP;
}

static int put_flow(struct nl_msg *msg, const struct netlink_to *to)
{
	int rc = nla_put_u8(msg, RTA_IP_PROTO, IPPROTO_TCP);

	if (rc >= 0)
		rc = nla_put_u16(msg, RTA_DPORT, htons((uint16_t)to->port));
	if (rc >= 0 && to->uid != (uid_t)-1)
		rc = nla_put_u32(msg, RTA_UID, to->uid);
	return rc;
}

static int ask(struct netlink *n, int family, const void *address,
	       const void *source, const struct netlink_to *to,
	       struct answer *a)
{
	size_t len = family == AF_INET6 ? 16 : 4;
	struct rtmsg r = {.rtm_family = (unsigned char)family,
			  .rtm_dst_len = (unsigned char)(len * 8)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = -ENOMEM;

	if (msg && cb && nlmsg_append(msg, &r, sizeof(r), NLMSG_ALIGNTO) >= 0 &&
	    nla_put(msg, RTA_DST, (int)len, address) >= 0 &&
	    (!source || nla_put(msg, RTA_SRC, (int)len, source) >= 0) &&
	    put_flow(msg, to) >= 0) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_route, a);
		nl_cb_err(cb, NL_CB_CUSTOM, on_error, a);
		rc = nl_send_auto(n->requests, msg);
		if (rc >= 0)
			rc = nl_recvmsgs(n->requests, cb);
		if (rc >= 0 || a->error)
			rc = 0;
	}
	nlmsg_free(msg);
	nl_cb_put(cb);
	return rc < 0 ? -EIO : 0;
}

/* IPv6 routes packets of foreign sources as well: ask by bind(2). */
static bool is_own(int family, const struct in6_addr *source)
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

int netlink_path(struct netlink *n, const struct netlink_to *to,
		 struct netlink_path *out)
{
	const char *source = to->source;
	struct answer a = {.out = out};
	int family = AF_INET;
	struct in6_addr there, from;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, to->address, &there) != 1) {
		family = AF_INET6;
		if (inet_pton(AF_INET6, to->address, &there) != 1)
			return -EINVAL;
	}
	if (source && inet_pton(family, source, &from) != 1)
		source = NULL;
	if (source && !is_own(family, &from))
		return 0;
	return ask(n, family, &there, source ? &from : NULL, to, &a);
}

bool netlink_same_way(const struct netlink_path *a,
		      const struct netlink_path *b)
{
	return a->there == b->there && a->family == b->family &&
	       a->ifindex == b->ifindex &&
	       !memcmp(&a->gateway, &b->gateway, sizeof(a->gateway));
}

bool netlink_same_path(const struct netlink_path *a,
		       const struct netlink_path *b)
{
	return netlink_same_way(a, b) &&
	       !memcmp(&a->source, &b->source, sizeof(a->source));
}
