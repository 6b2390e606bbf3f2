/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_TARGET_H
#define SSHDIAL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

/*
 * The SSH servers of a peer, in the order in which they are reached: its hops,
 * each through the one before, then the server.
 */
#define CONF_TARGETS_MAX (CONF_LIST_MAX + 1)

struct conf_target {
	char host[256];
	char user[CONF_VALUE_MAX + 1];
	int port;
	bool hop;
	const char *key_name; /* under which its host key is stored: the */
	int key_port;	      /* host, or c->host_key_alias, port 22 */
};

/* How many there are: one, and the hops. */
size_t conf_targets(const struct conf *c);

/* Number i of them, from 0.  The key's name points into t or c. */
void conf_target(const struct conf *c, size_t i, struct conf_target *t);

/*
 * Writes c->user into the hops that have no account of their own, so that
 * another value of the key is for the server only.  0, or -ENOMEM with some of
 * it done.
 */
int conf_hops_keep_user(struct conf *c);

/* Takes "[USER@]HOST[:PORT]", "[USER@][ADDRESS]:PORT".  Without one of them
 * user is "", port 22.  False leaves t as it is. */
bool conf_hop_parse(const char *text, struct conf_target *t);

#endif
