// SPDX-License-Identifier: ISC
/*
 * From a configuration and a link to a list of changes.
 *
 * If no route of the peer leads to the server, routes go to table main and that
 * is all.  If one does (a full tunnel, a prefix with the server in it) or if
 * prefixes are excluded, the connection to the server would be led into its own
 * tunnel.  Then routes go to a table of the peer, and rules, in this order,
 * decide what uses it:
 *
 *   ACCOUNT  packets of the account that only sessions have: table main
 *   SERVER   TCP to the server's address and port: table main
 *   MAIN     table main without its default route, so that local networks stay
 *            reachable (only for a full tunnel)
 *   TABLE    the peer's table
 *
 * An excluded prefix is a "throw" route in that table: the lookup goes on with
 * the rules behind, as if the table had nothing.
 *
 * With `fail-closed' each route has an unreachable one to the same prefix with
 * the worst metric.  It does not depend on the interface, so it stays when pppd
 * and its routes go, and traffic is refused, not sent outside.
 *
 * Routes that catch packets come first, rules that lead to them come next, and
 * routes into the tunnel are last: at no moment does a rule lead into a table
 * that lets packets out beside the tunnel.
 */
#include "route/plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>
#include "base/parse.h"
#include "conf/route_spec.h"

#define IPV6_METRIC 1024 /* the kernel's default */

struct plan {
	struct changes *out;
	const struct conf *c;
	const struct route_link *l;
	struct conf_route *route, *exclude;
	size_t routes, excludes;
	unsigned int slot, ifindex;
	bool own_table;
};

