/* SPDX-License-Identifier: ISC */
/* Verdicts, formats and hashed lines are those of OpenSSH 9.2. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <cmocka.h>
#include "keys/known_hosts.h"
#include "keys.h"

/* By ssh-keygen -H: server.example, and [server.example]:2222. */
#define HASHED "|1|m47nowrJTrsNvtsGHMpeGuPLxdI=|SRP0R13AI2qadkWmFGqnIfreiBY="
#define HASHED_2222                                                            \
	"|1|fpaQNpjUCObvO+DaV3M5IoXyhrY=|nvhqc7QXXdZPrsz6emAML2P8PNw="

#define ALL                                                                    \
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"                 \
	"rsa-sha2-512,rsa-sha2-256,ssh-rsa"
#define CERT "ecdsa-sha2-nistp256-cert-v01@openssh.com"

static void parse(struct known_hosts *kh, const char *text, const char *host,
		  int port)
{
	kh->n = 0;
	assert_int_equal(
		known_hosts_parse(kh, "file", text, strlen(text), host, port),
		0);
}

struct row {
	const char *text, *host;
	int port;
	const char *key;
	enum known_verdict verdict;
	unsigned int line; /* of the entry that decided, or 0 */
};

static void check_row(const struct row *row)
{
	const struct known_entry *where;
	struct known_hosts kh;
	struct key k = key_of(row->key);
	enum known_verdict verdict;

	parse(&kh, row->text, row->host, row->port);
	verdict = known_hosts_check(&kh, k.p, k.len, &where);
	if (verdict != row->verdict || (where ? where->line : 0) != row->line)
		fail_msg("%s port %d: verdict %d line %u, not %d line %u, in\n"
			 "%s",
			 row->host, row->port, verdict, where ? where->line : 0,
			 row->verdict, row->line, row->text);
	known_hosts_free(&kh);
	assert_int_equal(kh.n, 0);
}

static void check_rows(const struct row *row)
{
	for (; row->text; row++)
		check_row(row);
}

