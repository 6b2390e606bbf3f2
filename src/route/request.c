// SPDX-License-Identifier: ISC
/*
 * Undoing sends the same attributes as making, so that the kernel removes
 * exactly what we set: a route with our protocol, metric, table and interface,
 * never one that is like it.
 *
 * Our routes are appended.  If somebody else has a route to the same prefix
 * with the same metric, theirs stays in front and comes into force again when
 * ours goes.
 */
#include "route/request.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#define ROUTE_FLAGS   (NLM_F_CREATE | NLM_F_APPEND)
#define RULE_FLAGS    (NLM_F_CREATE | NLM_F_EXCL)
#define ADDRESS_FLAGS (NLM_F_CREATE | NLM_F_EXCL)

static int address_len(const struct change *c)
{
	return c->family == AF_INET6 ? 16 : 4;
}

/* The header has room for tables up to 255; others are only in an attribute. */
static unsigned char header_table(uint32_t table)
{
	return (unsigned char)(table < 256 ? table : RT_TABLE_COMPAT);
}

static int start_message(struct nl_msg *m, int type, int flags, void *header,
			 size_t len)
{
	if (!nlmsg_put(m, 0, 0, type, 0, flags))
		return -ENOMEM;
	return nlmsg_append(m, header, len, NLMSG_ALIGNTO);
}

static int put_route(struct nl_msg *m, const struct change *c, bool undo)
{
	static const unsigned char types[CHANGE_KINDS] = {
		[CHANGE_UNREACHABLE] = RTN_UNREACHABLE,
		[CHANGE_THROW] = RTN_THROW,
		[CHANGE_ROUTE] = RTN_UNICAST,
	};
	bool on_link = c->kind == CHANGE_ROUTE;
	struct rtmsg r = {.rtm_family = (unsigned char)c->family,
			  .rtm_dst_len = (unsigned char)c->length,
			  .rtm_table = header_table(c->table),
			  .rtm_protocol = ROUTE_PROTOCOL,
			  .rtm_scope = on_link && c->family == AF_INET
					       ? RT_SCOPE_LINK
					       : RT_SCOPE_UNIVERSE,
			  .rtm_type = types[c->kind]};
	int rc = start_message(m, undo ? RTM_DELROUTE : RTM_NEWROUTE,
			       undo ? 0 : ROUTE_FLAGS, &r, sizeof(r));

	if (!rc && c->length)
		rc = nla_put(m, RTA_DST, address_len(c), c->address);
	if (!rc)
		rc = nla_put_u32(m, RTA_TABLE, c->table);
	if (!rc && c->metric)
		rc = nla_put_u32(m, RTA_PRIORITY, c->metric);
	if (!rc && on_link)
		rc = nla_put_u32(m, RTA_OIF, c->ifindex);
	return rc;
}

static int put_rule(struct nl_msg *m, const struct change *c, bool undo)
{
	uint32_t table = c->kind == CHANGE_TABLE ? c->table : RT_TABLE_MAIN;
	const struct fib_rule_uid_range uid = {c->number, c->number};
	const struct fib_rule_port_range port = {(uint16_t)c->number,
						 (uint16_t)c->number};
	struct fib_rule_hdr r = {.family = (unsigned char)c->family,
				 .dst_len = (unsigned char)c->length,
				 .table = header_table(table),
				 .action = FR_ACT_TO_TBL};
	int rc = start_message(m, undo ? RTM_DELRULE : RTM_NEWRULE,
			       undo ? 0 : RULE_FLAGS, &r, sizeof(r));

	if (!rc)
		rc = nla_put_u32(m, FRA_PRIORITY, c->preference);
	if (!rc)
		rc = nla_put_u32(m, FRA_TABLE, table);
	if (!rc)
		rc = nla_put_u8(m, FRA_PROTOCOL, ROUTE_PROTOCOL);
	if (!rc && c->length)
		rc = nla_put(m, FRA_DST, address_len(c), c->address);
	if (!rc && c->kind == CHANGE_ACCOUNT)
		rc = nla_put(m, FRA_UID_RANGE, sizeof(uid), &uid);
	if (!rc && c->kind == CHANGE_SERVER)
		rc = nla_put_u8(m, FRA_IP_PROTO, IPPROTO_TCP);
	if (!rc && c->kind == CHANGE_SERVER)
		rc = nla_put(m, FRA_DPORT_RANGE, sizeof(port), &port);
	if (!rc && c->kind == CHANGE_MAIN)
		rc = nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
	return rc;
}

static int put_address(struct nl_msg *m, const struct change *c, bool undo)
{
	struct ifaddrmsg a = {.ifa_family = (unsigned char)c->family,
			      .ifa_prefixlen = (unsigned char)c->length,
			      .ifa_index = c->ifindex};
	int rc = start_message(m, undo ? RTM_DELADDR : RTM_NEWADDR,
			       undo ? 0 : ADDRESS_FLAGS, &a, sizeof(a));

	if (!rc)
		rc = nla_put(m, IFA_LOCAL, address_len(c), c->address);
	if (!rc)
		rc = nla_put(m, IFA_ADDRESS, address_len(c), c->address);
	/* No duplicate address detection: there is one neighbour. */
	if (!rc && !undo)
		rc = nla_put_u32(m, IFA_FLAGS, IFA_F_NODAD);
	return rc;
}

int request_make(struct nl_msg *m, const struct change *c, bool undo)
{
	int rc;

	if (change_is_rule(c))
		rc = put_rule(m, c, undo);
	else if (c->kind == CHANGE_ADDRESS)
		rc = put_address(m, c, undo);
	else
		rc = put_route(m, c, undo);
	return rc < 0 ? -ENOMEM : 0;
}

bool request_is_done(int error, bool undo)
{
	if (!undo)
		return error == -EEXIST;
	switch (error) {
	case -ESRCH:
	case -ENOENT:
	case -ENODEV:
	case -EADDRNOTAVAIL:
	case -EOPNOTSUPP: /* a kernel without the family */
	case -EAFNOSUPPORT:
		return true;
	default:
		return false;
	}
}
