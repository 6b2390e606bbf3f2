// SPDX-License-Identifier: ISC
#include "ssh/ctr.h"

#include <dlfcn.h>
#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

#define NAME   "sshdial"
#define BLOCK  16
#define AHEAD  4096 /* bytes of key stream made by one call */
#define OTHERS "provider!=" NAME
#define STATE  NAME "-state" /* a parameter: where struct ctr is */
#define SLOTS  64

struct ctr {
	EVP_CIPHER_CTX *aes; /* libcrypto's */
	size_t key_len;
	size_t used; /* of the stream */
	uint8_t stream[AHEAD];
};

/* Which of them belongs to a context of libcrypto's, for EVP_Cipher(). */
static struct slot {
	const EVP_CIPHER_CTX *ctx;
	struct ctr *ctr; /* NULL: not ours */
} slots[SLOTS];

static struct slot *slot_of(const EVP_CIPHER_CTX *ctx)
{
	return &slots[(uintptr_t)ctx / 64 % SLOTS];
}

static void forget(const struct ctr *c)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i].ctr == c)
			slots[i] = (struct slot){0};
}

static void ctr_free(void *ctx)
{
	struct ctr *c = ctx;

	if (!c)
		return;
	forget(c);
	EVP_CIPHER_CTX_free(c->aes);
	OPENSSL_clear_free(c, sizeof(*c));
}

static void *ctr_new(const char *name, size_t key_len)
{
	struct ctr *c = OPENSSL_zalloc(sizeof(*c));
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, OTHERS);

	forget(NULL); /* its context may stand where another one was */
	if (c) {
		c->key_len = key_len;
		c->used = AHEAD;
		c->aes = EVP_CIPHER_CTX_new();
	}
	if (!c || !c->aes || !cipher ||
	    !EVP_EncryptInit_ex2(c->aes, cipher, NULL, NULL, NULL)) {
		ctr_free(c);
		c = NULL;
	}
	EVP_CIPHER_free(cipher);
	return c;
}

/* Either may be NULL: the key stays then; a counter has to be set before it is
 * used again. */
static int ctr_init(void *ctx, const unsigned char *key, size_t key_len,
		    const unsigned char *iv, size_t iv_len,
		    const OSSL_PARAM params[])
{
	struct ctr *c = ctx;

	(void)params;
	if ((key && key_len != c->key_len) || (iv && iv_len != BLOCK))
		return 0;
	c->used = AHEAD;
	return EVP_EncryptInit_ex2(c->aes, NULL, key, iv, NULL);
}

static int more_stream(struct ctr *c)
{
	static const uint8_t zero[AHEAD];
	int n;

	if (!EVP_EncryptUpdate(c->aes, c->stream, &n, zero, AHEAD))
		return 0;
	c->used = 0;
	return 1;
}

/*
 * Stored in one piece, as libssh2 loads it in one right after.  in and out may
 * be the same.
 */
static void add_block(uint8_t *out, const uint8_t *in, const uint8_t *stream)
{
	uint64_t a __attribute__((vector_size(BLOCK)));
	uint64_t b __attribute__((vector_size(BLOCK)));

	memcpy(&a, in, BLOCK);
	memcpy(&b, stream, BLOCK);
	a ^= b;
	memcpy(out, &a, BLOCK);
}

static int add_bytes(struct ctr *c, uint8_t *out, const uint8_t *in, size_t len)
{
	for (; len; len--) {
		if (c->used == AHEAD && !more_stream(c))
			return 0;
		*out++ = *in++ ^ c->stream[c->used++];
	}
	return 1;
}

/* libssh2 asks for one block each time. */
static int ctr_cipher(void *ctx, unsigned char *out, size_t *out_len,
		      size_t out_size, const unsigned char *in, size_t len)
{
	struct ctr *c = ctx;

	if (out_size < len)
		return 0;
	*out_len = len;
	if (len != BLOCK || c->used > AHEAD - BLOCK)
		return add_bytes(c, out, in, len);
	add_block(out, in, c->stream + c->used);
	c->used += BLOCK;
	return 1;
}

static int ctr_final(void *ctx, unsigned char *out, size_t *out_len,
		     size_t out_size)
{
	(void)ctx;
	(void)out;
	(void)out_size;
	*out_len = 0;
	return 1;
}

static int set_size(OSSL_PARAM params[], const char *key, size_t n)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

	return !p || OSSL_PARAM_set_size_t(p, n);
}

static int get_sizes(OSSL_PARAM params[], size_t key_len)
{
	return set_size(params, OSSL_CIPHER_PARAM_KEYLEN, key_len) &&
	       set_size(params, OSSL_CIPHER_PARAM_IVLEN, BLOCK);
}

static int get_constants(OSSL_PARAM params[], size_t key_len)
{
	OSSL_PARAM *mode = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_MODE);

	return get_sizes(params, key_len) &&
	       set_size(params, OSSL_CIPHER_PARAM_BLOCK_SIZE, 1) &&
	       (!mode || OSSL_PARAM_set_uint(mode, EVP_CIPH_CTR_MODE));
}

