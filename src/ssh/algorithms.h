/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_ALGORITHMS_H
#define SSHDIAL_SSH_ALGORITHMS_H

#include "conf/conf.h"
#include "ssh/transport.h"

/*
 * Sets what may be negotiated: the lists of the configuration, or our own
 * (nothing on SHA-1, no CBC, no arcfour), cut to what the
 * library knows.  `hostkeys` is the list of host key algorithms.  0, or -1
 * with REASON_CONFIG if the library knows none of a list.
 */
int algorithms_offer(struct transport *t, const struct conf *c,
		     const char *hostkeys, struct failure *f);

/* Copies those of a list of host key algorithms that the library knows.  0, or
 * -1 with REASON_CONFIG if it knows none of them. */
int algorithms_of_hostkeys(struct transport *t, const char *want, char *out,
			   size_t size, struct failure *f);

/* True if the server offers no host key algorithm of those offered by us;
 * `theirs` (size bytes) gets what it offers.  After a failed handshake. */
bool algorithms_lack_hostkey(const struct transport *t, char *theirs,
			     size_t size);

#endif
