/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_SECRETS_H
#define SSHDIAL_KEYS_SECRETS_H

#include <stdbool.h>
#include "base/failure.h"
#include "conf/conf.h"
#include "ipc/login_secrets.h"

/*
 * Reads the key files, passphrases and the password that the configuration
 * names.  A passphrase comes from `passphrase-file`, or, if `ask`, is asked for
 * on /dev/tty.  A key that no libssh2 can use is left out with a warning while
 * others remain; a hop with a key of its own has no others.  0, or -1 with
 * REASON_IDENTITY, or REASON_ASKED if a signal ended the question; then *s is
 * all zero.
 */
int secrets_load(struct secrets *s, const struct conf *c, bool ask,
		 struct failure *f);

#endif
