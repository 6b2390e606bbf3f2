/* SPDX-License-Identifier: ISC */
/* Names of X servers, and cookies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "conf/display.h"

static void sockets(void **state)
{
	struct display d;

	(void)state;
	assert_true(display_parse(":0", &d));
	assert_string_equal(d.path, "/tmp/.X11-unix/X0");
	assert_string_equal(d.host, "");
	assert_int_equal(d.screen, 0);
	assert_true(display_parse("unix:12.3", &d));
	assert_string_equal(d.path, "/tmp/.X11-unix/X12");
	assert_int_equal(d.screen, 3);
	assert_true(display_parse("/tmp/launch-x/org.x:0", &d));
	assert_string_equal(d.path, "/tmp/launch-x/org.x:0");
}

static void hosts(void **state)
{
	struct display d;

	(void)state;
	assert_true(display_parse("localhost:10.0", &d));
	assert_string_equal(d.path, "");
	assert_string_equal(d.host, "localhost");
	assert_int_equal(d.port, 6010);
	assert_true(display_parse("[fd00::1]:2", &d));
	assert_string_equal(d.host, "fd00::1");
	assert_int_equal(d.port, 6002);
	assert_true(display_parse("10.0.0.1:59535", &d));
	assert_int_equal(d.port, 65535);
}

static void not_displays(void **state)
{
	static const char *const bad[] = {
		"",	      ":",	   "0",	     ":x",	 ":0.",
		":0.x",	      ":0.256",	   ":-1",    ":59536",	 "host",
		"host::0",    "-x:0",	   "a b:0",  "unix/x:0", "[]:0",
		"[fd00::1:0", ":00000001", ":0.0.0", "h$(x):0",
	};
	char path[200] = "/";
	struct display d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (display_parse(bad[i], &d))
			fail_msg("taken: \"%s\"", bad[i]);
	memset(path + 1, 'x', sizeof(path) - 2);
	assert_false(display_parse(path, &d));
}

static void cookies(void **state)
{
	static const uint8_t want[COOKIE_SIZE] = {0x00, 0x01, 0x9a,
						  0xbc, 0xDE, 0xff};
	uint8_t got[COOKIE_SIZE];

	(void)state;
	assert_true(display_cookie("00019aBCdeFf00000000000000000000", got));
	assert_memory_equal(got, want, sizeof(want));
	assert_false(display_cookie("00019aBCdeFf000000000000000000", got));
	assert_false(display_cookie("00019aBCdeFf0000000000000000000000", got));
	assert_false(display_cookie("00019aBCdeFg00000000000000000000", got));
	assert_false(display_cookie("", got));
}

static const uint8_t fake[COOKIE_SIZE] = "0123456789abcde";

static uint8_t *setup(char order, unsigned int name, unsigned int data)
{
	static uint8_t s[DISPLAY_SETUP_MAX];
	int high = order == 'B' ? 0 : 1;

	memset(s, 0, sizeof(s));
	s[0] = (uint8_t)order;
	s[6 + high] = (uint8_t)(name >> 8);
	s[7 - high] = (uint8_t)name;
	s[8 + high] = (uint8_t)(data >> 8);
	s[9 - high] = (uint8_t)data;
	memcpy(s + 12, COOKIE_PROTOCOL, strlen(COOKIE_PROTOCOL));
	memcpy(s + 32, fake, sizeof(fake));
	return s;
}

static void setups(void **state)
{
	static const char orders[] = "Bl";

	(void)state;
	for (int i = 0; i < 2; i++) {
		char order = orders[i];
		uint8_t *s = setup(order, 18, 16);

		assert_int_equal(display_setup_size(s), 48);
		assert_ptr_equal(display_setup_cookie(s, fake), s + 32);
		s[47] ^= 1;
		assert_null(display_setup_cookie(s, fake));
		s[47] ^= 1;
		s[12] ^= 1;
		assert_null(display_setup_cookie(s, fake));
		assert_null(display_setup_cookie(setup(order, 18, 15), fake));
		assert_null(display_setup_cookie(setup(order, 18, 0), fake));
		assert_null(display_setup_cookie(setup(order, 0, 16), fake));
		assert_int_equal(display_setup_size(setup(order, 0, 0)), 12);
		assert_int_equal(display_setup_size(setup(order, 64, 64)), 140);
		assert_int_equal(display_setup_size(setup(order, 65, 64)), 0);
		assert_int_equal(display_setup_size(setup(order, 65535, 65535)),
				 0);
	}
	assert_int_equal(display_setup_size(setup('x', 18, 16)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets),	cmocka_unit_test(hosts),
		cmocka_unit_test(not_displays), cmocka_unit_test(cookies),
		cmocka_unit_test(setups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
