/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_CRYPTO_H
#define SSHDIAL_SSH_CRYPTO_H

/*
 * Has libcrypto read its configuration (openssl.cnf(5)), load the providers
 * that it names, and seed its random generator.  It would do so at its first
 * use, which is after the session has lost the right to open files.  0, or -1
 * if it cannot.
 */
int crypto_load(void);

#endif
