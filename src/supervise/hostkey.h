/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_HOSTKEY_H
#define SSHDIAL_SUPERVISE_HOSTKEY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/session_plan.h"

/*
 * The parent's part in checking a host key.  The session has no known_hosts
 * entries and cannot read the files; it is told which algorithms to offer and
 * sends the key that it was shown.  Which host that is follows from the
 * configuration here and from the steps so far, not from what the session
 * says.  `host` is a number as conf_target() counts.
 */

/*
 * Fills in p->hostkeys and p->host[] for the hosts that p->job reaches.
 * 0, or -1 with f set: REASON_CONFIG if a known_hosts file cannot be read.
 */
int hostkey_plan(struct session_plan *p, const struct conf *c,
		 struct failure *f);

/*
 * The verdict on the key of a host, of len bytes in wire form.  With
 * `host-key-policy accept-new` an unknown key is taken and, if `store`, added
 * to the known_hosts files first.  True if the session may go on; false with f
 * set.
 */
bool hostkey_accept(const struct conf *c, size_t host, const uint8_t *key,
		    size_t len, bool store, struct failure *f);

/* Adds the key to the first known_hosts file that can be written.  False, with
 * f set, if none can be. */
bool hostkey_add(const struct conf *c, size_t host, const uint8_t *key,
		 size_t len, struct failure *f);

/* "ssh-ed25519 SHA256:...", or "?" for what is no key.  Returns out; 128 bytes
 * are enough. */
const char *hostkey_text(const uint8_t *key, size_t len, char *out,
			 size_t size);

#endif
