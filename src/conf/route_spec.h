/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_ROUTE_SPEC_H
#define SSHDIAL_CONF_ROUTE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"

/* Of the keys `route` and `route-exclude`, and of local-address6. */
struct conf_route {
	int family;	    /* AF_INET or AF_INET6 */
	uint8_t prefix[16]; /* IPv4: the first four; the others are zero */
	int length;	    /* in bits; 0: a default route */
	uint32_t metric;    /* 0: none given */
	uint32_t table;	    /* 0: none given */
};

/* The worst metrics are for the routes of fail-closed. */
#define CONF_METRIC_MAX UINT32_C(4294967000)

/*
 * Parses "PREFIX [metric N] [table N]": an address, with /LENGTH or as one
 * host.  The word "default" in the place of the prefix has AF_UNSPEC: both
 * families.  False, with r untouched, where it is not of the form.
 */
bool conf_route_parse(const char *text, struct conf_route *r);

/* An address with /LENGTH, bits behind that allowed. */
bool conf_network_parse(const char *text, struct conf_route *r);

/* Where a prefix is wrong only for the bits behind its length: the right one
 * into out (64 bytes or more), and true. */
bool conf_route_suggest(const char *text, char *out, size_t size);

/*
 * The values of a list, c->route or c->route_exclude, as an array of *n;
 * free(3) it.  "default" becomes a route of IPv4 and, with `ipv6 yes`, one of
 * IPv6.  0 or -ENOMEM.
 */
int conf_routes(const struct conf *c, const struct conf_list *list,
		struct conf_route **out, size_t *n);

#endif
