/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "conf/forward_spec.h"

static const struct sample {
	const char *text, *bind;
	int port;
	const char *host;
	int host_port;
} right[] = {
	{"4321:www.example.com:80", "localhost", 4321, "www.example.com", 80},
	{"*:4321:www:80", "", 4321, "www", 80},
	{":4321:www:80", "", 4321, "www", 80},
	{"localhost:1:a:65535", "localhost", 1, "a", 65535},
	{"127.0.0.1:65535:10.0.0.1:1", "127.0.0.1", 65535, "10.0.0.1", 1},
	{"[::1]:22:[2001:db8::1]:443", "::1", 22, "2001:db8::1", 443},
	{"[192.0.2.1]:22:[a]:443", "192.0.2.1", 22, "a", 443},
	{"22:[::1]:443", "localhost", 22, "::1", 443},
};

static const char *const wrong[] = {
	"",
	":",
	"80",
	"80:a",
	"80:a:",
	"80::80",
	"a:80:80",
	"80:a:0",
	"80:a:65536",
	"65536:a:80",
	"-1:a:80",
	" 80:a:80",
	"80:a:80 ",
	"80:a b:80",
	"::1:80:a:80",
	"[::1:80:a:80",
	"[::1]80:a:80",
	"80:[::1]x:80",
	"80:::1:80",
	"a:b:80:c:80",
	"80:a:80:b",
	"80:[a:80",
	"80:a]:80",
	"80:a:80:",
	"*:*:80:a:80",
};

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		for (int remote = 0; remote < 2; remote++) {
			const struct sample *s = &right[i];
			struct conf_forward f;

			if (!conf_forward_parse(s->text, remote, &f))
				fail_msg("%s", s->text);
			assert_int_equal(f.remote, remote);
			assert_string_equal(f.bind, s->bind);
			assert_int_equal(f.port, s->port);
			assert_string_equal(f.host, s->host);
			assert_int_equal(f.host_port, s->host_port);
		}
	}
}

static void test_wrong(void **state)
{
	char longest[600];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		for (int remote = 0; remote < 2; remote++) {
			struct conf_forward f = {.port = 7};

			if (conf_forward_parse(wrong[i], remote, &f))
				fail_msg("%s", wrong[i]);
			assert_int_equal(f.port, 7);
		}
	}
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "80:", 3);
	memcpy(longest + sizeof(longest) - 4, ":80", 4);
	assert_false(
		conf_forward_parse(longest, true, &(struct conf_forward){0}));
}

/* The server may choose a port and know names; we do neither. */
static void test_differ(void **state)
{
	struct conf_forward f;

	(void)state;
	assert_true(conf_forward_parse("0:a:80", true, &f));
	assert_int_equal(f.port, 0);
	assert_false(conf_forward_parse("0:a:80", false, &f));
	assert_true(conf_forward_parse("gate:80:a:80", true, &f));
	assert_string_equal(f.bind, "gate");
	assert_false(conf_forward_parse("gate:80:a:80", false, &f));
}

static void test_numbers(void **state)
{
	struct conf c;
	struct conf_error e;
	struct conf_forward f;
	char text[100];
	static const char lines[] = "forward-remote 0:b:2\n"
				    "forward-local 1:a:1\n"
				    "forward-remote 3:c:3\n";

	(void)state;
	assert_int_equal(conf_defaults(&c, "peer"), 0);
	assert_int_equal(conf_forwards(&c), 0);
	assert_int_equal(conf_parse(&c, "f", lines, strlen(lines), &e), 0);
	assert_int_equal(conf_forwards(&c), 3);
	conf_forward(&c, 0, &f);
	assert_false(f.remote);
	assert_int_equal(f.port, 1);
	conf_forward(&c, 2, &f);
	assert_true(f.remote);
	assert_int_equal(f.host_port, 3);
	assert_string_equal(conf_forward_text(&c, 0, text, sizeof(text)),
			    "forward-local 1:a:1");
	assert_string_equal(conf_forward_text(&c, 1, text, sizeof(text)),
			    "forward-remote 0:b:2");
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_differ),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
