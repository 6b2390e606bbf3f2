/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_KEXINIT_H
#define SSHDIAL_SSH_KEXINIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The algorithms that the server offered.  libssh2 says only that a key
 * exchange failed; the server's first packet is in clear and shows why.  These
 * functions read it from the first bytes that were received (RFC 4253, 4.2, 6,
 * 7.1).
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
 * Copies one list (with commas, printable, cut to size).  0, -EAGAIN if the
 * bytes end too early, or -EBADMSG if they are not those of an SSH server.
 */
int kexinit_list(const uint8_t *bytes, size_t len, enum kexinit_list which,
		 char *out, size_t size);

/* 1 if two lists with commas have a name in common, else 0. */
int kexinit_common(const char *a, const char *b);

#endif
