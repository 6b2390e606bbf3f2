// SPDX-License-Identifier: ISC
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ssh/ctr.h"

#define BYTES 40000 /* some refills of the key stream */

static const char *const names[] = {"AES-128-CTR", "AES-192-CTR",
				    "AES-256-CTR"};
static const EVP_CIPHER *(*const legacy[])(void) = {
	EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr};
static uint8_t in[BYTES], ours[BYTES], theirs[BYTES], key[32], iv[16];

static int install(void **state)
{
	(void)state;
	return ctr_install();
}

/* As libssh2 makes one. */
static EVP_CIPHER_CTX *begin(int i, int encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	assert_non_null(c);
	assert_int_equal(1, EVP_CipherInit(c, legacy[i](), key, iv, encrypt));
	assert_string_equal("sshdial",
			    OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(
				    EVP_CIPHER_CTX_get0_cipher(c))));
	return c;
}

static void by_libcrypto(int i)
{
	EVP_CIPHER *cipher =
		EVP_CIPHER_fetch(NULL, names[i], "provider=default");
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	assert_non_null(cipher);
	assert_int_equal(1, EVP_EncryptInit_ex2(c, cipher, key, iv, NULL));
	assert_int_equal(1, EVP_EncryptUpdate(c, theirs, &n, in, BYTES));
	assert_int_equal(BYTES, n);
	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
}

static void random_input(void)
{
	assert_int_equal(1, RAND_bytes(in, sizeof(in)));
	assert_int_equal(1, RAND_bytes(key, sizeof(key)));
	assert_int_equal(1, RAND_bytes(iv, sizeof(iv)));
}

/* The counter goes over its end, too. */
static void test_blocks(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		EVP_CIPHER_CTX *c;

		random_input();
		memset(iv, 0xff, i == 1 ? 15 : 16);
		c = begin(i, 1);
		for (size_t n = 0; n < BYTES; n += 16)
			assert_int_equal(16,
					 EVP_Cipher(c, ours + n, in + n, 16));
		EVP_CIPHER_CTX_free(c);
		by_libcrypto(i);
		assert_memory_equal(theirs, ours, BYTES);
	}
}

static void test_any_length(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		EVP_CIPHER_CTX *c;
		size_t len;

		random_input();
		c = begin(i, 1);
		for (size_t n = 0; n < BYTES; n += len) {
			len = 1 + (size_t)(rand() % 5000);
			if (len > BYTES - n)
				len = BYTES - n;
			assert_int_equal(len, EVP_Cipher(c, ours + n, in + n,
							 (unsigned int)len));
		}
		EVP_CIPHER_CTX_free(c);
		by_libcrypto(i);
		assert_memory_equal(theirs, ours, BYTES);
	}
}

/* In place, as some callers do, and by the other functions of libcrypto. */
static void test_back(void **state)
{
	EVP_CIPHER_CTX *c;
	int n, last;

	(void)state;
	random_input();
	c = begin(0, 1);
	memcpy(ours, in, BYTES);
	assert_int_equal(1, EVP_CipherUpdate(c, ours, &n, ours, BYTES));
	assert_int_equal(1, EVP_CipherFinal_ex(c, ours + n, &last));
	assert_int_equal(BYTES, n + last);
	EVP_CIPHER_CTX_free(c);
	assert_memory_not_equal(in, ours, BYTES);
	c = begin(0, 0);
	for (size_t i = 0; i < BYTES; i += 16)
		EVP_Cipher(c, ours + i, ours + i, 16);
	EVP_CIPHER_CTX_free(c);
	assert_memory_equal(in, ours, BYTES);
}

