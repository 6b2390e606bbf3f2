// SPDX-License-Identifier: ISC
/* route/repair.h on a kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/log.h"
#include "route/apply.h"
#include "route/ledger.h"
#include "route/repair.h"
#include <cmocka.h> /* behind failure.h, whose fail() is another */
#include "routes_common.h"

/* Ours alone: what the kernel adds by itself comes a moment later. */
static char *ours(char *out)
{
	return said("{ ip route show table all proto 83; "
		    "ip -6 route show table all proto 83; "
		    "ip rule; ip -6 rule; } | sed 's/ linkdown//'",
		    out, (size_t)TEXT);
}

/* What somebody else has removed is set again, and nothing else is touched. */
static void test_repair(void **state)
{
	static char set[TEXT], after[TEXT];
	struct conf *c = conf_of("office", CLOSED);
	struct failure f = {0};
	size_t missing = 1;

	(void)state;
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_int_equal(missing, 0); /* there is no ledger */
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	ours(set);
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_int_equal(missing, 0);
	assert_string_equal(set, ours(after));

	run("ip rule del pref 8600 && ip -6 rule del pref 8500");
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_int_equal(missing, 2);
	assert_string_equal(set, ours(after));

	run("ip route flush table 8300 && ip -6 route flush table 8300");
	assert_string_not_equal(set, ours(after));
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_true(missing > 2);
	assert_string_equal(set, ours(after));

	/* A link that is down has no routes; its address can be set. */
	run("ip link set ppp0 down && ip rule del pref 8600");
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_in_range(missing, 1, 2);
	run("ip link set ppp0 up");

	/* Undone is undone. */
	undoes("office", ROUTES_ALL);
	ours(set);
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	assert_int_equal(missing, 0);
	assert_string_equal(set, ours(after));
}

/* A hook at work is not waited for. */
static void test_repair_locked(void **state)
{
	struct conf *c = conf_of("office", CLOSED);
	struct failure f = {0};
	struct ledger g;
	size_t missing;

	(void)state;
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	assert_int_equal(ledger_open(&g, "office", false, &f), 1);
	assert_int_equal(routes_repair("office", &missing, &f), -EBUSY);
	assert_false(failure_is_set(&f));
	ledger_close(&g);
	assert_int_equal(routes_repair("office", &missing, &f), 0);
	undoes("office", ROUTES_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_repair),
		ON_MACHINE(test_repair_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
