/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "conf/ssh_targets.h"

static void is(const char *text, const char *user, const char *host, int port)
{
	struct conf_target t;

	assert_true(conf_hop_parse(text, &t));
	assert_string_equal(t.user, user);
	assert_string_equal(t.host, host);
	assert_int_equal(t.port, port);
	assert_true(t.hop);
	assert_null(t.identity);
}

static void is_with_key(const char *text, const char *host, const char *file)
{
	struct conf_target t;

	assert_true(conf_hop_parse(text, &t));
	assert_string_equal(t.host, host);
	assert_string_equal(t.identity, file);
}

static void test_right(void **state)
{
	(void)state;
	is("gate", "", "gate", 22);
	is("gate.example.org:1", "", "gate.example.org", 1);
	is("joe@10.0.0.1:65535", "joe", "10.0.0.1", 65535);
	is("joe@corp@gate", "joe@corp", "gate", 22);
	is("DOM\\joe@gate:22", "DOM\\joe", "gate", 22);
	is("2001:db8::1", "", "2001:db8::1", 22);
	is("2001:db8::1:22", "", "2001:db8::1:22", 22);
	is("joe@[2001:db8::1]", "joe", "2001:db8::1", 22);
	is("[fe80::1%eth0]:222", "", "fe80::1%eth0", 222);
	is_with_key("joe@gate:1 identity /id", "gate", "/id");
	is_with_key("gate\t identity  /a@b:1", "gate", "/a@b:1");
	is_with_key("[::1]:22 identity /identity", "::1", "/identity");
}

static void expands(const char *text, const char *want)
{
	char out[64];

	assert_int_equal(conf_hop_expand(text, out, sizeof(out)), 0);
	assert_string_equal(out, want);
	assert_int_equal(conf_hop_expand(text, out, strlen(want) + 1), 0);
	assert_int_equal(conf_hop_expand(text, out, strlen(want)),
			 -ENAMETOOLONG);
}

static void test_expand(void **state)
{
	char out[64];

	(void)state;
	setenv("HOME", "/home/joe", 1);
	expands("gate", "gate");
	expands("joe@gate:1\t  identity \t ~/id",
		"joe@gate:1 identity /home/joe/id");
	expands("gate identity /etc/~/id", "gate identity /etc/~/id");
	expands("gate identify ~/id", "gate identify ~/id");
	expands("gate ~/id", "gate ~/id");
	setenv("HOME", "", 1);
	assert_int_equal(conf_hop_expand("gate identity /id", out, sizeof(out)),
			 0);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		"@gate",
		"joe@",
		":22",
		"gate:",
		"gate:0",
		"gate:65536",
		"gate:22x",
		"gate:ssh",
		"gate:-1",
		"gate: 22",
		"gate 22",
		"a:b:1",
		"[gate]",
		"[10.0.0.1]:1",
		"[::1",
		"[::1]22",
		"[::1]:",
		"::1]:22",
		"[]:22",
		"[::1]:22:1",
		"j e@gate",
		"\"j\"@gate",
		"10.0.0.256:22",
		"-gate",
		"a/b",
		"gate,other",
		" gate",
		"gate /id",
		"gate identity",
		"gate identity ",
		"gate identity id",
		"gate identity ~/id",
		"gate identity /a b",
		"gate identity \"/a\"",
		"gate identity=/id",
		"gate key /id",
		"gate identity /a identity /b",
		"identity /id",
	};
	struct conf_target t = {.port = 7};
	char longer[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (conf_hop_parse(wrong[i], &t))
			fail_msg("\"%s\" was taken", wrong[i]);
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_false(conf_hop_parse(longer, &t));
	longer[1100] = '@';
	assert_false(conf_hop_parse(longer, &t));
	assert_int_equal(t.port, 7);
}

/* The hops in their order, then the server; an alias is the server's. */
static void test_order(void **state)
{
	static const char text[] = "hop bob@a:23\n"
				   "hop b  identity ~/a@b\nserver c\n"
				   "port 24\nuser joe\n"
				   "host-key-alias office\n";
	struct conf_target t;
	struct conf_error e;
	struct conf c;

	(void)state;
	setenv("HOME", "/home/joe", 1);
	assert_int_equal(conf_defaults(&c, "far"), 0);
	assert_int_equal(conf_parse(&c, "far", text, strlen(text), &e), 0);
	assert_int_equal(conf_targets(&c), 3);
	conf_target(&c, 0, &t);
	assert_true(t.hop);
	assert_string_equal(t.user, "bob");
	assert_string_equal(t.key_name, "a");
	assert_null(t.identity);
	assert_int_equal(t.key_port, 23);
	conf_target(&c, 1, &t);
	assert_true(t.hop);
	assert_string_equal(t.user, "joe");
	assert_string_equal(t.key_name, "b");
	assert_string_equal(t.identity, "/home/joe/a@b");
	assert_int_equal(t.key_port, 22);
	conf_target(&c, 2, &t);
	assert_false(t.hop);
	assert_string_equal(t.user, "joe");
	assert_string_equal(t.host, "c");
	assert_int_equal(t.port, 24);
	assert_string_equal(t.key_name, "office");
	assert_null(t.identity);
	assert_int_equal(t.key_port, 22);
	assert_int_equal(conf_hops_keep_user(&c), 0);
	assert_string_equal(c.hop.v[0], "bob@a:23");
	assert_string_equal(c.hop.v[1], "joe@b identity /home/joe/a@b");
	conf_free(&c);
}

/* Only the first host is connected to from here. */
static void test_family(void **state)
{
	static const char good[] = "hop 10.0.0.1\nserver ::1\n"
				   "address-family inet\n";
	static const char bad[] = "hop ::1\nserver 10.0.0.1\n"
				  "address-family inet\n";
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(conf_defaults(&c, "far"), 0);
	assert_int_equal(conf_parse(&c, "far", good, strlen(good), &e), 0);
	assert_int_equal(conf_validate(&c, &e), 0);
	conf_free(&c);
	assert_int_equal(conf_defaults(&c, "far"), 0);
	assert_int_equal(conf_parse(&c, "far", bad, strlen(bad), &e), 0);
	assert_true(conf_validate(&c, &e) < 0);
	assert_non_null(strstr(e.text, "hop: \"::1\" is not of"));
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),  cmocka_unit_test(test_expand),
		cmocka_unit_test(test_wrong),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