static void names(void **state)
{
	static const struct row rows[] = {
		{"", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h " ED_A, "h", 22, ED_A, KNOWN_MATCH, 1},
		{"h " ED_A "\n", "h", 22, ED_B, KNOWN_CHANGED, 1},
		{"h " ED_A "\n", "x", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h " ED_A "\n", "hh", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"hh " ED_A "\n", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"ab " ED_A " comment\n", "ab", 22, ED_A, KNOWN_MATCH, 1},
		{"a,b,c " ED_A "\n", "b", 22, ED_A, KNOWN_MATCH, 1},
		{"a,,b " ED_A "\n", "b", 22, ED_A, KNOWN_MATCH, 1},
		{"::1,a " ED_A "\n", "::1", 22, ED_A, KNOWN_MATCH, 1},
		/* in upper case on either side, and both */
		{"h.Example " ED_A "\n", "h.example", 22, ED_A, KNOWN_MATCH, 1},
		{"h.example " ED_A "\n", "H.example", 22, ED_A, KNOWN_MATCH, 1},
		{"[H]:2222 " ED_A "\n", "h", 2222, ED_A, KNOWN_MATCH, 1},
		/* another key, and keys of other types */
		{"h " ECDSA "\n", "h", 22, ED_A, KNOWN_CHANGED, 1},
		{"h " ED_B "\nh " ED_A "\n", "h", 22, ED_A, KNOWN_MATCH, 2},
		{"h " ECDSA "\nh " ED_B "\n", "h", 22, ED_A, KNOWN_CHANGED, 2},
		{"h " FUTURE "\n", "h", 22, ED_A, KNOWN_CHANGED, 1},
		{0}};

	(void)state;
	check_rows(rows);
}

static void patterns(void **state)
{
	static const struct row rows[] = {
		{"*.example " ED_A, "a.example", 22, ED_A, KNOWN_MATCH, 1},
		{"*.example " ED_A, "a.b.example", 22, ED_A, KNOWN_MATCH, 1},
		{"*.example " ED_A, "example", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"*.example " ED_A, "a.example.x", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"*a*b*c " ED_A, "xaxbxbxc", 22, ED_A, KNOWN_MATCH, 1},
		{"*a*b*c " ED_A, "xaxbxbxcx", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h? " ED_A, "h1", 22, ED_A, KNOWN_MATCH, 1},
		{"h? " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h*? " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h** " ED_A, "h", 22, ED_A, KNOWN_MATCH, 1},
		{"* " ED_A, "h", 22, ED_B, KNOWN_CHANGED, 1},
		/* negation is for the whole line, wherever it stands */
		{"*,!h " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"!h,* " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"!H,* " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"*,!h " ED_A, "i", 22, ED_A, KNOWN_MATCH, 1},
		{"!i " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"!*.b,*.c " ED_A, "a.b", 22, ED_A, KNOWN_UNKNOWN, 0},
		/* the brackets are part of the name */
		{"[*.b]:2222 " ED_A, "a.b", 2222, ED_A, KNOWN_MATCH, 1},
		{"*:2222 " ED_A, "a.b", 2222, ED_A, KNOWN_MATCH, 1},
		{"[*.b]:* " ED_A, "a.b", 22, ED_A, KNOWN_UNKNOWN, 0},
		{0}};

	(void)state;
	check_rows(rows);
}

/* With ssh(1) a plain name vouches for its key on other ports, no more. */
static void ports(void **state)
{
	static const struct row rows[] = {
		{"[h]:2222 " ED_A, "h", 2222, ED_A, KNOWN_MATCH, 1},
		{"[h]:2222 " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"[h]:2222 " ED_A, "h", 2223, ED_A, KNOWN_UNKNOWN, 0},
		{"[h]:22 " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h:2222 " ED_A, "h", 2222, ED_A, KNOWN_UNKNOWN, 0},
		{"[::1]:2222 " ED_A, "::1", 2222, ED_A, KNOWN_MATCH, 1},
		{"h " ED_A, "h", 2222, ED_A, KNOWN_MATCH, 1},
		{"h " ED_A, "h", 2222, ED_B, KNOWN_UNKNOWN, 0},
		{"h " ECDSA, "h", 2222, ED_B, KNOWN_UNKNOWN, 0},
		{"h " ED_A "\n[h]:2222 " ED_B, "h", 2222, ED_A, KNOWN_CHANGED,
		 2},
		{"h " ED_A "\n[h]:2222 " ED_B, "h", 2222, ED_B, KNOWN_MATCH, 2},
		{"h " ED_A "\n[h]:2222 " ED_B, "h", 22, ED_A, KNOWN_MATCH, 1},
		{"h,[h]:2222 " ED_A, "h", 2222, ED_B, KNOWN_CHANGED, 1},
		{"* " ED_A, "h", 2222, ED_B, KNOWN_CHANGED, 1},
		{"@revoked h " ED_A "\nh " ED_A, "h", 2222, ED_A, KNOWN_REVOKED,
		 1},
		{"@revoked [h]:2222 " ED_B "\nh " ED_A, "h", 2222, ED_A,
		 KNOWN_MATCH, 2},
		{0}};

	(void)state;
	check_rows(rows);
}

static void markers(void **state)
{
	static const struct row rows[] = {
		{"@revoked h " ED_A, "h", 22, ED_A, KNOWN_REVOKED, 1},
		{"@revoked h " ED_A "\nh " ED_A, "h", 22, ED_A, KNOWN_REVOKED,
		 1},
		{"h " ED_A "\n@revoked * " ED_A, "h", 22, ED_A, KNOWN_REVOKED,
		 2},
		{"h " ED_A "\n@revoked * " ED_B, "h", 22, ED_A, KNOWN_MATCH, 1},
		{"h " ED_A "\n@revoked * " ED_A, "h", 22, ED_B, KNOWN_CHANGED,
		 1},
		{"@revoked h " ED_A, "h", 22, ED_B, KNOWN_UNKNOWN, 0},
		{"@revoked i " ED_A "\nh " ED_A, "h", 22, ED_A, KNOWN_MATCH, 2},
		{" @revoked\th " ED_A, "h", 22, ED_A, KNOWN_REVOKED, 1},
		{"@revoked " HASHED " " ED_A, "server.example", 22, ED_A,
		 KNOWN_REVOKED, 1},
		{"@cert-authority * " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"@cert-authority * " ED_A, "h", 22, ED_B, KNOWN_UNKNOWN, 0},
		{"@unheard h " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"@ h " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"@revokedh " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"@revoked @revoked h " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"@revoked", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{0}};

	(void)state;
	check_rows(rows);
}

static void hashed(void **state)
{
	static const struct row rows[] = {
		{HASHED " " ED_A, "server.example", 22, ED_A, KNOWN_MATCH, 1},
		{HASHED " " ED_A, "Server.example", 22, ED_A, KNOWN_MATCH, 1},
		{HASHED " " ED_A, "server.example", 22, ED_B, KNOWN_CHANGED, 1},
		{HASHED " " ED_A, "server", 22, ED_A, KNOWN_UNKNOWN, 0},
		{HASHED " " ED_A, "server.example", 2222, ED_A, KNOWN_MATCH, 1},
		{HASHED_2222 " " ED_B, "server.example", 2222, ED_B,
		 KNOWN_MATCH, 1},
		{HASHED_2222 " " ED_B, "server.example", 22, ED_B,
		 KNOWN_UNKNOWN, 0},
		{HASHED_2222 " " ED_B "\n" HASHED " " ED_A, "server.example",
		 2222, ED_A, KNOWN_CHANGED, 1},
		/* one hash a line, and whole */
		{HASHED ",h " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h," HASHED " " ED_A, "server.example", 22, ED_A,
		 KNOWN_UNKNOWN, 0},
		{"|1|m47n|SRP0 " ED_A, "server.example", 22, ED_A,
		 KNOWN_UNKNOWN, 0},
		{"| " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"|1|" ED_A "\nh " ED_A, "h", 22, ED_A, KNOWN_MATCH, 2},
		{0}};

	(void)state;
	check_rows(rows);
}

static void hash_roundtrip(void **state)
{
	static const char *const host[] = {"a", "ab", "h.example", "::1"};
	unsigned char hash[20], salt[20], text[2][29];
	char line[512];

	(void)state;
	srand(1);
	for (int i = 0; i < 100; i++) {
		struct row row = {line, host[i % 4], i % 2 ? 22 : 1022,
				  ED_A, KNOWN_MATCH, 1};
		char name[64];

		known_hosts_name(row.host, row.port, name, sizeof(name));
		for (size_t j = 0; j < sizeof(salt); j++)
			salt[j] = (unsigned char)rand();
		HMAC(EVP_sha1(), salt, sizeof(salt), (unsigned char *)name,
		     strlen(name), hash, NULL);
		EVP_EncodeBlock(text[0], salt, sizeof(salt));
		EVP_EncodeBlock(text[1], hash, sizeof(hash));
		snprintf(line, sizeof(line), "|1|%s|%s %s\n", text[0], text[1],
			 ED_A);
		check_row(&row);
		line[40] ^= 1;
		row.verdict = KNOWN_UNKNOWN;
		row.line = 0;
		check_row(&row);
	}
}

static void junk(void **state)
{
	static const struct row rows[] = {
		{"\n\n# h " ED_B "\n \t#\nh " ED_A, "h", 22, ED_A, KNOWN_MATCH,
		 5},
		{"\r\nh " ED_A "\r\n\r\n", "h", 22, ED_A, KNOWN_MATCH, 2},
		{"  \th\t \t" ED_A "\tx", "h", 22, ED_A, KNOWN_MATCH, 1},
		{"h\nh \nh ssh-ed25519\nh ssh-ed25519 \nh #\nh " ED_A, "h", 22,
		 ED_A, KNOWN_MATCH, 6},
		{"junk\n\x01\xff\x80\nh " ED_A, "h", 22, ED_A, KNOWN_MATCH, 3},
		{"h 2048 35 1234567", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		/* another type than the key's own */
		{"h ssh-rsa " ED_A, "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIH4y5jeFfVV3Nm6s4zFhRIUQ"
		 "xki/Vs0cgGIvK6ZPO4Vs",
		 "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		/* cut short, longer, and not base64 */
		{"h ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4y5jeFfVV3Nm6s4zFh",
		 "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h " ED_A "AAAA", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h " ED_A "!", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h " ED_A "====", "h", 22, ED_A, KNOWN_UNKNOWN, 0},
		{"h ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "h", 22, ED_A,
		 KNOWN_UNKNOWN, 0},
		{0}};

	(void)state;
	check_rows(rows);
}

static void zero_bytes(void **state)
{
	static const char text[] = "h\0 " ED_B "\nh " ED_A "\0junk\n\0\n";
	struct known_hosts kh = {0};

	(void)state;
	assert_int_equal(
		known_hosts_parse(&kh, "file", text, sizeof(text) - 1, "h", 22),
		0);
	assert_int_equal(kh.n, 1);
	assert_int_equal(kh.entry[0].line, 2);
	known_hosts_free(&kh);
}

/* 1 MB of names, and a pattern made to be slow. */
static void long_lines(void **state)
{
	const size_t names = 1 << 20, longest = 1022;
	char *text = malloc(names + 1024);
	struct row row = {text, "h", 22, ED_A, KNOWN_MATCH, 1};
	char slow[KNOWN_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < names; i++)
		text[i] = i % (longest + 1) == longest ? ',' : 'x';
	strcpy(text + names, ",h " ED_A "\n");
	check_row(&row);
	text[longest] = 'x'; /* one too long, as for ssh(1) */
	row.verdict = KNOWN_UNKNOWN;
	row.line = 0;
	check_row(&row);
	for (size_t i = 0; i < longest; i += 2)
		memcpy(text + i, "*a", 2);
	strcpy(text + longest - 2, "*b " ED_A "\n");
	memset(slow, 'a', sizeof(slow) - 1);
	slow[sizeof(slow) - 1] = '\0';
	row.host = slow;
	check_row(&row);
	free(text);
}

static void limits(void **state)
{
	struct known_hosts kh = {0};
	char name[8], *text = malloc(100 * 100);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 65; i++)
		len += (size_t)sprintf(text + len, "h %s\n", ED_A);
	assert_int_equal(known_hosts_parse(&kh, "f", text, len, "h", 22),
			 -E2BIG);
	assert_int_equal(kh.n, KNOWN_ENTRIES_MAX);
	known_hosts_free(&kh);
	assert_int_equal(known_hosts_parse(&kh, "f", text, len, "i", 22), 0);
	memset(text, 'h', 2000);
	text[2000] = '\0';
	assert_int_equal(known_hosts_parse(&kh, "f", "", 0, text, 22),
			 -ENAMETOOLONG);
	assert_int_equal(known_hosts_name("a.b", 22, name, 3), -ENAMETOOLONG);
	assert_int_equal(known_hosts_name("A.b", 22, name, 4), 0);
	assert_string_equal(name, "a.b");
	assert_int_equal(known_hosts_name("A", 222, name, 8), 0);
	assert_string_equal(name, "[a]:222");
	free(text);
}

static void algorithms_are(const char *text, int port, const char *offer,
			   const char *want)
{
	struct known_hosts kh;
	char out[512];
	int r;

	parse(&kh, text, "h", port);
	r = known_hosts_algorithms(&kh, offer, out, sizeof(out));
	assert_int_equal(r, want ? 0 : -ENOKEY);
	if (want)
		assert_string_equal(out, want);
	known_hosts_free(&kh);
}

static void algorithms(void **state)
{
	(void)state;
	algorithms_are("", 22, ALL, ALL);
	algorithms_are("", 22, ALL "," CERT, ALL "," CERT);
	algorithms_are("h " ED_A, 22, ALL, "ssh-ed25519");
	algorithms_are("h " RSA "\nh " ED_A, 22, ALL,
		       "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa");
	algorithms_are("h " RSA, 22, "ssh-ed25519,ssh-rsa", "ssh-rsa");
	algorithms_are("h " ECDSA, 22, CERT "," ALL, "ecdsa-sha2-nistp256");
	algorithms_are("h " ECDSA, 22, CERT, NULL);
	algorithms_are("h " ECDSA, 22, "ssh-ed25519", NULL);
	algorithms_are("h " FUTURE, 22, ALL, NULL);
	/* what is revoked is not asked for */
	algorithms_are("@revoked h " ED_A, 22, ALL, ALL);
	algorithms_are("@revoked h " ED_A "\nh " ED_A "\nh " ECDSA, 22, ALL,
		       "ecdsa-sha2-nistp256");
	algorithms_are("@revoked h " ED_A "\nh " ED_A, 22, ALL, ALL);
	/* the plain name says what is asked for first */
	algorithms_are("h " ECDSA, 222, CERT ",ssh-ed25519,ecdsa-sha2-nistp256",
		       "ecdsa-sha2-nistp256,ssh-ed25519");
	algorithms_are("h " FUTURE, 222, ALL, ALL);
	algorithms_are("h " ECDSA "\n[h]:222 " ED_A, 222, ALL, "ssh-ed25519");
}

static void algorithms_room(void **state)
{
	struct known_hosts kh = {0};
	char out[8] = "xxxxxxx";

	(void)state;
	assert_int_equal(known_hosts_algorithms(&kh, "abc,def", out, 8), 0);
	assert_string_equal(out, "abc,def");
	assert_int_equal(known_hosts_algorithms(&kh, "abc,defg", out, 8),
			 -ENOSPC);
	assert_int_equal(known_hosts_algorithms(&kh, "a", out, 0), -ENOSPC);
}

/* As ssh-keygen -l printed them. */
static void fingerprints(void **state)
{
	static const char *const want[][2] = {
		{ED_A, "SHA256:fUZcl5eIYmAP1yiD1b/wq2Ssnee6cIk8+I4ekgz3Nls"},
		{ED_B, "SHA256:0VuugykNZNSMqNYfWZN26peex9jqzvbhsH3AUHE1iTw"},
		{ECDSA, "SHA256:zrFdSwt6x1dP5U0udINX9Vqju3Ymt7pbqFchntZjoRc"},
		{RSA, "SHA256:ExEaRhSrAVr1Y/ZmlZlYXk68nOj6qC+dRYDl7ncddJA"},
	};
	char out[52];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct key k = key_of(want[i][0]);

		assert_int_equal(
			known_hosts_fingerprint(k.p, k.len, out, sizeof(out)),
			0);
		assert_string_equal(out, want[i][1]);
		assert_int_equal(known_hosts_fingerprint(k.p, k.len, out, 50),
				 -ENOSPC);
	}
}

static void types(void **state)
{
	struct key k = key_of(ED_A);
	char out[32];

	(void)state;
	assert_int_equal(known_hosts_type(k.p, k.len, out, sizeof(out)), 0);
	assert_string_equal(out, "ssh-ed25519");
	assert_int_equal(known_hosts_type(k.p, k.len, out, 11), -ENOSPC);
	for (size_t len = 0; len < k.len; len++)
		assert_int_equal(known_hosts_type(k.p, len, out, sizeof(out)),
				 -EBADMSG);
	k.p[5] = ' ';
	assert_int_equal(known_hosts_type(k.p, k.len, out, sizeof(out)),
			 -EBADMSG);
}

static void mutate(char *text, size_t len)
{
	static const char spice[] = " \t\n\r\0#@!*?,|[]:=/+A";

	for (int n = 1 + rand() % 8; n; n--) {
		size_t at = (size_t)rand() % len;

		if (rand() % 2)
			text[at] = spice[(size_t)rand() % sizeof(spice)];
		else
			text[at] = (char)rand();
	}
}

/* SEED=n repeats a run that failed. */
static void mutations(void **state)
{
	static const char base[] =
		"# comment\nh,*.example,!x " ED_A " c\n[h]:222 " ECDSA "\r\n"
		"@revoked * " ED_B "\n@cert-authority h " ED_A "\n" HASHED
		" " RSA "\nserver.example " FUTURE "\nh " ED_B;
	const char *seed = getenv("SEED");
	struct key k = key_of(ED_A);

	(void)state;
	srand(seed ? (unsigned int)atoi(seed) : 1);
	for (int i = 0; i < 20000; i++) {
		const struct known_entry *where;
		struct known_hosts kh = {0};
		size_t len = 1 + (size_t)rand() % (sizeof(base) - 1);
		char *text = malloc(len); /* its end is watched by ASan */
		char list[256];

		memcpy(text, base, len);
		mutate(text, len);
		known_hosts_parse(&kh, "file", text, len,
				  rand() % 2 ? "h" : "server.example",
				  rand() % 2 ? 22 : 222);
		known_hosts_check(&kh, k.p, k.len, &where);
		known_hosts_algorithms(&kh, ALL, list, sizeof(list));
		known_hosts_free(&kh);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(patterns),
		cmocka_unit_test(ports),
		cmocka_unit_test(markers),
		cmocka_unit_test(hashed),
		cmocka_unit_test(hash_roundtrip),
		cmocka_unit_test(junk),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(limits),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(algorithms_room),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(types),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
