/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_AUTH_KEY_H
#define SSHDIAL_KEYS_AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "keys/wire.h"

/*
 * What the text of an identity file shows without a passphrase, so that a key
 * which cannot work is refused by name before a login is tried.  libssh2 says
 * "unable to extract public key" to all of them.
 */
#define AUTH_KEY_MAX 4096 /* bytes of a public key */

enum auth_key_format {
	AUTH_KEY_UNKNOWN,
	AUTH_KEY_OPENSSH, /* openssh-key-v1, what ssh-keygen writes */
	AUTH_KEY_PEM,	  /* RSA, DSA or EC PRIVATE KEY */
	AUTH_KEY_PKCS8,	  /* PRIVATE KEY, ENCRYPTED PRIVATE KEY */
	AUTH_KEY_PUTTY,
	AUTH_KEY_PUBLIC, /* a public key or certificate, not a private key */
};

struct auth_key_info {
	enum auth_key_format format;
	bool encrypted;
	char type[WIRE_NAME_MAX + 1];	/* "ssh-ed25519"; "" if not visible */
	char cipher[WIRE_NAME_MAX + 1]; /* of OPENSSH: "none", "aes256-ctr" */
	uint8_t blob[AUTH_KEY_MAX]; /* of OPENSSH and PUBLIC: the public key */
	size_t blob_len;	    /* 0 where it is not visible */
};

/*
 * Probes the first key in the text.  A text that is no key of these formats is
 * AUTH_KEY_UNKNOWN, and no error.  The type of an encrypted PKCS#8 key and of
 * an encrypted PEM key on a curve is not visible.
 * 0, -ENOMEM, or -EBADMSG where the file is cut or damaged; then the format is
 * set and the rest of out is zero.
 */
int auth_key_probe(const char *text, size_t len, struct auth_key_info *out);

#endif
