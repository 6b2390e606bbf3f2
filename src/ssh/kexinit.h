/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_KEXINIT_H
#define SSHDIAL_SSH_KEXINIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the server offered.  libssh2 says only that a key exchange failed;
 * the server's first packet is in clear and says why: this reads it from the
 * first bytes that were received (RFC 4253, 4.2, 6, 7.1).
 */

#define SSH_MSG_KEXINIT	  20
#define KEXINIT_BYTES_MAX 8192

enum kexinit_list {
	KEXINIT_KEX,
	KEXINIT_HOSTKEY,
	KEXINIT_CIPHER_CS,
	KEXINIT_CIPHER_SC,
	KEXINIT_MAC_CS,
	KEXINIT_MAC_SC,
	KEXINIT_LISTS
};

/*
 * Copies one list (with commas, printable, cut to size).  0, -EAGAIN where
 * the bytes end too early, or -EBADMSG where they are not an SSH server's.
 */
int kexinit_list(const uint8_t *bytes, size_t len, enum kexinit_list which,
		 char *out, size_t size);

/* 1 where two lists with commas share a name, 0 where they do not. */
int kexinit_common(const char *a, const char *b);

#endif
