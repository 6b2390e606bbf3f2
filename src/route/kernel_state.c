// SPDX-License-Identifier: ISC
/*
 * Each question is a dump of all rules, routes or addresses, and a search in
 * it.  The kernel has a request for a single route, but its answer is the route
 * that a packet would take now, with our own rules and routes in force; here
 * only those of others matter.  A link comes up rarely, so the cost of a dump
 * does not count.
 *
 * Routes with our protocol number belong to this peer or to another one.  They
 * do not count, because each peer has a table and a metric of its own.
 */
#include "route/kernel_state.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/parse.h"
#include "route/change.h"

static const int families[] = {AF_INET, AF_INET6};

static size_t bytes_in_address(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

/* Something that refers to this table is looked for. */
struct table_search {
	uint32_t number;
	bool found;
};

static void see_rule(void *arg, struct nlmsghdr *h)
{
	struct table_search *t = arg;
	const struct fib_rule_hdr *r = nlmsg_data(h);
	const struct nlattr *a = nlmsg_find_attr(h, sizeof(*r), FRA_TABLE);

	if (h->nlmsg_type == RTM_NEWRULE &&
	    (a ? nla_get_u32(a) : r->table) == t->number)
		t->found = true;
}

static uint32_t route_table(struct nlmsghdr *h)
{
	const struct rtmsg *r = nlmsg_data(h);
	const struct nlattr *a = nlmsg_find_attr(h, sizeof(*r), RTA_TABLE);

	return a ? nla_get_u32(a) : r->rtm_table;
}

static void see_route(void *arg, struct nlmsghdr *h)
{
	struct table_search *t = arg;

	if (h->nlmsg_type == RTM_NEWROUTE && route_table(h) == t->number)
		t->found = true;
}

bool kernel_has_table(struct rtnl *r, uint32_t table)
{
	struct table_search t = {.number = table};

	for (int i = 0; i < 2 && !t.found; i++) {
		struct fib_rule_hdr rule = {.family =
						    (unsigned char)families[i]};
		struct rtmsg route = {.rtm_family = (unsigned char)families[i]};

		rtnl_dump(r, RTM_GETRULE, &rule, sizeof(rule), 0, see_rule, &t);
		rtnl_dump(r, RTM_GETROUTE, &route, sizeof(route), table,
			  see_route, &t);
	}
	return t.found;
}

/* An interface with this address is looked for. */
struct address_search {
	int family;
	const uint8_t *address;
	unsigned int only, except; /* interfaces; 0: any, none */
	unsigned int found;
};

static void see_address(void *arg, struct nlmsghdr *h)
{
	struct address_search *w = arg;
	const struct ifaddrmsg *m = nlmsg_data(h);
	const struct nlattr *a = nlmsg_find_attr(h, sizeof(*m), IFA_LOCAL);

	if (!a) /* IPv6 has it only on a point-to-point address */
		a = nlmsg_find_attr(h, sizeof(*m), IFA_ADDRESS);
	if (h->nlmsg_type != RTM_NEWADDR || m->ifa_family != w->family || !a ||
	    nla_len(a) != (int)bytes_in_address(w->family) ||
	    memcmp(nla_data(a), w->address, bytes_in_address(w->family)) != 0 ||
	    (w->only && m->ifa_index != w->only) || m->ifa_index == w->except)
		return;
	w->found = m->ifa_index;
}

static bool find_address(struct rtnl *r, struct address_search *w)
{
	struct ifaddrmsg m = {.ifa_family = (unsigned char)w->family};

	rtnl_dump(r, RTM_GETADDR, &m, sizeof(m), 0, see_address, w);
	return w->found;
}

static void interface_name(unsigned int ifindex, char name[IF_NAMESIZE])
{
	if (!if_indextoname(ifindex, name))
		snprintf(name, IF_NAMESIZE, "%u", ifindex);
}

bool kernel_has_address(struct rtnl *r, int family, const uint8_t *address,
			unsigned int ifindex)
{
	struct address_search w = {
		.family = family, .address = address, .only = ifindex};

	return find_address(r, &w);
}

bool kernel_has_address_elsewhere(struct rtnl *r, int family,
				  const uint8_t *address, unsigned int except,
				  char where[IF_NAMESIZE])
{
	struct address_search w = {
		.family = family, .address = address, .except = except};

	if (!find_address(r, &w))
		return false;
	interface_name(w.found, where);
	return true;
}

/* The longest prefix with this address is looked for, among routes of others
 * by other interfaces. */
struct route_search {
	int family;
	const uint8_t *address;
	unsigned int except, found;
	uint8_t prefix[16];
	int length; /* of the longest prefix so far */
};

/* The interface of a route; of several, the first. */
static unsigned int route_interface(struct nlmsghdr *h)
{
	const struct nlattr *oif =
		nlmsg_find_attr(h, sizeof(struct rtmsg), RTA_OIF);
	struct nlattr *many =
		nlmsg_find_attr(h, sizeof(struct rtmsg), RTA_MULTIPATH);

	if (oif)
		return nla_get_u32(oif);
	if (many && nla_len(many) >= (int)sizeof(struct rtnexthop)) {
		const struct rtnexthop *first = nla_data(many);

		return (unsigned int)first->rtnh_ifindex;
	}
	return 0;
}

static void see_other_route(void *arg, struct nlmsghdr *h)
{
	struct route_search *w = arg;
	const struct rtmsg *r = nlmsg_data(h);
	const struct nlattr *dst = nlmsg_find_attr(h, sizeof(*r), RTA_DST);
	unsigned int ifindex = route_interface(h);

	if (h->nlmsg_type != RTM_NEWROUTE || r->rtm_family != w->family ||
	    r->rtm_type != RTN_UNICAST || r->rtm_protocol == ROUTE_PROTOCOL ||
	    route_table(h) != RT_TABLE_MAIN || !dst || !r->rtm_dst_len ||
	    nla_len(dst) != (int)bytes_in_address(w->family) || !ifindex ||
	    ifindex == w->except || r->rtm_dst_len <= w->length ||
	    !prefix_covers(nla_data(dst), r->rtm_dst_len, w->address))
		return;
	w->found = ifindex;
	w->length = r->rtm_dst_len;
	memcpy(w->prefix, nla_data(dst), bytes_in_address(w->family));
}

bool kernel_has_other_route(struct rtnl *r, int family, const uint8_t *address,
			    unsigned int except, char *where, size_t size)
{
	struct route_search w = {
		.family = family, .address = address, .except = except};
	struct rtmsg m = {.rtm_family = (unsigned char)family};
	char text[INET6_ADDRSTRLEN] = "", name[IF_NAMESIZE];

	rtnl_dump(r, RTM_GETROUTE, &m, sizeof(m), RT_TABLE_MAIN,
		  see_other_route, &w);
	if (!w.found)
		return false;
	inet_ntop(family, w.prefix, text, sizeof(text));
	interface_name(w.found, name);
	snprintf(where, size, "%s/%d dev %s", text, w.length, name);
	return true;
}
