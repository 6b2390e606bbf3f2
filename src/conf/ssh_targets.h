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
	bool hop; /* false: it is the server */
	/* Its host key is stored under this name and port: those of the host,
	 * or c->host_key_alias and 22. */
	const char *key_name;
	int key_port;
	const char *identity; /* the only key file for it; NULL: c->identity */
};

/* The number of targets: the hops and the server. */
size_t conf_targets(const struct conf *c);

/* Target i, counted from 0.  t->key_name points into t or c, t->identity into
 * c. */
void conf_target(const struct conf *c, size_t i, struct conf_target *t);

/*
 * Writes c->user into each hop that names no account, so that c->user can then
 * be changed for the server alone.  Returns 0, or -ENOMEM with some of the hops
 * changed.
 */
int conf_hops_keep_user(struct conf *c);

/*
 * Parses "[USER@]HOST[:PORT]" or "[USER@][ADDRESS]:PORT", and then "identity
 * FILE" if that follows.  Without these parts user is "", port is 22 and
 * identity is NULL; identity points into text.  Returns false, with t
 * untouched, if the text has another form.
 */
bool conf_hop_parse(const char *text, struct conf_target *t);

/* Writes the same text to out, with one blank between its words and "~/" of
 * FILE expanded.  Returns 0 or an error of path_expand(). */
int conf_hop_expand(const char *text, char *out, size_t size);

#endif
