/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "base/parse.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define UNTOUCHED INT64_C(-77)

/* 253 bytes of "a.a.a...", then one more */
static char long_name[255];

static int make_long_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(long_name) - 1; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	return 0;
}

static void test_int(void **state)
{
	static const struct {
		const char *s;
		int64_t min, max, value;
	} cases[] = {
		{"0", 0, 9, 0},
		{"1", 1, 65535, 1},
		{"65535", 1, 65535, 65535},
		{"0022", 1, 65535, 22},
		{"9223372036854775807", 0, INT64_MAX, INT64_MAX},
		{"0", 1, 65535, UNTOUCHED},
		{"65536", 1, 65535, UNTOUCHED},
		{"9", 0, 5, UNTOUCHED},
		{"9223372036854775808", 0, INT64_MAX, UNTOUCHED},
		{"99999999999999999999999", 0, INT64_MAX, UNTOUCHED},
		{"", 0, 9, UNTOUCHED},
		{"-1", -9, 9, UNTOUCHED},
		{"+1", 0, 9, UNTOUCHED},
		{" 1", 0, 9, UNTOUCHED},
		{"1 ", 0, 9, UNTOUCHED},
		{"0x1", 0, 9, UNTOUCHED},
		{"1e3", 0, 9999, UNTOUCHED},
		{"5", -9, -1, UNTOUCHED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t v = UNTOUCHED;
		bool ok = parse_int(cases[i].s, cases[i].min, cases[i].max, &v);

		assert_int_equal(ok, cases[i].value != UNTOUCHED);
		assert_int_equal(v, cases[i].value);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *s;
		int64_t ms;
	} cases[] = {
		{"0", 0},
		{"5", 5000},
		{"10s", 10000},
		{"250ms", 250},
		{"2m", 120000},
		{"2h", 7200000},
		{"1d", 86400000},
		{"3650d", INT64_C(315360000000)},
		{"3651d", UNTOUCHED},
		{"315360000001ms", UNTOUCHED},
		{"9223372036854775807d", UNTOUCHED},
		{"", UNTOUCHED},
		{"s", UNTOUCHED},
		{"10 s", UNTOUCHED},
		{"10S", UNTOUCHED},
		{"10sec", UNTOUCHED},
		{"1.5s", UNTOUCHED},
		{"-1s", UNTOUCHED},
		{"1m30s", UNTOUCHED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = UNTOUCHED;
		bool ok = parse_duration(cases[i].s, &ms);

		assert_int_equal(ok, cases[i].ms != UNTOUCHED);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void test_format_duration(void **state)
{
	static const struct {
		int64_t ms;
		const char *s;
	} cases[] = {
		{0, "0s"},	   {1, "1ms"},
		{1500, "1500ms"},  {10000, "10s"},
		{60000, "1m"},	   {90000, "90s"},
		{3600000, "1h"},   {86400000, "1d"},
		{90000000, "25h"}, {86400001, "86400001ms"},
	};
	char buf[24];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t back = UNTOUCHED;

		assert_string_equal(
			format_duration(buf, sizeof(buf), cases[i].ms),
			cases[i].s);
		assert_true(parse_duration(buf, &back));
		assert_int_equal(back, cases[i].ms);
	}
	for (int64_t ms = 1; ms < INT64_C(315360000000); ms = ms * 3 + 1) {
		int64_t back = UNTOUCHED;

		format_duration(buf, sizeof(buf), ms);
		assert_true(parse_duration(buf, &back));
		assert_int_equal(back, ms);
	}
}

static void test_bool(void **state)
{
	static const char *const wrong[] = {"", "y", "Yes", "true", "1", "no "};
	bool v = false;

	(void)state;
	assert_true(parse_bool("yes", &v));
	assert_true(v);
	assert_true(parse_bool("no", &v));
	assert_false(v);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(parse_bool(wrong[i], &v));
		assert_false(v);
	}
}

/* A list that ends with NULL. */
static void all(bool (*parse)(const char *s), bool expected,
		const char *const *list)
{
	for (; *list; list++)
		if (parse(*list) != expected)
			fail_msg("\"%s\" is %staken", *list,
				 expected ? "not " : "");
}

static void test_peer_name(void **state)
{
	static const char *const right[] = {"a",
					    "9",
					    "office",
					    "Office.2_x-y",
					    "abcdefghijklmnopqrstuvwxyz012345",
					    NULL};
	static const char *const wrong[] = {"",
					    ".",
					    "..",
					    ".office",
					    "-d",
					    "_x",
					    "a/b",
					    "a b",
					    "a\n",
					    "b\xc3\xbcro",
					    "abcdefghijklmnopqrstuvwxyz0123456",
					    NULL};

	(void)state;
	all(parse_peer_name, true, right);
	all(parse_peer_name, false, wrong);
}

static void test_host(void **state)
{
	static const char *const right[] = {"vpn.example.com",
					    "vpn.example.com.",
					    "localhost",
					    "a_b",
					    "3com.example",
					    "192.0.2.1",
					    "::1",
					    "2001:db8::1",
					    "fe80::1%eth0",
					    "fe80::1%2",
					    "10.0.0.1.example",
					    NULL};
	static const char *const wrong[] = {"",
					    "-oProxyCommand=x",
					    "a b",
					    "a/b",
					    "[::1]",
					    "host:22",
					    "user@host",
					    "10.0.0.256",
					    "10.1",
					    "42",
					    "1.2.3.4.5",
					    "::g",
					    "fe80::1%",
					    "fe80::1%a/b",
					    "192.0.2.1%eth0",
					    "%eth0",
					    "a\x01",
					    "m\xc3\xbcnchen.example",
					    NULL};

	(void)state;
	all(parse_host, true, right);
	all(parse_host, false, wrong);
	assert_int_equal(strlen(long_name), 254);
	assert_false(parse_host(long_name));
	assert_true(parse_host(long_name + 1)); /* 253 */
}

static bool any_address(const char *s)
{
	int family;

	return parse_address(s, &family);
}

static void test_address(void **state)
{
	static const char *const wrong[] = {
		"",	    "localhost",	 "1.2.3",
		"1.2.3.4 ", "01.2.3.4.5",	 "::1%lo",
		"[::1]",    "1:2:3:4:5:6:7:8:9", NULL};
	int family = -1;

	(void)state;
	all(any_address, false, wrong);
	assert_true(parse_address("192.0.2.1", &family));
	assert_int_equal(family, AF_INET);
	assert_true(parse_address("2001:db8::1", &family));
	assert_int_equal(family, AF_INET6);
	assert_false(parse_address("x", &family));
	assert_int_equal(family, AF_INET6);
	assert_true(parse_scoped("192.0.2.1", &family));
	assert_int_equal(family, AF_INET);
	assert_true(parse_scoped("fe80::1%eth0", &family));
	assert_int_equal(family, AF_INET6);
	assert_false(parse_scoped("fe80::1%", &family));
	assert_false(parse_scoped("192.0.2.1%eth0", &family));
	assert_false(parse_scoped("x%eth0", &family));
}

static void test_interface(void **state)
{
	static const char *const right[] = {
		"ppp0", "vpn-office", "a", "abcdefghijklmno", "a.b@c", NULL};
	static const char *const wrong[] = {
		"",    ".",	"..",	     "abcdefghijklmnop",
		"a/b", "a b",	"a:b",	     "ppp%d",
		"a\t", "a\x7f", "b\xc3\xbc", NULL};

	(void)state;
	all(parse_interface, true, right);
	all(parse_interface, false, wrong);
}

static void test_domain(void **state)
{
	static const char *const right[] = {"a", "corp.example", "a-b._c.d",
					    "1.example", NULL};
	static const char *const wrong[] = {
		"",	    ".",       "a.",	       ".a",  "a..b", "-a",
		"10.0.0.1", "fd00::1", "fe80::1%eth0", "a b", NULL};
	char label[80];

	(void)state;
	all(parse_domain, true, right);
	all(parse_domain, false, wrong);
	snprintf(label, sizeof(label), "%063d.a", 0);
	assert_true(parse_domain(label));
	snprintf(label, sizeof(label), "%064d.a", 0);
	assert_false(parse_domain(label));
}

static void test_prefix(void **state)
{
	static const uint8_t net[] = {10, 128, 0, 0}, in[] = {10, 191, 0, 1},
			     out[] = {10, 192, 0, 1};

	(void)state;
	assert_true(prefix_covers(net, 0, out));
	assert_true(prefix_covers(net, 8, out));
	assert_true(prefix_covers(net, 10, in));
	assert_false(prefix_covers(net, 10, out));
	assert_false(prefix_covers(net, 32, in));
	assert_true(prefix_covers(in, 32, in));
}

static void test_word(void **state)
{
	static const struct {
		const char *s;
		const char *words; /* with | between them, NULL: wrong */
	} cases[] = {
		{"", ""},
		{" \t ", ""},
		{"debug", "debug|"},
		{" debug  kdebug\t7 ", "debug|kdebug|7|"},
		{"ipparam \"two words\"", "ipparam|two words|"},
		{"a\"b c\"d", "ab cd|"},
		{"\"\" x", "|x|"},
		{"a\\ b \\\" \\\\", "a b|\"|\\|"},
		{"\"a\\\"b\"", "a\"b|"},
		{"#a b#c", "#a|b#c|"},
		{"\"open", NULL},
		{"a \"", NULL},
		{"a\\", NULL},
		{"12345678901234567", NULL}, /* over the buffer */
		{"1234567890123456", "1234567890123456|"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *s = cases[i].s;
		char got[64] = "", word[17];
		int r;

		while ((r = parse_word(&s, word, sizeof(word))) > 0) {
			strcat(got, word);
			strcat(got, "|");
		}
		assert_int_equal(r, cases[i].words ? 0 : -1);
		if (cases[i].words)
			assert_string_equal(got, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_format_duration),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_peer_name),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_word),
	};

	return cmocka_run_group_tests(tests, make_long_name, NULL);
}
