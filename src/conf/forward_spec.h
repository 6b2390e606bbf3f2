/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_FORWARD_SPEC_H
#define SSHDIAL_CONF_FORWARD_SPEC_H

#include <stdbool.h>
#include "conf/conf.h"

/* A value of forward-local or forward-remote. */
struct conf_forward {
	bool remote;
	char bind[256]; /* "localhost", "" for all addresses, or as given */
	int port;	/* to listen on; 0, if remote: the server chooses */
	char host[256]; /* where connections are made to */
	int host_port;
};

/* The forwards of a peer are numbered, the local ones first. */
#define CONF_FORWARDS_MAX (2 * CONF_LIST_MAX)

/*
 * Parses "[BIND:]PORT:HOST:HOSTPORT" as ssh(1) does: brackets around an IPv6
 * address, "*" or an empty BIND for all addresses.  A local BIND must be an
 * address or localhost, because the process that listens looks up no names.
 * Returns false, with f untouched, if the text has another form.
 */
bool conf_forward_parse(const char *text, bool remote, struct conf_forward *f);

/* The number of forwards of the peer. */
int conf_forwards(const struct conf *c);

/* Forward i, counted from 0. */
void conf_forward(const struct conf *c, int i, struct conf_forward *f);

/* Writes "forward-remote 8080:localhost:80", for people, to out.  Returns
 * out. */
const char *conf_forward_text(const struct conf *c, int i, char *out,
			      size_t size);

#endif