static int ctr_get(void *ctx, OSSL_PARAM params[])
{
	OSSL_PARAM *state = OSSL_PARAM_locate(params, STATE);
	struct ctr *c = ctx;

	return get_sizes(params, c->key_len) &&
	       (!state || OSSL_PARAM_set_octet_ptr(state, c, sizeof(*c)));
}

/* ---- before libcrypto's ---- */

static void fill_slot(struct slot *slot, EVP_CIPHER_CTX *ctx)
{
	void *state = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_ptr(STATE, &state, 0),
		OSSL_PARAM_construct_end(),
	};

	EVP_CIPHER_CTX_get_params(ctx, params);
	*slot = (struct slot){ctx, state};
}

static int by_libcrypto(EVP_CIPHER_CTX *ctx, unsigned char *out,
			const unsigned char *in, unsigned int len)
{
	static int (*theirs)(EVP_CIPHER_CTX *, unsigned char *,
			     const unsigned char *, unsigned int);
	void *p;

	if (!theirs) {
		p = dlsym(RTLD_NEXT, "EVP_Cipher");
		/* ISO C has no cast from object to function pointers. */
		memcpy(&theirs, &p, sizeof(theirs));
	}
	return theirs ? theirs(ctx, out, in, len) : -1;
}

/*
 * libssh2 finds this function before libcrypto's, which goes a long way to the
 * provider for each block.  Where it does not, nothing is missing but time.
 */
int EVP_Cipher(EVP_CIPHER_CTX *c, unsigned char *out, const unsigned char *in,
	       unsigned int inl)
{
	struct slot *slot = slot_of(c);
	struct ctr *ctr;

	if (slot->ctx != c)
		fill_slot(slot, c);
	ctr = slot->ctr;
	if (!ctr || inl != BLOCK || ctr->used > AHEAD - BLOCK)
		return by_libcrypto(c, out, in, inl);
	add_block(out, in, ctr->stream + ctr->used);
	ctr->used += BLOCK;
	return BLOCK;
}

/* ---- the provider ---- */

#define ENTRY(id, fn)                                                          \
	{                                                                      \
		OSSL_FUNC_CIPHER_##id, (void (*)(void))(fn)                    \
	}

/* The three differ in nothing else. */
#define AES_CTR(bits)                                                          \
	static void *new_##bits(void *provider)                                \
	{                                                                      \
		(void)provider;                                                \
		return ctr_new("AES-" #bits "-CTR", (bits) / 8);               \
	}                                                                      \
	static int constants_##bits(OSSL_PARAM params[])                       \
	{                                                                      \
		return get_constants(params, (bits) / 8);                      \
	}                                                                      \
	static const OSSL_DISPATCH aes_##bits[] = {                            \
		ENTRY(NEWCTX, new_##bits),                                     \
		ENTRY(FREECTX, ctr_free),                                      \
		ENTRY(GET_PARAMS, constants_##bits),                           \
		ENTRY(GET_CTX_PARAMS, ctr_get),                                \
		ENTRY(ENCRYPT_INIT, ctr_init),                                 \
		ENTRY(DECRYPT_INIT, ctr_init),                                 \
		ENTRY(UPDATE, ctr_cipher),                                     \
		ENTRY(FINAL, ctr_final),                                       \
		ENTRY(CIPHER, ctr_cipher),                                     \
		{0, NULL},                                                     \
	}

AES_CTR(128);
AES_CTR(192);
AES_CTR(256);

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_store)
{
	static const OSSL_ALGORITHM ciphers[] = {
		{"AES-128-CTR", "provider=" NAME, aes_128, NULL},
		{"AES-192-CTR", "provider=" NAME, aes_192, NULL},
		{"AES-256-CTR", "provider=" NAME, aes_256, NULL},
		{NULL, NULL, NULL, NULL},
	};

	(void)provider;
	*no_store = 0;
	return operation == OSSL_OP_CIPHER ? ciphers : NULL;
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
		 const OSSL_DISPATCH **ours, void **context)
{
	static const OSSL_DISPATCH table[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{0, NULL},
	};
	static char none; /* a context that is not NULL */

	(void)handle;
	(void)core;
	*ours = table;
	*context = &none;
	return 1;
}

/* The random generator is AES-CTR as well, which it asks for at first use. */
static int start_random(void)
{
	uint8_t b[16];

	return RAND_bytes(b, sizeof(b)) == 1 &&
	       RAND_priv_bytes(b, sizeof(b)) == 1;
}

int ctr_install(void)
{
	static OSSL_PROVIDER *ours;

	if (ours)
		return 0;
	/* Other properties cannot be read, and ours take their place. */
	if (EVP_default_properties_is_fips_enabled(NULL) || !start_random() ||
	    !OSSL_PROVIDER_add_builtin(NULL, NAME, start))
		return -ENOTSUP;
	ours = OSSL_PROVIDER_try_load(NULL, NAME, 1);
	if (!ours || !EVP_set_default_properties(NULL, "?provider=" NAME))
		return -ENOTSUP;
	return 0;
}
