/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_SSH_TARGETS_H
#define SSHDIAL_CONF_SSH_TARGETS_H

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
	const char *identity; /* the only key file for it; NULL: c->identity */
};

/* How many there are: one, and the hops. */
size_t conf_targets(const struct conf *c);

/* Number i of them, from 0.  The key's name points into t or c, the identity
 * into c. */
void conf_target(const struct conf *c, size_t i, struct conf_target *t);

/*
 * Writes c->user into the hops that have no account of their own, so that
 * another value of the key is for the server only.  0, or -ENOMEM with some of
 * it done.
 */
int conf_hops_keep_user(struct conf *c);

/*
 * Takes "[USER@]HOST[:PORT]" or "[USER@][ADDRESS]:PORT", then "identity FILE"
 * where there is one.  Without them user is "", port 22 and identity NULL,
 * otherwise a pointer into text.  False leaves t as it is.
 */
bool conf_hop_parse(const char *text, struct conf_target *t);

/* The same text with a blank between its words, and with the home directory
 * in FILE: as path_expand(). */
int conf_hop_expand(const char *text, char *out, size_t size);

#endif
