/* SPDX-License-Identifier: ISC */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "conf/route_spec.h"
#include "route/apply.h"
#include "route/plan.h"
#include "route/kernel_state.h"

/* One end of the link. */
struct end {
	int family;
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN + 4];
	bool configured; /* somebody has decided on it */
};

struct question {
	const struct route_link *l;
	struct rtnl rtnl;
	unsigned int ifindex;
	char *why;
	size_t size;
};

static bool take(struct end *e, const char *text, bool configured)
{
	*e = (struct end){.configured = configured};
	if (!text)
		return false;
	snprintf(e->text, sizeof(e->text), "%.*s", (int)strcspn(text, "/"),
		 text);
	e->family = plan_address(e->text, e->address);
	return e->family != 0;
}

static bool same(const struct end *a, const struct end *b)
{
	return a->family == b->family &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

/* pppd makes up 10.64.64.64 and the next ones for a far end that names no
 * address, and asks for 10.112.112.112 and so on. */
static bool is_invented(const struct end *e)
{
	const uint8_t *a = e->address;

	return e->family == AF_INET && !e->configured && a[0] == 10 &&
	       ((a[1] == 64 && a[2] == 64) || (a[1] == 112 && a[2] == 112));
}

static bool is_elsewhere(struct question *q, const struct end *e)
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

static bool is_claimed(struct question *q, const struct end *e)
{
	char where[96];

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

static bool refuse_remote(struct question *q, const struct end *e)
{
	struct end server;

	if (q->l->server && take(&server, q->l->server, false) &&
	    same(&server, e)) {
		snprintf(q->why, q->size,
			 "the far end's address %s is the server's own: the "
			 "connection would be led into its own tunnel",
			 e->text);
		return true;
	}
	if (is_invented(e)) {
		snprintf(q->why, q->size,
			 "the far end has no address, and pppd has invented "
			 "%s; set one there, or remote-address here",
			 e->text);
		return true;
	}
	return is_elsewhere(q, e) || is_claimed(q, e);
}

static bool is_same_text(const char *configured, const struct end *e)
{
	struct end c;

	return take(&c, configured, true) && same(&c, e);
}

bool routes_refused(const struct conf *c, const struct route_link *l, char *why,
		    size_t size)
{
	struct question q = {.l = l, .why = why, .size = size};
	struct end local, remote;
	bool has_local, has_remote, no;

	has_local = take(&local, l->local, false);
	has_remote = take(&remote, l->remote, false);
	if (has_local && local.family == AF_INET6) {
		has_local = take(&local, c->local_address6, true);
		has_remote = take(&remote, c->remote_address6, true);
	}
	if (has_remote && is_same_text(c->remote_address, &remote))
		remote.configured = true;
	if (rtnl_open(&q.rtnl) < 0)
		q.rtnl.sock = NULL;
	if (l->interface)
		q.ifindex = if_nametoindex(l->interface);
	no = (has_remote && refuse_remote(&q, &remote)) ||
	     (has_local && is_elsewhere(&q, &local));
	if (q.rtnl.sock)
		rtnl_close(&q.rtnl);
	return no;
}
