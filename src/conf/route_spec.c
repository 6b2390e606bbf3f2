// SPDX-License-Identifier: ISC
/*
 * Prefixes and the options of a route.  A prefix must have no bits set beyond
 * its length, as ip(8) demands as well: 10.1.2.3/8 is more often a mistake in
 * the length than a way to write 10.0.0.0/8.  conf_route_suggest() gives the
 * message its "did you mean".  The address of an interface, in contrast, has
 * such bits; for that there is conf_network_parse().
 */
#include "conf/route_spec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"

#define TABLE_LOCAL 255 /* the kernel keeps its own addresses there */

/* The length of an address in bits. */
static int address_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

bool conf_network_parse(const char *text, struct conf_route *r)
{
	struct conf_route got = {0};
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	int64_t length;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!parse_address(address, &got.family) ||
	    inet_pton(got.family, address, got.prefix) != 1 ||
	    !parse_int(slash + 1, 0, address_bits(got.family), &length))
		return false;
	got.length = (int)length;
	*r = got;
	return true;
}

/* Clears the bits beyond the length.  Returns true if one was set. */
static bool clear_host_bits(struct conf_route *r)
{
	bool set = false;

	for (int i = r->length; i < address_bits(r->family); i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		set = set || (r->prefix[i / 8] & bit);
		r->prefix[i / 8] &= (uint8_t)~bit;
	}
	return set;
}

/* Parses an address, ADDRESS/LENGTH or "default"; r is zeroed before. */
static bool parse_route_prefix(const char *text, struct conf_route *r)
{
	if (!strcmp(text, "default"))
		return true;
	if (conf_network_parse(text, r))
		return !clear_host_bits(r);
	if (!parse_address(text, &r->family) ||
	    inet_pton(r->family, text, r->prefix) != 1)
		return false;
	r->length = address_bits(r->family);
	return true;
}

/* Takes "metric N" or "table N", each at most once. */
static bool parse_attribute(const char *word, const char *value,
			    struct conf_route *r)
{
	bool metric = !strcmp(word, "metric");
	uint32_t *field = metric ? &r->metric : &r->table;
	int64_t n;

	if ((!metric && strcmp(word, "table") != 0) || *field ||
	    !parse_int(value, 1, metric ? CONF_METRIC_MAX : UINT32_MAX, &n) ||
	    (!metric && n == TABLE_LOCAL))
		return false;
	*field = (uint32_t)n;
	return true;
}

bool conf_route_parse(const char *text, struct conf_route *r)
{
	struct conf_route got = {0};
	char word[64], value[64];
	int more;

	if (parse_word(&text, word, sizeof(word)) <= 0 ||
	    !parse_route_prefix(word, &got))
		return false;
	while ((more = parse_word(&text, word, sizeof(word))) > 0)
		if (parse_word(&text, value, sizeof(value)) <= 0 ||
		    !parse_attribute(word, value, &got))
			return false;
	if (more < 0)
		return false;
	*r = got;
	return true;
}

bool conf_route_suggest(const char *text, char *out, size_t size)
{
	char word[64], address[INET6_ADDRSTRLEN];
	struct conf_route r = {0};

	if (parse_word(&text, word, sizeof(word)) <= 0 ||
	    !conf_network_parse(word, &r) || !clear_host_bits(&r))
		return false;
	inet_ntop(r.family, r.prefix, address, sizeof(address));
	snprintf(out, size, "%s/%d", address, r.length);
	return true;
}

int conf_routes(const struct conf *c, const struct conf_list *list,
		struct conf_route **out, size_t *n)
{
	struct conf_route *all = calloc(2 * list->n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	*n = 0;
	for (size_t i = 0; i < list->n; i++) {
		struct conf_route *r = &all[*n];

		if (!conf_route_parse(list->v[i], r))
			continue; /* cannot happen: key_set() has parsed it */
		++*n;
		if (r->family)
			continue;
		r->family = AF_INET;
		if (!c->ipv6)
			continue;
		r[1] = r[0];
		r[1].family = AF_INET6;
		++*n;
	}
	*out = all;
	return 0;
}
