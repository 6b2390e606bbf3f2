/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_SECRETS_H
#define SSHDIAL_KEYS_SECRETS_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/secrets.h"

/*
 * Reads what the configuration names.  A passphrase comes from
 * `passphrase-file`, or is asked for on /dev/tty where `ask` is true.  A key
 * that no libssh2 can use is left out with a warning while others remain; that
 * of a hop alone has no others.  0, or -1 with REASON_IDENTITY.
 */
int secrets_load(struct secrets *s, const struct conf *c, bool ask,
		 struct failure *f);

#endif
