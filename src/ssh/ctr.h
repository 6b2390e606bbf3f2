/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_CTR_H
#define SSHDIAL_SSH_CTR_H

/*
 * AES in counter mode (RFC 4344, 4) for libssh2, which asks libcrypto for 16
 * bytes at a time: a call costs three times what the AES of it does.  This is a
 * provider of libcrypto (provider(7)) whose AES-CTR takes its key stream from
 * libcrypto's own, some thousand bytes in one call, and gives it out in pieces.
 * EVP_Cipher(3) is defined here as well, and does the same for its contexts
 * without the way through libcrypto; for others it is libcrypto's.
 */

/*
 * From now on the process uses it for AES-128-, 192- and 256-CTR; the random
 * generator keeps the cipher that it has.  0, or -ENOTSUP where libcrypto does
 * not take it, and then all is as it was.
 */
int ctr_install(void);

#endif
