/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "conf/route_spec.h"
#include "conf_common.h"

static void is(const struct conf_route *r, int family, const char *prefix,
	       int length, uint32_t metric, uint32_t table)
{
	char text[INET6_ADDRSTRLEN];

	assert_int_equal(r->family, family);
	assert_string_equal(inet_ntop(family, r->prefix, text, sizeof(text)),
			    prefix);
	assert_int_equal(r->length, length);
	assert_int_equal(r->metric, metric);
	assert_int_equal(r->table, table);
}

static void test_right(void **state)
{
	struct conf_route r;

	(void)state;
	assert_true(conf_route_parse("10.0.0.0/8", &r));
	is(&r, AF_INET, "10.0.0.0", 8, 0, 0);
	assert_true(conf_route_parse("192.0.2.255", &r));
	is(&r, AF_INET, "192.0.2.255", 32, 0, 0);
	assert_true(conf_route_parse("0.0.0.0/0 \t metric 4294967000", &r));
	is(&r, AF_INET, "0.0.0.0", 0, CONF_METRIC_MAX, 0);
	assert_true(conf_route_parse("192.0.2.254/31 table 4294967295 metric 1",
				     &r));
	is(&r, AF_INET, "192.0.2.254", 31, 1, UINT32_MAX);
	assert_true(conf_route_parse("2001:db8::/33 table 1", &r));
	is(&r, AF_INET6, "2001:db8::", 33, 0, 1);
	assert_true(conf_route_parse("::/0", &r));
	is(&r, AF_INET6, "::", 0, 0, 0);
	assert_true(conf_route_parse("2001:db8::1", &r));
	is(&r, AF_INET6, "2001:db8::1", 128, 0, 0);
	assert_true(conf_route_parse("default metric 7", &r));
	assert_int_equal(r.family, 0);
	assert_int_equal(r.length, 0);
	assert_int_equal(r.metric, 7);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		" ",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"10.0.0.1/8",
		"10.128.0.0/8",
		"2001:db8::/129",
		"2001:db8::1/127",
		"8000::/0",
		"default/0",
		"Default",
		"10.0.0.0/8 metric",
		"10.0.0.0/8 metric 0",
		"10.0.0.0/8 metric 4294967294",
		"10.0.0.0/8 metric x",
		"10.0.0.0/8 table 0",
		"10.0.0.0/8 table 255",
		"10.0.0.0/8 table 4294967296",
		"10.0.0.0/8 table main",
		"10.0.0.0/8 metric 1 metric 2",
		"10.0.0.0/8 dev eth0",
		"10.0.0.0/8 via",
		"fe80::1%eth0",
	};
	struct conf_route r, before;

	(void)state;
	memset(&r, 0x55, sizeof(r));
	before = r;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (conf_route_parse(wrong[i], &r))
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_memory_equal(&r, &before, sizeof(r));
	}
	refuses("route 10.0.0.0/8 \"metric\" 5\n");
	refuses("route-exclude default\n");
}

static void test_suggest(void **state)
{
	static const struct {
		const char *wrong, *right;
	} cases[] = {
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3/31 metric 5", "10.1.2.2/31"},
		{"255.255.255.255/0", "0.0.0.0/0"},
		{"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
		{"10.0.0.0/8", NULL},
		{"10.0.0.0/33", NULL},
		{"x/8", NULL},
		{"", NULL},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool suggested =
			conf_route_suggest(cases[i].wrong, out, sizeof(out));

		assert_int_equal(suggested, cases[i].right != NULL);
		if (suggested)
			assert_string_equal(out, cases[i].right);
	}
}

static void test_array(void **state)
{
	struct conf_route *r;
	struct conf c;
	size_t n;

	(void)state;
	takes(&c, "route 10.0.0.0/8\nroute default metric 3\nroute fd00::/8\n"
		  "route-exclude 192.0.2.1\n");
	assert_int_equal(conf_routes(&c, &c.route, &r, &n), 0);
	assert_int_equal(n, 4);
	is(&r[0], AF_INET, "10.0.0.0", 8, 0, 0);
	is(&r[1], AF_INET, "0.0.0.0", 0, 3, 0);
	is(&r[2], AF_INET6, "::", 0, 3, 0);
	is(&r[3], AF_INET6, "fd00::", 8, 0, 0);
	free(r);
	c.ipv6 = false;
	assert_int_equal(conf_routes(&c, &c.route, &r, &n), 0);
	assert_int_equal(n, 3);
	is(&r[2], AF_INET6, "fd00::", 8, 0, 0);
	free(r);
	assert_int_equal(conf_routes(&c, &c.route_exclude, &r, &n), 0);
	assert_int_equal(n, 1);
	is(&r[0], AF_INET, "192.0.2.1", 32, 0, 0);
	free(r);
	conf_free(&c);
	takes(&c, "route 10.0.0.0/8\n");
	assert_int_equal(conf_routes(&c, &c.route_exclude, &r, &n), 0);
	assert_int_equal(n, 0);
	free(r);
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
