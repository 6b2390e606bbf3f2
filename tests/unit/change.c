/* SPDX-License-Identifier: ISC */
/* Lines of a ledger: each reads back to itself, and nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "route/change.h"
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const good[] = {
	"slot 0",
	"slot 99",
	"unreachable 4 0.0.0.0/0 metric 4294967294 table 8300",
	"unreachable 6 fd55::/32 metric 4294967293 table 254",
	"throw 4 10.7.0.0/16 metric 0 table 8300 until-end",
	"rule 4 8300 account 998 until-held",
	"rule 6 8401 server fd01::77/128 port 65535 until-end",
	"rule 4 8500 main until-held",
	"rule 4 8600 table 8300 until-end",
	"address 6 fd66::1/64 dev ppp0 12",
	"route 4 10.0.0.0/8 dev ppp0 12 metric 0 table 254",
	"route 6 ::/0 dev office-line.1 4294967295 metric 1024 table 8399",
	"dns resolved ppp0 12 until-held",
	"dns resolvconf ppp0 12 until-end",
	"dns file ppp0 12 until-end",
	"slot 0 user 1000",
};

static const char *const bad[] = {
	"",
	" ",
	"slot",
	"slot ",
	"slot 100",
	"slot -1",
	"slot 00",
	"slot 0 ",
	" slot 0",
	"slot  0",
	"slot 0 0",
	"slot 0 user",
	"slot 0 user 0",
	"slot 0 user 4294967296",
	"slot 4294967296",
	"unreachable 5 0.0.0.0/0 metric 4294967294 table 8300",
	"unreachable 4 fd55::/32 metric 4294967294 table 8300",
	"unreachable 4 0.0.0.0/33 metric 4294967294 table 8300",
	"unreachable 4 0.0.0.0 metric 4294967294 table 8300",
	"unreachable 6 FD55::/32 metric 4294967294 table 8300",
	"unreachable 6 fd55:0::/32 metric 4294967294 table 8300",
	"rule 4 8400 server 10.0.0.1/32 port 0 until-held",
	"rule 4 8400 server 10.0.0.1/32 port 65536 until-held",
	"rule 4 8300 account 998 closed",
	"rule 4 8300 account 998",
	"rule 4 8300 main until-held extra",
	"rule 4 8300 flush until-held",
	"address 6 fd66::1/64 dev ppp/0 12",
	"address 6 fd66::1/64 dev a-name-of-16-char 12",
	"route 4 10.0.0.0/8 dev ppp0 12 metric 0 table",
	"route 4 10.0.0.0/8 dev ppp0 metric 0 table 254",
	"dns nobody ppp0 12 until-held",
};

static bool parses(const char *line, struct change *c)
{
	return change_parse(line, strlen(line), c);
}

static void test_good(void **state)
{
	char out[CHANGE_LINE];
	struct change c;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!parses(good[i], &c))
			fail_msg("%s", good[i]);
		assert_int_equal(change_format(out, &c), strlen(good[i]) + 1);
		assert_memory_equal(out, good[i], strlen(good[i]));
	}
	assert_true(parses(good[2], &c) && c.until_end);
	assert_true(parses(good[5], &c) && !c.until_end);
}

static void test_bad(void **state)
{
	char line[CHANGE_LINE * 2];
	struct change c;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (parses(bad[i], &c))
			fail_msg("%s", bad[i]);
	memset(line, '0', sizeof(line));
	memcpy(line, "slot ", 5);
	assert_false(change_parse(line, sizeof(line), &c));
	assert_false(change_parse("slot 0\0x", 8, &c));
}

/* A ledger that version 0.1 left is undone after an upgrade. */
static void test_old_words(void **state)
{
	static const struct {
		const char *old, *now;
	} lines[] = {
		{"twin 6 fd55::/32 metric 4294967293 table 254",
		 "unreachable 6 fd55::/32 metric 4294967293 table 254\n"},
		{"throw 4 10.7.0.0/16 metric 0 table 8300 kept",
		 "throw 4 10.7.0.0/16 metric 0 table 8300 until-end\n"},
		{"rule 4 8300 account 998 open",
		 "rule 4 8300 account 998 until-held\n"},
		{"dns file kept 12 kept", "dns file kept 12 until-end\n"},
		{"route 4 10.0.0.0/8 dev open 12 metric 0 table 254",
		 "route 4 10.0.0.0/8 dev open 12 metric 0 table 254\n"},
	};
	static const char *const wrong[] = {
		"twin 6 fd55::/32 metric 4294967293 table 254 kept",
		"twin twin 6 fd55::/32 metric 4294967293 table 254",
		"rule 4 8300 account 998 open open",
		"rule 4 8300 account 998 until-held open",
		"slot 0 kept",
		" kept",
		"twin ",
	};
	char out[CHANGE_LINE];
	struct change c;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_true(parses(lines[i].old, &c));
		change_format(out, &c);
		assert_string_equal(out, lines[i].now);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (parses(wrong[i], &c))
			fail_msg("%s", wrong[i]);
}

/* Whatever a byte becomes: what is taken is what is written. */
static void test_damaged(void **state)
{
	char line[CHANGE_LINE], out[CHANGE_LINE];
	size_t taken = 0, len;
	struct change c;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		len = strlen(good[i]);
		for (size_t at = 0; at < len * 256; at++) {
			memcpy(line, good[i], len);
			line[at / 256] = (char)(at % 256);
			if (!change_parse(line, len, &c))
				continue;
			taken++;
			assert_int_equal(change_format(out, &c), len + 1);
			assert_memory_equal(out, line, len);
		}
	}
	assert_true(taken > COUNT(good));
}

static void test_sorted(void **state)
{
	struct changes all = {0};
	struct change c;

	(void)state;
	for (size_t i = 0; i < 3 * COUNT(good); i++) {
		assert_true(parses(good[i % COUNT(good)], &c));
		assert_int_equal(changes_add(&all, &c), 0);
	}
	changes_sort(&all);
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(parses(good[i], &c));
		assert_non_null(changes_find(&all, &c));
		c.ifindex++;
		assert_null(changes_find(&all, &c));
	}
	changes_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_old_words),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
