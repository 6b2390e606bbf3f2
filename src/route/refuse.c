// SPDX-License-Identifier: ISC
/*
 * Addresses that a link must not have, because they would lead traffic, or the
 * connection itself, to the wrong place:
 *
 * - a far address that is the server's own: the connection would be led into
 *   its own tunnel;
 * - a far address that pppd has invented, because the far end named none;
 * - an address that another interface of this machine has;
 * - a far address that another route claims, unless the configuration names
 *   it: someone has then decided that this link is meant.
 *
 * Only the first two can be seen without the kernel.
 */
#include "route/apply.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "conf/route_spec.h"
#include "route/plan.h"
#include "route/kernel_state.h"

/* One end of the link. */
struct endpoint {
	int family;
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN + 4];
	bool configured; /* it is in the configuration */
};

struct address_check {
	const struct route_link *l;
	struct rtnl rtnl;
	unsigned int ifindex;
	char *why;
	size_t size;
};

static bool parse_endpoint(struct endpoint *e, const char *text,
			   bool configured)
{
	*e = (struct endpoint){.configured = configured};
	if (!text)
		return false;
	snprintf(e->text, sizeof(e->text), "%.*s", (int)strcspn(text, "/"),
		 text);
	e->family = plan_address(e->text, e->address);
	return e->family != 0;
}

static bool is_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

static bool is_elsewhere(struct address_check *q, const struct endpoint *e)
{
	char name[IF_NAMESIZE];

	if (!q->rtnl.sock ||
	    !kernel_has_address_elsewhere(&q->rtnl, e->family, e->address,
					  q->ifindex, name))
		return false;
	snprintf(q->why, q->size,
		 "the link's address %s is used here already, on %s", e->text,
		 name);
	return true;
}

static bool is_bad_remote(struct address_check *q, const struct endpoint *e)
{
	const uint8_t *a = e->address;
	struct endpoint server;
	char where[96];

	if (q->l->server && parse_endpoint(&server, q->l->server, false) &&
	    is_same_address(&server, e)) {
		snprintf(q->why, q->size,
			 "the far end's address %s is the server's own: the "
			 "connection would be led into its own tunnel",
			 e->text);
		return true;
	}
	/* pppd takes 10.64.64.64 plus its unit for a far end that names no
	 * address, and proposes 10.112.112.112 plus its unit to it (ipcp.c of
	 * 2.4.9 and 2.5). */
	if (e->family == AF_INET && !e->configured && a[0] == 10 &&
	    ((a[1] == 64 && a[2] == 64) || (a[1] == 112 && a[2] == 112))) {
		snprintf(q->why, q->size,
			 "the far end has no address, and pppd has invented "
			 "%s; set one there, or remote-address here",
			 e->text);
		return true;
	}
	if (is_elsewhere(q, e))
		return true;
	if (!q->rtnl.sock || e->configured ||
	    !kernel_has_other_route(&q->rtnl, e->family, e->address, q->ifindex,
				    where, sizeof(where)))
		return false;
	snprintf(q->why, q->size,
		 "the far end's address %s is reached by another route, %s; "
		 "remote-address %s in the configuration would allow it",
		 e->text, where, e->text);
	return true;
}

bool routes_refused(const struct conf *c, const struct route_link *l, char *why,
		    size_t size)
{
	struct address_check q = {.l = l, .why = why, .size = size};
	struct endpoint local, remote, named;
	bool has_local, has_remote, refused;

	has_local = parse_endpoint(&local, l->local, false);
	has_remote = parse_endpoint(&remote, l->remote, false);
	if (has_local && local.family == AF_INET6) {
		has_local = parse_endpoint(&local, c->local_address6, true);
		has_remote = parse_endpoint(&remote, c->remote_address6, true);
	}
	if (has_remote && parse_endpoint(&named, c->remote_address, true) &&
	    is_same_address(&named, &remote))
		remote.configured = true;
	if (rtnl_open(&q.rtnl) < 0)
		q.rtnl.sock = NULL;
	if (l->interface)
		q.ifindex = if_nametoindex(l->interface);
	refused = (has_remote && is_bad_remote(&q, &remote)) ||
		  (has_local && is_elsewhere(&q, &local));
	if (q.rtnl.sock)
		rtnl_close(&q.rtnl);
	return refused;
}
