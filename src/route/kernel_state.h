/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_KERNEL_STATE_H
#define SSHDIAL_ROUTE_KERNEL_STATE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "route/rtnl.h"

/*
 * What this machine has at present.  A kernel that does not answer, or
 * without a family, has none of it.
 */

/* Whether a rule or a route of either family is in the table or leads there. */
bool kernel_has_table(struct rtnl *r, uint32_t table);

/* Whether interface `ifindex` has the address. */
bool kernel_has_address(struct rtnl *r, int family, const uint8_t *address,
			unsigned int ifindex);

/* Whether another interface than `except` has the address; its name is in
 * `where` then. */
bool kernel_has_address_elsewhere(struct rtnl *r, int family,
				  const uint8_t *address, unsigned int except,
				  char where[IF_NAMESIZE]);

/*
 * Whether a route of table main, which is no default route and not ours,
 * leads to the address through another interface than `except`.  `where` has
 * "10.0.0.0/8 dev eth0" then, at least 80 bytes.
 */
bool kernel_has_other_route(struct rtnl *r, int family, const uint8_t *address,
			    unsigned int except, char *where, size_t size);

#endif
