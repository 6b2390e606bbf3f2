/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_KERNEL_STATE_H
#define SSHDIAL_ROUTE_KERNEL_STATE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "route/rtnl.h"

/*
 * Questions about what this machine has at present.  If the kernel does not
 * answer, or does not have the family, the answer is false.
 */

/* True if a route of either family is in the table, or a rule leads to it. */
bool kernel_has_table(struct rtnl *r, uint32_t table);

/* True if interface `ifindex` has the address. */
bool kernel_has_address(struct rtnl *r, int family, const uint8_t *address,
			unsigned int ifindex);

/* True if another interface than `except` has the address; then its name is in
 * `where`. */
bool kernel_has_address_elsewhere(struct rtnl *r, int family,
				  const uint8_t *address, unsigned int except,
				  char where[IF_NAMESIZE]);

/*
 * True if a route in table main leads to the address by another interface than
 * `except`; default routes and our own do not count.  Then `where` (at least 80
 * bytes) has "10.0.0.0/8 dev eth0".
 */
bool kernel_has_other_route(struct rtnl *r, int family, const uint8_t *address,
			    unsigned int except, char *where, size_t size);

#endif
