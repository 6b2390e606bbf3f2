/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_PLAN_H
#define SSHDIAL_ROUTE_PLAN_H

#include "route/apply.h"
#include "route/change.h"

/*
 * The changes that a configuration wants for a link and a family, in the
 * order in which they have to be made: what catches traffic while routes are
 * missing, then rules, the one that leads into the peer's table last, then
 * addresses, then routes.  Pure: it asks nobody.
 *
 * 0 with `out` filled (changes_free() it), or -ENOMEM, or -EINVAL: the
 * server's address is none, and without it the transport would be led into
 * its own tunnel.
 */
int plan_make(struct changes *out, const struct conf *c,
	      const struct route_link *l, int family, unsigned int slot,
	      unsigned int ifindex);

/* Whether a change is of those that routes_set() for `family` sets. */
bool plan_concerns(const struct conf *c, int family, const struct change *ch);

/* An address literal, a scope taken off.  AF_INET, AF_INET6, or 0: none. */
int plan_address(const char *text, uint8_t address[16]);

/* Whether one of the peer's routes is a default route: a full tunnel. */
bool plan_full_tunnel(const struct conf *c);

/* Whether the peer wants anything that only `sshdial hook` can set. */
bool plan_needs_hook(const struct conf *c);

#endif
