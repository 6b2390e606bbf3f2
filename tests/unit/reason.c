/* SPDX-License-Identifier: ISC */
/* The table of reasons, and what pppd's exit statuses become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/pppd_status.h"
#include "base/reason.h"

static void every_reason_is_described(void **state)
{
	(void)state;
	for (int r = 0; r < REASON_COUNT; r++) {
		assert_non_null(reason_name(r));
		assert_true(*reason_name(r));
		assert_in_range(reason_exit_code(r), 0, 8);
	}
}

static void names_are_words_of_their_own(void **state)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz-";

	(void)state;
	for (int r = 0; r < REASON_COUNT; r++) {
		const char *name = reason_name(r);

		assert_int_equal(strspn(name, set), strlen(name));
		for (int other = 0; other < r; other++)
			assert_string_not_equal(name, reason_name(other));
	}
}

static void exit_codes_are_those_of_the_manual(void **state)
{
	static const struct {
		enum reason reason;
		int code;
	} want[] = {
		{REASON_ASKED, 0},	     {REASON_INTERNAL, 1},
		{REASON_USAGE, 2},	     {REASON_CONFIG, 2},
		{REASON_IDENTITY, 2},	     {REASON_CONNECT, 1},
		{REASON_HOSTKEY_UNKNOWN, 3}, {REASON_HOSTKEY_CHANGED, 3},
		{REASON_HOSTKEY_REVOKED, 3}, {REASON_LOGIN_REFUSED, 4},
		{REASON_LOGIN_CLOSED, 1},    {REASON_PPP_AUTH, 4},
		{REASON_NO_PPPD, 5},	     {REASON_NO_KERNEL_PPP, 5},
		{REASON_PPPD_OPTIONS, 5},    {REASON_PPPD_PRIVILEGE, 5},
		{REASON_FAR_NOT_FOUND, 7},   {REASON_FAR_FAILED, 7},
		{REASON_FAR_ENDED, 7},	     {REASON_LINK_LOST, 1},
		{REASON_PPP_TIMEOUT, 1},     {REASON_KEEPALIVE, 1},
		{REASON_MONITOR, 1},	     {REASON_NETWORK, 1},
		{REASON_ADDRESS, 1},	     {REASON_HOOK, 1},
		{REASON_GAVE_UP, 6},	     {REASON_BUSY, 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_int_equal(reason_exit_code(want[i].reason),
				 want[i].code);
}

static void only_asked_exits_with_0(void **state)
{
	(void)state;
	for (int r = 0; r < REASON_COUNT; r++)
		assert_int_equal(reason_exit_code(r) == 0,
				 r == REASON_ASKED || r == REASON_NONE);
}

static void what_time_cannot_mend_is_permanent(void **state)
{
	(void)state;
	for (int r = 0; r < REASON_COUNT; r++) {
		int code = reason_exit_code(r);
		bool want = code >= 2 && code != 7;

		assert_int_equal(reason_permanent(r), want);
	}
}

static void statuses_of_pppd(void **state)
{
	static const enum reason want[] = {
		REASON_PPPD_ENDED,	REASON_PPPD_ENDED,
		REASON_PPPD_OPTIONS,	REASON_PPPD_PRIVILEGE,
		REASON_NO_KERNEL_PPP,	REASON_PPPD_ENDED,
		REASON_PPPD_ENDED,	REASON_PPPD_ENDED,
		REASON_PPPD_ENDED,	REASON_PPPD_ENDED,
		REASON_PPP_NEGOTIATION, REASON_PPP_AUTH,
		REASON_PPPD_ENDED,	REASON_PPPD_ENDED,
		REASON_PPPD_ENDED,	REASON_PPPD_ENDED,
		REASON_PPPD_ENDED,	REASON_PPP_NEGOTIATION,
		REASON_PPPD_ENDED,	REASON_PPP_AUTH,
		REASON_PPPD_ENDED,	REASON_PPP_AUTH,
	};
	const int known = sizeof(want) / sizeof(*want);

	(void)state;
	for (int s = 0; s < 256; s++) {
		const char *text = NULL;
		enum reason r = pppd_status_reason(s, false, &text);

		assert_int_equal(r, s < known ? want[s] : REASON_PPPD_ENDED);
		assert_non_null(text);
		assert_true(*text);
	}
}

static void asked_of_pppd(void **state)
{
	(void)state;
	for (int s = -1; s < 257; s++) {
		const char *text = NULL;
		enum reason r = pppd_status_reason(s, false, &text);
		enum reason asked = pppd_status_reason(s, true, &text);

		if (reason_permanent(r))
			assert_int_equal(asked, r);
		else
			assert_int_equal(asked, REASON_ASKED);
		assert_non_null(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_described),
		cmocka_unit_test(names_are_words_of_their_own),
		cmocka_unit_test(exit_codes_are_those_of_the_manual),
		cmocka_unit_test(only_asked_exits_with_0),
		cmocka_unit_test(what_time_cannot_mend_is_permanent),
		cmocka_unit_test(statuses_of_pppd),
		cmocka_unit_test(asked_of_pppd),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
