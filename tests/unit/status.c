/* SPDX-License-Identifier: ISC */
/* What status prints: golden lines, and JSON whatever the texts hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "verbs/status_format.h"

#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)

typedef void print_fn(const struct control_status *s, FILE *out);

static void prints(print_fn *fn, const struct control_status *s,
		   const char *want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fn(s, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static struct control_status online(void)
{
	return (struct control_status){
		.pid = 10,
		.session_pid = 12,
		.pppd_pid = 11,
		.peer = "office",
		.state = "online",
		.interface = "ppp0",
		.local = "192.168.45.2",
		.remote = "192.168.45.1",
		.server = "10.1.0.2",
		.since = 2 * HOUR + 5 * 60 * SECOND,
		.up = 2 * HOUR + 5 * 60 * SECOND,
		.next_try = -1,
		.received = 1234567,
		.sent = 999,
		.rtt_us = 1500,
		.sessions = 3,
		.reason = "link-lost",
		.text = "the server closed the connection",
	};
}

static struct control_status held(void)
{
	struct control_status s = online();

	strcpy(s.state, "held");
	s.since = 41 * SECOND;
	s.up = -1;
	s.next_try = 1500;
	s.session_pid = 0;
	s.rtt_us = 0;
	return s;
}

static void a_line_for_people(void **state)
{
	struct control_status s = online();

	(void)state;
	prints(status_print, &s,
	       "office       online        2h05m  ppp0 192.168.45.2 -> "
	       "192.168.45.1  in 1.2M out 999B  rtt 1.5 ms  redials 3\n");
	s = held();
	prints(status_print, &s,
	       "office       held            41s  redials 3  next try in 2s  "
	       "link-lost: the server closed the connection\n");
	s = (struct control_status){
		.peer = "a", .state = "dialing", .up = -1, .next_try = -1};
	prints(status_print, &s, "a            dialing          0s\n");
	s.since = 100 * HOUR;
	prints(status_print, &s, "a            dialing       4d04h\n");
}

static void a_pipe_has_no_addresses(void **state)
{
	struct control_status s = online();

	(void)state;
	s.pipe = 1;
	s.interface[0] = s.local[0] = s.remote[0] = 0;
	s.sessions = 0;
	s.since = 61 * SECOND;
	prints(status_print, &s,
	       "office       online        1m01s  in 1.2M out 999B  "
	       "rtt 1.5 ms\n");
}

static void an_object_for_programs(void **state)
{
	struct control_status s = online();

	(void)state;
	prints(status_json, &s,
	       "{\"version\":1,\"peer\":\"office\",\"state\":\"online\","
	       "\"mode\":\"call\",\"since_ms\":7500000,\"up_ms\":7500000,"
	       "\"next_try_ms\":null,\"interface\":\"ppp0\","
	       "\"local\":\"192.168.45.2\",\"remote\":\"192.168.45.1\","
	       "\"server\":\"10.1.0.2\",\"received\":1234567,\"sent\":999,"
	       "\"rtt_us\":1500,\"redials\":3,"
	       "\"reason\":\"link-lost\","
	       "\"text\":\"the server closed the connection\",\"hook\":\"\","
	       "\"pid\":10,\"session_pid\":12,\"pppd_pid\":11,"
	       "\"forwards\":[]}");
	s = held();
	s.pipe = 1;
	s.pppd_pid = 0;
	s.forwards = 1;
	s.forward[0] = (struct control_forward){
		.state = 2, /* FORWARD_UNAVAILABLE */
		.text = "forward-remote 0:a:1",
		.open = 2,
		.received = 3,
		.sent = 4,
	};
	strcpy(s.text, "\"a\\b\"\n\x7f\xff");
	prints(status_json, &s,
	       "{\"version\":1,\"peer\":\"office\",\"state\":\"held\","
	       "\"mode\":\"pipe\",\"since_ms\":41000,\"up_ms\":null,"
	       "\"next_try_ms\":1500,\"interface\":\"ppp0\","
	       "\"local\":\"192.168.45.2\",\"remote\":\"192.168.45.1\","
	       "\"server\":\"10.1.0.2\",\"received\":1234567,\"sent\":999,"
	       "\"rtt_us\":null,\"redials\":3,"
	       "\"reason\":\"link-lost\","
	       "\"text\":\"\\\"a\\\\b\\\"\\u000a\\u007f\\ufffd\",\"hook\":\"\","
	       "\"pid\":10,\"session_pid\":null,\"pppd_pid\":null,"
	       "\"forwards\":[{\"state\":\"held\","
	       "\"forward\":\"forward-remote 0:a:1\",\"port\":null,"
	       "\"open\":2,\"received\":3,\"sent\":4}]}");
}

/* Valid characters pass; each byte of anything else becomes U+FFFD. */
static void an_object_is_utf_8(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"M\xc3\xbcller", "M\xc3\xbcller"},
		{"\xe2\x82\xac \xf0\x9f\x98\x80",
		 "\xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b\xc2\xa0", "\\u009b\xc2\xa0"},
		{"\xff", "\\ufffd"},
		{"a\xc3", "a\\ufffd"},
		{"\xc3x", "\\ufffdx"},
		{"\xe2\x82", "\\ufffd\\ufffd"},
		{"\xc0\x80", "\\ufffd\\ufffd"},
		{"\xe0\x9f\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct control_status s = online();
		char *out = NULL, want[80];
		size_t len;
		FILE *f = open_memstream(&out, &len);

		strcpy(s.text, cases[i].text);
		snprintf(want, sizeof(want), ",\"text\":\"%s\",",
			 cases[i].want);
		status_json(&s, f);
		fclose(f);
		if (!strstr(out, want))
			fail_msg("%zu: %s", i, out);
		free(out);
	}
}

static void bytes_have_units(void **state)
{
	static const struct {
		double bytes;
		const char *want;
	} cases[] = {{0, "0B"},		  {999, "999B"},  {1000, "1.0k"},
		     {999949, "999.9k"},  {1e6, "1.0M"},  {1.25e9, "1.2G"},
		     {3e12, "3.0T"},	  {4e15, "4.0P"}, {5e18, "5000.0P"},
		     {1.8e19, "18000.0P"}};
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			status_bytes(out, sizeof(out), cases[i].bytes),
			cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_for_people),
		cmocka_unit_test(a_pipe_has_no_addresses),
		cmocka_unit_test(an_object_for_programs),
		cmocka_unit_test(an_object_is_utf_8),
		cmocka_unit_test(bytes_have_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