int plan_address(const char *text, uint8_t address[16])
{
	char plain[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");

	memset(address, 0, 16);
	if (len >= sizeof(plain))
		return 0;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (inet_pton(AF_INET, plain, address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, plain, address) == 1 ? AF_INET6 : 0;
}

bool plan_concerns(const struct conf *c, int family, const struct change *ch)
{
	if (ch->kind == CHANGE_NAMES)
		return family == AF_INET;
	if (ch->kind == CHANGE_SLOT)
		return false;
	return ch->family == (uint32_t)family || ch->until_end ||
	       (c->fail_closed &&
		(ch->kind == CHANGE_UNREACHABLE || change_is_rule(ch)));
}

static struct change change_of_prefix(uint32_t kind, const struct conf_route *r)
{
	struct change ch = {.kind = kind,
			    .family = (uint32_t)r->family,
			    .length = (uint32_t)r->length};

	memcpy(ch.address, r->prefix, sizeof(ch.address));
	return ch;
}

static uint32_t table_for(const struct plan *p, const struct conf_route *r)
{
	if (r->table)
		return r->table;
	return p->own_table ? SLOT_TABLE + p->slot : RT_TABLE_MAIN;
}

static int add_unreachable(const struct plan *p, int family)
{
	const struct conf_route *before = NULL;
	int rc = 0;

	for (size_t i = 0; i < p->routes && !rc; i++) {
		const struct conf_route *r = &p->route[i];
		struct change ch = change_of_prefix(CHANGE_UNREACHABLE, r);

		if (r->family != family)
			continue;
		/* Routes to one prefix that differ in their metric share an
		 * unreachable one. */
		if (before && before->length == r->length &&
		    table_for(p, before) == table_for(p, r) &&
		    !memcmp(before->prefix, r->prefix, sizeof(r->prefix)))
			continue;
		before = r;
		ch.metric = UNREACHABLE_METRIC - p->slot;
		ch.table = table_for(p, r);
		ch.until_end = true;
		rc = changes_add(p->out, &ch);
	}
	return rc;
}

/* True if routes of the family are in the peer's table; *all tells whether a
 * default route is one of them. */
static bool uses_own_table(const struct plan *p, int family, bool *all)
{
	bool any = false;

	*all = false;
	for (size_t i = 0; i < p->routes && p->own_table; i++) {
		const struct conf_route *r = &p->route[i];

		if (r->family != family || r->table)
			continue;
		any = true;
		*all = *all || !r->length;
	}
	return any;
}

/* Routes cost nothing if there are thousands; a rule for each excluded prefix
 * would be tried for every packet. */
static int add_throw(const struct plan *p, int family)
{
	bool all;
	int rc = 0;

	if (!uses_own_table(p, family, &all))
		return 0;
	for (size_t i = 0; i < p->excludes && !rc; i++) {
		struct change ch =
			change_of_prefix(CHANGE_THROW, &p->exclude[i]);

		if (p->exclude[i].family != family)
			continue;
		/* The best metric: it wins over a route to the same prefix.
		 * IPv6 takes 0 for its default. */
		ch.metric = family == AF_INET6;
		ch.table = SLOT_TABLE + p->slot;
		ch.until_end = p->c->fail_closed;
		rc = changes_add(p->out, &ch);
	}
	return rc;
}

static int add_rule(const struct plan *p, struct change *ch,
		    uint32_t preference)
{
	ch->preference = preference + p->slot;
	ch->until_end = p->c->fail_closed;
	return changes_add(p->out, ch);
}

static int add_server_rule(const struct plan *p, int family)
{
	struct conf_route r = {0};
	struct change ch;

	r.family = plan_address(p->l->server, r.prefix);
	if (!r.family || p->l->port < 1 || p->l->port > UINT16_MAX)
		return -EINVAL;
	if (r.family != family)
		return 0;
	r.length = family == AF_INET6 ? 128 : 32;
	ch = change_of_prefix(CHANGE_SERVER, &r);
	ch.number = (uint32_t)p->l->port;
	return add_rule(p, &ch, RULE_SERVER);
}

static int add_rules(const struct plan *p, int family)
{
	struct change ch = {.family = (uint32_t)family};
	bool all;
	int rc = 0;

	if (!uses_own_table(p, family, &all))
		return 0;
	if (p->l->account != (uid_t)-1) {
		ch.kind = CHANGE_ACCOUNT;
		ch.number = p->l->account;
		rc = add_rule(p, &ch, RULE_ACCOUNT);
		ch.number = 0;
	}
	if (!rc)
		rc = add_server_rule(p, family);
	if (!rc && all) {
		ch.kind = CHANGE_MAIN;
		rc = add_rule(p, &ch, RULE_MAIN);
	}
	if (!rc) {
		ch.kind = CHANGE_TABLE;
		ch.table = SLOT_TABLE + p->slot;
		rc = add_rule(p, &ch, RULE_TABLE);
	}
	return rc;
}

/* Adds a change that belongs to the link. */
static int add_on_link(const struct plan *p, struct change *ch)
{
	ch->ifindex = p->ifindex;
	snprintf(ch->interface, sizeof(ch->interface), "%s", p->l->interface);
	return changes_add(p->out, ch);
}

/* The ledger has the metric that the kernel will give an IPv6 route without
 * one: a request to remove it without a metric would remove any. */
static uint32_t metric_of(const struct conf_route *r)
{
	return !r->metric && r->family == AF_INET6 ? IPV6_METRIC : r->metric;
}

static int add_ipv6_addresses(const struct plan *p)
{
	struct conf_route r;
	struct change ch;
	int rc = 0;

	if (p->c->local_address6 &&
	    conf_network_parse(p->c->local_address6, &r)) {
		ch = change_of_prefix(CHANGE_ADDRESS, &r);
		rc = add_on_link(p, &ch);
	}
	if (!rc && p->c->remote_address6 &&
	    conf_route_parse(p->c->remote_address6, &r)) {
		ch = change_of_prefix(CHANGE_ROUTE, &r);
		ch.metric = metric_of(&r);
		ch.table = RT_TABLE_MAIN;
		rc = add_on_link(p, &ch);
	}
	return rc;
}

/* With `fail-closed` the first family that comes up closes the other one, too:
 * that gets all but its routes into the tunnel. */
static int add_all(const struct plan *p, int family)
{
	static const int families[] = {AF_INET, AF_INET6};
	bool closed = p->c->fail_closed;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++) {
		int one = families[i];

		if (one != family &&
		    (!closed || (one == AF_INET6 && !p->c->ipv6)))
			continue;
		if (closed)
			rc = add_unreachable(p, one);
		if (!rc)
			rc = add_throw(p, one);
		if (!rc)
			rc = add_rules(p, one);
	}
	if (!rc && family == AF_INET6)
		rc = add_ipv6_addresses(p);
	for (size_t i = 0; i < p->routes && !rc; i++) {
		struct change ch = change_of_prefix(CHANGE_ROUTE, &p->route[i]);

		if (p->route[i].family != family)
			continue;
		ch.metric = metric_of(&p->route[i]);
		ch.table = table_for(p, &p->route[i]);
		rc = add_on_link(p, &ch);
	}
	return rc;
}

/* True if rules have to lead the connection to the server, or excluded
 * prefixes, around the tunnel. */
static bool needs_own_table(const struct plan *p)
{
	uint8_t server[16];
	int family = plan_address(p->l->server, server);

	for (size_t i = 0; i < p->routes; i++) {
		const struct conf_route *r = &p->route[i];

		if (!r->table &&
		    (!r->length ||
		     (r->family == family &&
		      prefix_covers(r->prefix, r->length, server))))
			return true;
	}
	return p->excludes > 0;
}

int plan_make(struct changes *out, const struct conf *c,
	      const struct route_link *l, int family, unsigned int slot,
	      unsigned int ifindex)
{
	struct plan p = {
		.out = out, .c = c, .l = l, .slot = slot, .ifindex = ifindex};
	int rc = conf_routes(c, &c->route, &p.route, &p.routes);

	*out = (struct changes){0};
	if (!rc)
		rc = conf_routes(c, &c->route_exclude, &p.exclude, &p.excludes);
	p.own_table = !rc && needs_own_table(&p);
	if (!rc)
		rc = add_all(&p, family);
	free(p.route);
	free(p.exclude);
	if (rc)
		changes_free(out);
	return rc;
}

bool plan_full_tunnel(const struct conf *c)
{
	struct conf_route r;

	for (size_t i = 0; i < c->route.n; i++)
		if (conf_route_parse(c->route.v[i], &r) && !r.length)
			return true;
	return false;
}

bool plan_needs_hook(const struct conf *c)
{
	return c->route.n || c->dns.n || c->dns_search.n || c->peer_dns ||
	       c->up || c->down || c->local_address6;
}
