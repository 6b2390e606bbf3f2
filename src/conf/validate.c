// SPDX-License-Identifier: ISC
/*
 * Errors that no single line shows: keys that are missing, and keys that
 * contradict each other.  conf_validate() runs once all files are read, and
 * once more after `exec' has set what its options override.
 *
 * Each check looks at one such rule.  Its message begins with the key that the
 * reader should look at first, shows the value, and names the other key.
 */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include "base/parse.h"
#include "base/util.h"
#include "conf/route_spec.h"
#include "conf/ssh_targets.h"

#define IPV6_MTU_MIN 1280 /* RFC 8200, section 5 */

/* Prints "KEY: text".  Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int invalid(struct conf_error *e,
							 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* An address literal must be of the address-family.  A name may be. */
static int check_family(const struct conf *c, const char *key,
			const char *address, struct conf_error *e)
{
	int wanted = c->address_family == FAMILY_INET ? AF_INET : AF_INET6;
	int family;

	if (c->address_family == FAMILY_ANY || !address ||
	    !parse_address(address, &family) || family == wanted)
		return 0;
	return invalid(e, "%s: \"%s\" is not of the address-family %s", key,
		       address, wanted == AF_INET ? "inet" : "inet6");
}

/* The family matters for the connections that this machine makes: to the first
 * hop, or to the server if there is none. */
static int check_families(const struct conf *c, struct conf_error *e)
{
	struct conf_target first;

	conf_target(c, 0, &first);
	if (check_family(c, first.hop ? "hop" : "server", first.host, e))
		return -EINVAL;
	return check_family(c, "bind-address", c->bind_address, e);
}

static int check_packet_size(const struct conf *c, const char *key,
			     int64_t size, struct conf_error *e)
{
	if (!c->ipv6 || !size || size >= IPV6_MTU_MIN)
		return 0;
	return invalid(e,
		       "%s: \"%d\" is too small for IPv6, which needs %d; or "
		       "set ipv6 no",
		       key, (int)size, IPV6_MTU_MIN);
}

/* The first value of a list that is an IPv6 prefix, or NULL. */
static const char *first_ipv6(const struct conf_list *list)
{
	struct conf_route r;

	for (size_t i = 0; i < list->n; i++)
		if (conf_route_parse(list->v[i], &r) && r.family == AF_INET6)
			return list->v[i];
	return NULL;
}

/* Without IPv6 on the link, nothing may ask for it. */
static int check_ipv6(const struct conf *c, struct conf_error *e)
{
	const struct {
		const char *key, *value;
	} uses[] = {
		{"route", first_ipv6(&c->route)},
		{"route-exclude", first_ipv6(&c->route_exclude)},
		{"local-address6", c->local_address6},
		{"remote-address6", c->remote_address6},
	};
	int family;

	if (c->ipv6)
		return 0;
	if (c->monitor && parse_address(c->monitor, &family) &&
	    family == AF_INET6)
		return invalid(e,
			       "monitor: \"%s\" cannot be reached with ipv6 no",
			       c->monitor);
	for (size_t i = 0; i < COUNT(uses); i++)
		if (uses[i].value)
			return invalid(e,
				       "%s: \"%s\" has no effect with "
				       "ipv6 no",
				       uses[i].key, uses[i].value);
	return 0;
}

/* The two ends of the link must differ. */
static int check_addresses(const struct conf *c, struct conf_error *e)
{
	struct conf_route local = {0};
	struct in6_addr remote;

	if (c->local_address && c->remote_address &&
	    !strcmp(c->local_address, c->remote_address))
		return invalid(e,
			       "remote-address: \"%s\" is also the "
			       "local-address",
			       c->remote_address);
	if (!c->remote_address6)
		return 0;
	if (!c->local_address6)
		return invalid(e,
			       "remote-address6: \"%s\" needs a local-address6",
			       c->remote_address6);
	if (conf_network_parse(c->local_address6, &local) &&
	    inet_pton(AF_INET6, c->remote_address6, &remote) == 1 &&
	    !memcmp(&remote, local.prefix, sizeof(remote)))
		return invalid(e,
			       "remote-address6: \"%s\" is also the "
			       "local-address6",
			       c->remote_address6);
	return 0;
}

/* Without PPP there is no interface that these keys could be about. */
static int check_ppp(const struct conf *c, struct conf_error *e)
{
	const char *key = c->monitor	   ? "monitor"
			  : c->route.n	   ? "route"
			  : c->dns.n	   ? "dns"
			  : c->peer_dns	   ? "peer-dns"
			  : c->fail_closed ? "fail-closed"
					   : NULL;

	if (c->ppp)
		return 0;
	if (!c->forward_local.n && !c->forward_remote.n)
		return invalid(e, "ppp: \"no\" needs a forward-local or a "
				  "forward-remote");
	return key ? invalid(e, "%s: has no effect with ppp no", key) : 0;
}

static int check_redial(const struct conf *c, struct conf_error *e)
{
	char min[24], max[24];

	if (c->redial_max >= c->redial_min)
		return 0;
	return invalid(e, "redial-max: \"%s\" is less than redial-min, %s",
		       format_duration(max, sizeof(max), c->redial_max),
		       format_duration(min, sizeof(min), c->redial_min));
}

int conf_validate(const struct conf *c, struct conf_error *e)
{
	if (!c->server)
		return invalid(e, "server: missing; every peer needs one");
	if (check_families(c, e) || check_packet_size(c, "mtu", c->mtu, e) ||
	    check_packet_size(c, "mru", c->mru, e) || check_ipv6(c, e) ||
	    check_addresses(c, e) || check_ppp(c, e) || check_redial(c, e))
		return -EINVAL;
	return 0;
}
