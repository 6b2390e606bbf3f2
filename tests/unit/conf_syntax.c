/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "conf/conf.h"
#include "conf_common.h"

/* The second file wins; its first value replaces a list. */
static void test_second_file(void **state)
{
	static const char second[] = "user b\nidentity /c\nidentity /d\n";
	struct conf_error e;
	struct conf c;

	(void)state;
	takes(&c, "user a\nport 23\nidentity /a\nidentity /b\n");
	assert_int_equal(conf_parse(&c, "2", second, strlen(second), &e), 0);
	assert_string_equal(c.user, "b");
	assert_int_equal(c.port, 23);
	assert_int_equal(c.identity.n, 2);
	assert_string_equal(c.identity.v[0], "/c");
	assert_string_equal(c.identity.v[1], "/d");
	conf_free(&c);
}

static void test_syntax(void **state)
{
	struct conf c;

	(void)state;
	takes(&c, "");
	conf_free(&c);
	takes(&c, "\n\r\n  \t\n# a comment\n \t# another\nport 23");
	assert_int_equal(c.port, 23);
	conf_free(&c);
	takes(&c, "remote-command a  b # \"c\" \\ \r\n");
	assert_string_equal(c.remote_command, "a  b # \"c\" \\");
	conf_free(&c);
	takes(&c, "remote-command none\n");
	assert_string_equal(c.remote_command, "none");
	conf_free(&c);
}

static void test_messages(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"port 70000",
		 ":1: port: \"70000\" is not a number from 1 to 65535"},
		{"port 22 33",
		 ":1: port: \"22 33\" is not a number from 1 to 65535"},
		{"\n\nport", ":3: port: no value; it takes a number from 1 to "
			     "65535"},
		{"mtu 5", ":1: mtu: \"5\" is not a number from 576 to 16384, "
			  "or none"},
		{"host-key-policy ask",
		 ":1: host-key-policy: \"ask\" is not strict or accept-new"},
		{"address-family x",
		 ":1: address-family: \"x\" is not any, inet or inet6"},
		{"route 10.1.2.3/8 metric 5",
		 ":1: route: \"10.1.2.3/8 metric 5\" has bits set "
		 "beyond its length; did you mean 10.0.0.0/8?"},
		{"route-exclude 2001:db8::1/64",
		 ":1: route-exclude: \"2001:db8::1/64\" has bits set "
		 "beyond its length; did you mean 2001:db8::/64?"},
		{"\nhop gate identity id",
		 ":2: hop: \"gate identity id\" is not [USER@]HOST[:PORT], "
		 "with [] around an IPv6 address that has a port, then "
		 "optionally identity FILE, or none"},
		{"hop gate key /id",
		 ":1: hop: \"gate key /id\" is not [USER@]HOST[:PORT], "
		 "with [] around an IPv6 address that has a port, then "
		 "optionally identity FILE, or none"},
		{"ipv6 on", ":1: ipv6: \"on\" is not yes or no"},
		{"ppp-timeout 0",
		 ":1: ppp-timeout: \"0\" is not a time from 100ms to 1h, such "
		 "as 1500ms or 10s"},
		{"prot 22", ":1: prot: unknown key; did you mean port?"},
		{"known-host /x",
		 ":1: known-host: unknown key; did you mean known-hosts?"},
		{"Server x", ":1: Server: unknown key; did you mean server?"},
		{"server=x", ":1: server=x: unknown key; did you mean server?"},
		{"compression yes", ":1: compression: unknown key"},
		{"\xef\xbb\xbfqqqqqqqqq x",
		 ":1: \\xef\\xbb\\xbfqqqqqqqqq: unknown key"},
		{"user m\xc3\xbc ller",
		 ":1: user: \"m\\xc3\\xbc ller\" is not one word without "
		 "quotes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conf_error e = refuses(cases[i].text);

		assert_string_equal(e.text + strlen(FILE_NAME),
				    cases[i].message);
	}
}

static void test_control(void **state)
{
	static const char nul[] = "port 22\nuser a\0b\n";
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(parse_bytes(&c, nul, sizeof(nul) - 1, &e), -EINVAL);
	assert_string_equal(e.text, FILE_NAME ":2: control character 0x00");
	e = refuses("remote-command a\x1b[2Jb");
	assert_string_equal(e.text, FILE_NAME ":1: control character 0x1b");
	e = refuses("# \x7f");
	assert_string_equal(e.text, FILE_NAME ":1: control character 0x7f");
	e = refuses("port 22\ruser x\n");
	assert_string_equal(e.text, FILE_NAME ":1: control character 0x0d");
	e = refuses("port 22\r\r\n");
	assert_string_equal(e.text, FILE_NAME ":1: control character 0x0d");
}

