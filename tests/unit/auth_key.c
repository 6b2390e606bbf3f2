/* SPDX-License-Identifier: ISC */
/* The keys are made by ssh-keygen, in a folder of our own. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <cmocka.h>
#include "keys/auth_key.h"
#include "keys.h"

static char dir[] = "/tmp/auth_key.XXXXXX";

__attribute__((format(printf, 1, 2))) static void run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command))
		fail_msg("failed: %s", command);
}

/* A file of the folder; the caller frees it. */
static char *content(const char *name, size_t *len)
{
	char path[128], *text = malloc(16384);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	*len = fread(text, 1, 16383, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

static int probe_text(const char *text, struct auth_key_info *info)
{
	return auth_key_probe(text, strlen(text), info);
}

struct made {
	const char *arguments, *type; /* of ssh-keygen; expected */
	enum auth_key_format format;
	bool encrypted;
	const char *cipher;
};

#define P256 "ecdsa-sha2-nistp256"
#define P384 "ecdsa-sha2-nistp384"
#define P521 "ecdsa-sha2-nistp521"

static const struct made made[] = {
	{"-t ed25519 -N ''", "ssh-ed25519", AUTH_KEY_OPENSSH, false, "none"},
	{"-t ed25519 -N abcdef -a 1", "ssh-ed25519", AUTH_KEY_OPENSSH, true,
	 "aes256-ctr"},
	{"-t ed25519 -N abcdef -a 1 -Z aes256-gcm@openssh.com", "ssh-ed25519",
	 AUTH_KEY_OPENSSH, true, "aes256-gcm@openssh.com"},
	{"-t ecdsa -b 256 -N ''", P256, AUTH_KEY_OPENSSH, false, "none"},
	{"-t ecdsa -b 384 -N ''", P384, AUTH_KEY_OPENSSH, false, "none"},
	{"-t ecdsa -b 521 -N ''", P521, AUTH_KEY_OPENSSH, false, "none"},
	{"-t ecdsa -b 521 -N abcdef -a 1", P521, AUTH_KEY_OPENSSH, true,
	 "aes256-ctr"},
	{"-t rsa -b 2048 -N ''", "ssh-rsa", AUTH_KEY_OPENSSH, false, "none"},
	{"-t rsa -b 2048 -N abcdef -a 1", "ssh-rsa", AUTH_KEY_OPENSSH, true,
	 "aes256-ctr"},
	{"-t ecdsa -b 256 -m PEM -N ''", "", AUTH_KEY_PEM, false, ""},
	{"-t ecdsa -b 384 -m PEM -N ''", "", AUTH_KEY_PEM, false, ""},
	{"-t ecdsa -b 521 -m PEM -N ''", "", AUTH_KEY_PEM, false, ""},
	{"-t ecdsa -b 256 -m PEM -N abcdef", "", AUTH_KEY_PEM, true, ""},
	{"-t rsa -b 2048 -m PEM -N ''", "ssh-rsa", AUTH_KEY_PEM, false, ""},
	{"-t rsa -b 2048 -m PEM -N abcdef", "ssh-rsa", AUTH_KEY_PEM, true, ""},
	{"-t ecdsa -b 256 -m PKCS8 -N ''", "", AUTH_KEY_PKCS8, false, ""},
	{"-t ecdsa -b 384 -m PKCS8 -N ''", "", AUTH_KEY_PKCS8, false, ""},
	{"-t ecdsa -b 521 -m PKCS8 -N ''", "", AUTH_KEY_PKCS8, false, ""},
	{"-t rsa -b 2048 -m PKCS8 -N ''", "ssh-rsa", AUTH_KEY_PKCS8, false, ""},
	{"-t rsa -b 2048 -m PKCS8 -N abcdef", "", AUTH_KEY_PKCS8, true, ""},
};

#define MADE (sizeof(made) / sizeof(made[0]))

static void check_public(const char *name)
{
	struct auth_key_info public;
	size_t len;
	char *text = content(name, &len);

	assert_int_equal(auth_key_probe(text, len, &public), 0);
	assert_int_equal(public.format, AUTH_KEY_PUBLIC);
	free(text);
}

static void by_ssh_keygen(void **state)
{
	(void)state;
	for (size_t i = 0; i < MADE; i++) {
		const struct made *m = &made[i];
		struct auth_key_info info;
		char name[16], *text;
		size_t len;

		snprintf(name, sizeof(name), "%zu", i);
		run("ssh-keygen -q -C 'a: b' -f %s/%s %s", dir, name,
		    m->arguments);
		text = content(name, &len);
		assert_int_equal(auth_key_probe(text, len, &info), 0);
		assert_int_equal(info.format, m->format);
		assert_string_equal(info.type, m->type);
		assert_string_equal(info.cipher, m->cipher);
		assert_int_equal(info.encrypted, m->encrypted);
		free(text);
		snprintf(name, sizeof(name), "%zu.pub", i);
		check_public(name);
	}
}

/* ssh-keygen 9.2 writes no such files, openssl(1) does. */
static void pkcs8_ed25519(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct auth_key_info info;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	(void)state;
	assert_true(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
						  NULL));
	len = BIO_get_mem_data(bio, &text);
	assert_int_equal(auth_key_probe(text, (size_t)len, &info), 0);
	assert_int_equal(info.format, AUTH_KEY_PKCS8);
	assert_string_equal(info.type, "ssh-ed25519");
	assert_false(info.encrypted);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static void certificate(void **state)
{
	struct auth_key_info info;
	char *text;
	size_t len;

	(void)state;
	run("ssh-keygen -q -s %s/0 -I id -n user %s/3.pub", dir, dir);
	text = content("3-cert.pub", &len);
	assert_int_equal(auth_key_probe(text, len, &info), 0);
	assert_int_equal(info.format, AUTH_KEY_PUBLIC);
	free(text);
}

/* Appends a string to a wire form. */
static size_t put(uint8_t *at, const char *bytes, size_t len)
{
	at[0] = at[1] = at[2] = 0;
	at[3] = (uint8_t)len;
	memcpy(at + 4, bytes, len);
	return len + 4;
}

/* The text of an OpenSSH key with this public blob and number of keys. */
static void openssh_text(char *text, const uint8_t *blob, size_t len,
			 uint8_t keys)
{
	uint8_t raw[512] = "openssh-key-v1";
	size_t n = 15;

	n += put(raw + n, "none", 4);
	n += put(raw + n, "none", 4);
	n += put(raw + n, "", 0);
	raw[n + 3] = keys;
	n += 4;
	n += put(raw + n, (const char *)blob, len);
	n += put(raw + n, "privateprivate", 14);
	strcpy(text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	text += strlen(text);
	text += EVP_EncodeBlock((unsigned char *)text, raw, (int)n);
	strcpy(text, "\n-----END OPENSSH PRIVATE KEY-----");
}

static void security_key(void **state)
{
	static const char type[] = "sk-ssh-ed25519@openssh.com";
	struct auth_key_info info;
	uint8_t blob[128];
	char text[1024];
	size_t n;

	(void)state;
	n = put(blob, type, strlen(type));
	n += put(blob + n, "0123456789abcdef0123456789abcdef", 32);
	n += put(blob + n, "ssh:", 4);
	openssh_text(text, blob, n, 1);
	assert_int_equal(probe_text(text, &info), 0);
	assert_string_equal(info.type, type);
	openssh_text(text, blob, n, 2);
	assert_int_equal(probe_text(text, &info), -EBADMSG);
	openssh_text(text, blob, n - 1, 1);
	assert_int_equal(probe_text(text, &info), -EBADMSG);
	assert_int_equal(info.format, AUTH_KEY_OPENSSH);
	assert_string_equal(info.type, "");
}

static void others(void **state)
{
	static const struct {
		const char *text;
		enum auth_key_format format;
	} row[] = {
		{"", AUTH_KEY_UNKNOWN},
		{"\n", AUTH_KEY_UNKNOWN},
		{"hello\n", AUTH_KEY_UNKNOWN},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n", AUTH_KEY_UNKNOWN},
		{"PuTTY-User-Key-File-3: ssh-ed25519\n", AUTH_KEY_PUTTY},
		{"---- BEGIN SSH2 PUBLIC KEY ----\n", AUTH_KEY_PUBLIC},
		{"-----BEGIN PUBLIC KEY-----\n", AUTH_KEY_PUBLIC},
		{"# mine\n" ED_A " me@here\n", AUTH_KEY_PUBLIC},
		{"ssh-rsa AAAA\n", AUTH_KEY_PUBLIC},
		{"ssh-rsa\n", AUTH_KEY_UNKNOWN},
	};
	struct auth_key_info info;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(probe_text(row[i].text, &info), 0);
		assert_int_equal(info.format, row[i].format);
	}
}

static void crlf(void **state)
{
	struct auth_key_info info;
	char text[2048], *p = text;
	size_t len;
	char *unix_text = content("0", &len);

	(void)state;
	p = stpcpy(p, "a comment\r\n");
	for (const char *s = unix_text; *s; s++) {
		if (*s == '\n')
			*p++ = '\r';
		*p++ = *s;
	}
	assert_int_equal(auth_key_probe(text, (size_t)(p - text), &info), 0);
	assert_string_equal(info.type, "ssh-ed25519");
	free(unix_text);
}

/* Cut anywhere, a private key's file is damaged, not another one. */
static void cut(void **state)
{
	static const char *const names[] = {"0", "8", "12", "16"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct auth_key_info info;
		size_t len;
		char *text = content(names[i], &len);

		for (size_t n = 36; n + 1 < len; n++)
			assert_int_equal(auth_key_probe(text, n, &info),
					 -EBADMSG);
		assert_int_equal(auth_key_probe(text, len - 1, &info), 0);
		free(text);
	}
}

/* SEED=n repeats a run that failed. */
static void mutations(void **state)
{
	const char *seed = getenv("SEED");

	(void)state;
	srand(seed ? (unsigned int)atoi(seed) : 1);
	for (int i = 0; i < 20000; i++) {
		struct auth_key_info info;
		char name[16], *text, *copy;
		size_t len;

		snprintf(name, sizeof(name), "%zu", (size_t)i / 1000 % MADE);
		text = content(name, &len);
		for (int n = rand() % 8; n >= 0; n--)
			text[(size_t)rand() % len] =
				rand() % 2 ? (char)rand()
					   : "A/=\n -:"[rand() % 7];
		len = 1 + (size_t)rand() % len;
		copy = malloc(len); /* its end is watched by ASan */
		memcpy(copy, text, len);
		auth_key_probe(copy, len, &info);
		free(copy);
		free(text);
	}
}

/* The binary inside is mutated, so that the decoders are reached. */
static void inner_mutations(void **state)
{
	static const char *const begin[] = {
		"-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\n"};
	static const char *const end[] = {
		"\n-----END OPENSSH PRIVATE KEY-----\n",
		"\n-----END PRIVATE KEY-----\n",
		"\n-----END EC PRIVATE KEY-----\n"};
	static const char *const names[] = {"3", "16", "10"};

	(void)state;
	srand(1);
	for (int i = 0; i < 30000; i++) {
		/* libcrypto's readers are slow, and not ours to test. */
		int form = i % 15 ? 0 : 1 + i / 15 % 2;
		struct auth_key_info info;
		uint8_t raw[1024];
		char text[2048], *p;
		size_t len;
		char *file = content(names[form], &len);
		int n;

		for (p = text, n = (int)strlen(begin[form]); file[n] != '-';
		     n++)
			if (file[n] != '\n')
				*p++ = file[n];
		n = (int)base64_decode(text, (size_t)(p - text), raw,
				       sizeof(raw));
		assert_true(n > 64);
		for (int m = rand() % 4; m >= 0; m--)
			raw[rand() % (rand() % 2 ? 64 : n)] = (uint8_t)rand();
		p = stpcpy(text, begin[form]);
		p += EVP_EncodeBlock((unsigned char *)p, raw, n - rand() % 40);
		strcpy(p, end[form]);
		probe_text(text, &info);
		free(file);
	}
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	run("rm -r %s", dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_ssh_keygen), /* makes keys for the others */
		cmocka_unit_test(pkcs8_ed25519),
		cmocka_unit_test(certificate),
		cmocka_unit_test(security_key),
		cmocka_unit_test(others),
		cmocka_unit_test(crlf),
		cmocka_unit_test(cut),
		cmocka_unit_test(mutations),
		cmocka_unit_test(inner_mutations),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
