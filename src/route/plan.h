/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_PLAN_H
#define SSHDIAL_ROUTE_PLAN_H

#include "route/apply.h"
#include "route/change.h"

/*
 * Lists the changes that a configuration wants for a link and a family, in the
 * order in which they have to be made: what catches traffic while routes are
 * missing, then rules, the one that leads into the peer's table last, then
 * addresses, then routes.  A pure function: it asks neither kernel nor files.
 *
 * 0 with `out` filled (changes_free() it); -ENOMEM; or -EINVAL if l->server is
 * not an address, without which the connection would be led into its own
 * tunnel.
 */
int plan_make(struct changes *out, const struct conf *c,
	      const struct route_link *l, int family, unsigned int slot,
	      unsigned int ifindex);

/* True for the changes that routes_set() for `family` decides about. */
bool plan_concerns(const struct conf *c, int family, const struct change *ch);

/* Parses an address literal; a scope is dropped.  AF_INET, AF_INET6, or 0 if it
 * is none. */
int plan_address(const char *text, uint8_t address[16]);

/* True for a full tunnel: one of the routes is a default route. */
bool plan_full_tunnel(const struct conf *c);

/* True if the peer wants anything that only `sshdial hook` can set. */
bool plan_needs_hook(const struct conf *c);

#endif