/* A new counter with the old key, then a new key: nothing of before is left. */
static void test_again(void **state)
{
	EVP_CIPHER_CTX *c;

	(void)state;
	random_input();
	c = begin(2, 1);
	for (int i = 0; i < 3; i++) {
		EVP_Cipher(c, ours, in, 100);
		iv[15]++;
		if (i == 2)
			key[0]++;
		assert_int_equal(1,
				 EVP_CipherInit_ex(c, NULL, NULL,
						   i == 2 ? key : NULL, iv, 1));
		EVP_Cipher(c, ours, in, BYTES);
		by_libcrypto(2);
		assert_memory_equal(theirs, ours, BYTES);
	}
	EVP_CIPHER_CTX_free(c);
}

/* What libcrypto asks a provider for. */
static void test_sizes(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		EVP_CIPHER_CTX *c = begin(i, 1);

		assert_int_equal(16 + 8 * i, EVP_CIPHER_CTX_get_key_length(c));
		assert_int_equal(16, EVP_CIPHER_CTX_get_iv_length(c));
		assert_int_equal(1, EVP_CIPHER_CTX_get_block_size(c));
		assert_int_equal(EVP_CIPH_CTR_MODE, EVP_CIPHER_CTX_get_mode(c));
		EVP_CIPHER_CTX_free(c);
	}
}

/* Contexts come and go, often at the address of one before. */
static void test_many(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		EVP_CIPHER_CTX *c[2];

		random_input();
		by_libcrypto(i % 3);
		c[0] = begin(i % 3, 1);
		c[1] = begin((i + 1) % 3, 1);
		for (size_t n = 0; n < 8192; n += 16) {
			EVP_Cipher(c[1], ours, in, 16);
			EVP_Cipher(c[0], ours + 16 + n, in + n, 16);
		}
		assert_memory_equal(theirs, ours + 16, 8192);
		EVP_CIPHER_CTX_free(c[0]);
		EVP_CIPHER_CTX_free(c[1]);
	}
}

/* EVP_Cipher() does for other ciphers what libcrypto's does. */
static void test_cbc(void **state)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	(void)state;
	random_input();
	assert_int_equal(1, EVP_CipherInit(c, EVP_aes_256_cbc(), key, iv, 1));
	for (size_t i = 0; i < 8192; i += 16)
		assert_int_equal(16, EVP_Cipher(c, ours + i, in + i, 16));
	assert_int_equal(1, EVP_CipherInit(c, EVP_aes_256_cbc(), key, iv, 1));
	assert_int_equal(1, EVP_CipherUpdate(c, theirs, &n, in, 8192));
	assert_int_equal(8192, n);
	assert_memory_equal(theirs, ours, 8192);
	assert_int_equal(1, EVP_CipherInit(c, EVP_aes_256_cbc(), key, iv, 0));
	for (size_t i = 0; i < 8192; i += 16)
		assert_int_equal(16, EVP_Cipher(c, ours + i, ours + i, 16));
	assert_memory_equal(in, ours, 8192);
	EVP_CIPHER_CTX_free(c);
}

/* What a library finds that calls EVP_Cipher() is ours, not libcrypto's. */
static void test_found(void **state)
{
	int (*ours_is)(EVP_CIPHER_CTX *, unsigned char *, const unsigned char *,
		       unsigned int) = EVP_Cipher;
	void *found = dlsym(RTLD_DEFAULT, "EVP_Cipher");
	void *next = dlsym(RTLD_NEXT, "EVP_Cipher");

	(void)state;
	assert_memory_equal(&found, &ours_is, sizeof(found));
	assert_non_null(next);
	assert_ptr_not_equal(found, next);
}

/* Everything else is libcrypto's, the random generator as well. */
static void test_others(void **state)
{
	EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
	uint8_t a[64] = {0}, b[64] = {0};

	(void)state;
	assert_non_null(gcm);
	assert_non_null(md);
	assert_string_equal("default", OSSL_PROVIDER_get0_name(
					       EVP_CIPHER_get0_provider(gcm)));
	assert_int_equal(1, RAND_bytes(a, sizeof(a)));
	assert_int_equal(1, RAND_priv_bytes(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	EVP_CIPHER_free(gcm);
	EVP_MD_free(md);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_any_length),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_cbc),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
