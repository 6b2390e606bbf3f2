// SPDX-License-Identifier: ISC
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "conf/conf.h"
#include "route/plan.h"
#include <cmocka.h> /* behind failure.h, whose fail() is another */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void parse(struct conf *c, const char *text)
{
	struct conf_error e;

	assert_int_equal(conf_defaults(c, "office"), 0);
	if (conf_parse(c, "x.conf", text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
}

static void test_full_tunnel(void **state)
{
	static const struct {
		const char *text;
		bool full;
	} cases[] = {
		{"", false},
		{"route 10.0.0.0/8\n", false},
		{"route-exclude 0.0.0.0/0\n", false},
		{"route 0.0.0.0/0\n", true},
		{"route ::/0\n", true},
		{"route 10.0.0.0/8\nroute default metric 3\n", true},
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(&c, cases[i].text);
		assert_int_equal(plan_full_tunnel(&c), cases[i].full);
		conf_free(&c);
	}
}

static void test_needs_hook(void **state)
{
	static const char *const yes[] = {
		"route 10.0.0.0/8\n",
		"dns ::1\n",
		"dns-search x\n",
		"peer-dns yes\n",
		"up x\n",
		"down x\n",
		"local-address6 fd00::1/64\n",
	};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		parse(&c, yes[i]);
		assert_true(plan_needs_hook(&c));
		conf_free(&c);
	}
	parse(&c, "fail-closed yes\nroute-exclude 10.0.0.1\n");
	assert_false(plan_needs_hook(&c));
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_tunnel),
		cmocka_unit_test(test_needs_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
