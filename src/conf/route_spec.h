/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_ROUTE_SPEC_H
#define SSHDIAL_CONF_ROUTE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"

/* A value of route or route-exclude, or of local-address6. */
struct conf_route {
	int family;	    /* AF_INET or AF_INET6 */
	uint8_t prefix[16]; /* IPv4: the first four bytes, then zeros */
	int length;	    /* of the prefix, in bits; 0: a default route */
	uint32_t metric;    /* 0: none given */
	uint32_t table;	    /* 0: none given */
};

/* The largest metric; fail-closed uses larger ones for its own routes. */
#define CONF_METRIC_MAX UINT32_C(4294967000)

/*
 * Parses "PREFIX [metric N] [table N]".  PREFIX is an address, with or without
 * /LENGTH, or the word "default", for which family is AF_UNSPEC and stands for
 * both families.  Returns false, with r untouched, if the text has another
 * form, or bits are set beyond the length.
 */
bool conf_route_parse(const char *text, struct conf_route *r);

/* Parses ADDRESS/LENGTH; bits may be set beyond the length.  Returns false,
 * with r untouched, if the text has another form. */
bool conf_network_parse(const char *text, struct conf_route *r);

/* If nothing but bits beyond the length is wrong with a prefix: writes the
 * right one to out (at least 64 bytes) and returns true. */
bool conf_route_suggest(const char *text, char *out, size_t size);

/*
 * Converts a list, c->route or c->route_exclude, to an array of *n routes that
 * the caller frees with free(3).  "default" becomes an IPv4 route and, with
 * `ipv6 yes', an IPv6 route.  Returns 0 or -ENOMEM.
 */
int conf_routes(const struct conf *c, const struct conf_list *list,
		struct conf_route **out, size_t *n);

#endif