/* A path of any length before the message does no harm. */
static void test_long_file_name(void **state)
{
	char file[2000];
	struct conf_error e;
	struct conf c;

	(void)state;
	memset(file, 'f', sizeof(file));
	file[sizeof(file) - 1] = '\0';
	assert_int_equal(conf_defaults(&c, "x"), 0);
	assert_int_equal(conf_parse(&c, file, "port x", 6, &e), -EINVAL);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	conf_free(&c);
}

static void test_finish(void **state)
{
	static const struct {
		const char *text, *message; /* NULL: right */
	} cases[] = {
		{"server a\n", NULL},
		{"", "server: missing; every peer needs one"},
		{"server a\nlocal-address 10.0.0.1\n"
		 "remote-address 10.0.0.1\n",
		 "remote-address: \"10.0.0.1\" is also the local-address"},
		{"server a\nlocal-address 10.0.0.1\n"
		 "remote-address 10.0.0.2\n",
		 NULL},
		{"server a\nmtu 1279\n",
		 "mtu: \"1279\" is too small for IPv6, which needs 1280; or "
		 "set ipv6 no"},
		{"server a\nmtu 1279\nipv6 no\n", NULL},
		{"server a\nmtu 1280\nmru 1280\n", NULL},
		{"server a\nmru 576\n",
		 "mru: \"576\" is too small for IPv6, which needs 1280; or set "
		 "ipv6 no"},
		{"server 192.0.2.1\naddress-family inet6\n",
		 "server: \"192.0.2.1\" is not of the address-family inet6"},
		{"server a\nbind-address ::1\naddress-family inet\n",
		 "bind-address: \"::1\" is not of the address-family inet"},
		{"server ::1\nbind-address ::1\naddress-family inet6\n", NULL},
		{"server a\nmonitor ::1\n", NULL},
		{"server a\nmonitor 10.0.0.1\nipv6 no\n", NULL},
		{"server a\nmonitor ::1\nipv6 no\n",
		 "monitor: \"::1\" cannot be reached with ipv6 no"},
		{"server a\nroute 10.0.0.0/8\nroute default\nipv6 no\n", NULL},
		{"server a\nroute ::/0\nipv6 no\n",
		 "route: \"::/0\" has no effect with ipv6 no"},
		{"server a\nroute-exclude ::1\nipv6 no\n",
		 "route-exclude: \"::1\" has no effect with ipv6 no"},
		{"server a\nlocal-address6 2001:db8::1/64\nipv6 no\n",
		 "local-address6: \"2001:db8::1/64\" has no effect with ipv6 "
		 "no"},
		{"server a\nremote-address6 2001:db8::1\nipv6 no\n",
		 "remote-address6: \"2001:db8::1\" has no effect with ipv6 no"},
		{"server a\nremote-address6 2001:db8::1\n",
		 "remote-address6: \"2001:db8::1\" needs a local-address6"},
		{"server a\nlocal-address6 2001:db8::1/64\n"
		 "remote-address6 2001:db8:0::1\n",
		 "remote-address6: \"2001:db8:0::1\" is also the "
		 "local-address6"},
		{"server a\nlocal-address6 2001:db8::1/64\n"
		 "remote-address6 2001:db8::2\n",
		 NULL},
		{"server a\nppp no\n",
		 "ppp: \"no\" needs a forward-local or a forward-remote"},
		{"server a\nppp no\nforward-local 1:a:1\n", NULL},
		{"server a\nppp no\nforward-remote 1:a:1\nroute default\n",
		 "route: has no effect with ppp no"},
		{"server a\nredial-min 5s\nredial-max 5s\n", NULL},
		{"server a\nredial-min 5s\nredial-max 4999ms\n",
		 "redial-max: \"4999ms\" is less than redial-min, 5s"},
		{"server a\nredial-min 2m\n",
		 "redial-max: \"1m\" is less than redial-min, 2m"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conf_error e = {""};
		struct conf c;
		int r;

		takes(&c, cases[i].text);
		r = conf_validate(&c, &e);
		assert_int_equal(r, cases[i].message ? -EINVAL : 0);
		if (r)
			assert_string_equal(e.text, cases[i].message);
		conf_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_file),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_long_file_name),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
