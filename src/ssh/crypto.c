// SPDX-License-Identifier: ISC
#include "ssh/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

int crypto_load(void)
{
	unsigned char byte;
	EVP_CIPHER *cipher;

	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG |
					 OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
				 NULL) ||
	    RAND_bytes(&byte, 1) != 1)
		return -1;
	/* Loads the default provider, unless the configuration has others. */
	cipher = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
	EVP_CIPHER_free(cipher);
	return cipher ? 0 : -1;
}
