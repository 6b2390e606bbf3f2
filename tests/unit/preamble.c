/* SPDX-License-Identifier: ISC */
/* Text before the first frame, split at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "io/preamble.h"

#define FRAME "\x7e\xff\x7d\x23\xc0\x21\x7d\x21"

static size_t text(const char *bytes, size_t len, bool *frame)
{
	return preamble_text((const uint8_t *)bytes, len, frame);
}

static void nothing(void **state)
{
	bool frame = true;

	(void)state;
	assert_int_equal(text("", 0, &frame), 0);
	assert_false(frame);
}

static void frame_at_once(void **state)
{
	bool frame;

	(void)state;
	assert_int_equal(text(FRAME, sizeof(FRAME) - 1, &frame), 0);
	assert_true(frame);
}

static void only_text(void **state)
{
	static const char all[] = "sh: pppd: not found\r\n";
	bool frame;

	(void)state;
	assert_int_equal(text(all, sizeof(all) - 1, &frame), sizeof(all) - 1);
	assert_false(frame);
}

/* Offers the bytes as a session does, cut in two at `cut`. */
static void offer(const char *bytes, size_t len, size_t cut, size_t want)
{
	bool frame;
	size_t n = text(bytes, cut, &frame);

	assert_true(n <= want);
	assert_true(n <= cut);
	if (!frame)
		n += text(bytes + n, len - n, &frame);
	assert_true(frame);
	assert_int_equal(n, want);
}

static void split_at_every_byte(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, text;
	} cases[] = {
#define CASE(t) {t FRAME, sizeof(t FRAME) - 1, sizeof(t) - 1}
		CASE(""),
		CASE("Welcome to server\r\n"),
		CASE("a ~ b\n"),
		CASE("\x7e"),
		CASE("\x7e\x7e\xff"),
		CASE("\xff\x7d\x23 \x7e\xff \x7e\xff\x7d"),
		CASE("\x7e\xff\x7d\x7e"),
		CASE("nul \0 and so on"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t cut = 0; cut <= cases[i].len; cut++)
			offer(cases[i].bytes, cases[i].len, cut, cases[i].text);
}

static void holds_back_only_a_beginning(void **state)
{
	bool frame;

	(void)state;
	assert_int_equal(text("ab\x7e\xff\x7d", 5, &frame), 2);
	assert_false(frame);
	assert_int_equal(text("ab\x7e\xff\x7d\x20", 6, &frame), 6);
	assert_false(frame);
	assert_int_equal(text("\x7e\x7e\x7e", 3, &frame), 2);
	assert_false(frame);
}

static void first_of_two_frames(void **state)
{
	bool frame;

	(void)state;
	assert_int_equal(text("x" FRAME "y" FRAME, 2 * sizeof(FRAME), &frame),
			 1);
	assert_true(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(frame_at_once),
		cmocka_unit_test(only_text),
		cmocka_unit_test(split_at_every_byte),
		cmocka_unit_test(holds_back_only_a_beginning),
		cmocka_unit_test(first_of_two_frames),
	};

	return cmocka_run_group_tests_name("preamble", tests, NULL, NULL);
}
