/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_CHANGE_H
#define SSHDIAL_ROUTE_CHANGE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One change that we make to this machine, with all that is needed to make it
 * and to undo it, and the line of text that a ledger has for it.
 */

#define ROUTE_PROTOCOL 83 /* of each route and rule that we set */

/*
 * A peer has a slot of its own while it has a ledger.  From it come its
 * table, the metric of its unreachable routes and the preferences of its
 * rules, so that nothing of two peers is ever the same.
 */
#define SLOTS		   100
#define SLOT_TABLE	   8300
#define UNREACHABLE_METRIC UINT32_C(4294967294) /* less the slot */

/* Preferences of rules; the slot is added. */
#define RULE_ACCOUNT 8300 /* what the session's account sends */
#define RULE_SERVER  8400 /* the transport */
#define RULE_MAIN    8500 /* table main without its default route */
#define RULE_TABLE   8600 /* the peer's table */

enum change_kind {
	CHANGE_SLOT,	    /* no change: the slot is taken */
	CHANGE_UNREACHABLE, /* a route that catches what has no better one */
	CHANGE_THROW,	    /* a route that sends back to the rules behind */
	CHANGE_ACCOUNT,
	CHANGE_SERVER,
	CHANGE_MAIN,
	CHANGE_TABLE, /* to here from ACCOUNT: rules */
	CHANGE_ADDRESS,
	CHANGE_ROUTE,
	CHANGE_NAMES, /* name servers */
	CHANGE_KINDS
};

/* Fields that a kind does not use are zero.  The kernel is told the index of an
 * interface; the name is for messages. */
struct change {
	uint32_t kind;
	uint32_t family;     /* AF_INET or AF_INET6; 0 for SLOT and NAMES */
	uint8_t address[16]; /* IPv4: the first four bytes */
	uint32_t length;     /* of the prefix, in bits */
	uint32_t metric;
	uint32_t table;
	uint32_t preference; /* of a rule */
	uint32_t number;     /* slot, port, user id, enum dns_keeper */
	uint32_t ifindex;
	uint32_t owner;	    /* of a slot: the user whose call it is */
	uint32_t until_end; /* stays while the line is held, and for
			     * fail-closed */
	char interface[IFNAMSIZ];
};

struct changes {
	size_t n, room;
	struct change *v; /* changes_free() */
};

/* 0 or -ENOMEM. */
int changes_add(struct changes *all, const struct change *c);
void changes_free(struct changes *all);

/* Sorts them for changes_find(). */
void changes_sort(struct changes *all);

/* The one of `all`, which are sorted, that is the same change as c, or NULL.
 * `until_end` and `owner` may differ. */
struct change *changes_find(const struct changes *all, const struct change *c);

/* True for the kinds that are rules. */
bool change_is_rule(const struct change *c);

#define CHANGE_LINE 192 /* bytes of a line at most, with its newline */

/* Writes the line with its newline and a zero to out (CHANGE_LINE bytes).
 * Returns its length, without the zero. */
size_t change_format(char *out, const struct change *c);

/*
 * Parses a line of `len` bytes, without its newline.  False if any byte of it
 * is not as change_format() would write it, apart from the words of
 * version 0.1: "twin" for "unreachable", and "kept" and "open" for "until-end"
 * and "until-held".
 */
bool change_parse(const char *line, size_t len, struct change *c);

/* "route 10.0.0.0/8 dev ppp0": for messages.  Returns out. */
const char *change_words(const struct change *c, char *out, size_t size);

#endif
