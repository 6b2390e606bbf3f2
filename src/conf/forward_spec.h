/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_FORWARD_SPEC_H
#define SSHDIAL_CONF_FORWARD_SPEC_H

#include <stdbool.h>
#include "conf/conf.h"

/* Of the keys `forward-local` and `forward-remote`. */
struct conf_forward {
	bool remote;
	char bind[256]; /* "localhost", "" for every address, or as given */
	int port;	/* 0, only where remote: the server chooses */
	char host[256]; /* where the connections go to */
	int host_port;
};

/* All of a peer; they are numbered, the local ones first. */
#define CONF_FORWARDS_MAX (2 * CONF_LIST_MAX)

/*
 * Parses "[BIND:]PORT:HOST:HOSTPORT" as ssh(1) does: brackets around an IPv6
 * address, "*" or nothing at all for every address.  A local BIND is an
 * address or localhost, since whoever opens the port asks no name server.
 * False, with f untouched, where it is not of the form.
 */
bool conf_forward_parse(const char *text, bool remote, struct conf_forward *f);

/* How many the peer has; and the i-th of them. */
int conf_forwards(const struct conf *c);
void conf_forward(const struct conf *c, int i, struct conf_forward *f);

/* "forward-remote 8080:localhost:80": for people.  Belongs to c and out. */
const char *conf_forward_text(const struct conf *c, int i, char *out,
			      size_t size);

#endif
