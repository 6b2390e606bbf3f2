/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_AUTH_KEY_H
#define SSHDIAL_KEYS_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include "base/wire.h"

/*
 * Reads as much of an identity file as is visible without a passphrase, so that
 * a key that cannot work is refused with its reason before a login is tried:
 * libssh2 says "unable to extract public key" of all of them.
 */
enum auth_key_format {
	AUTH_KEY_UNKNOWN,
	AUTH_KEY_OPENSSH, /* openssh-key-v1, as ssh-keygen writes it */
	AUTH_KEY_PEM,	  /* RSA, DSA or EC PRIVATE KEY */
	AUTH_KEY_PKCS8,	  /* PRIVATE KEY, ENCRYPTED PRIVATE KEY */
	AUTH_KEY_PUTTY,
	AUTH_KEY_PUBLIC, /* a public key or certificate, not a private key */
};

struct auth_key_info {
	enum auth_key_format format;
	bool encrypted;
	/* "ssh-ed25519"; "" if it is not visible, and for curves in PEM */
	char type[WIRE_NAME_MAX + 1];
	char cipher[WIRE_NAME_MAX + 1]; /* of OPENSSH: "none", "aes256-ctr" */
};

/*
 * Probes the first key in the text.  A text that is no key of these formats is
 * AUTH_KEY_UNKNOWN, and no error.  The type of an encrypted PKCS#8 key is not
 * visible.  0, -ENOMEM, or -EBADMSG if the file is cut or damaged; then the
 * format is set and the rest of out is zero.
 */
int auth_key_probe(const char *text, size_t len, struct auth_key_info *out);

#endif
