/* SPDX-License-Identifier: ISC */
/* What is said to pppd, and what it says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "line/pppd.h"
#include <cmocka.h>

static struct conf c;

static int setup(void **state)
{
	static char nowhere[] = "/nonexistent";

	(void)state;
	memset(&c, 0, sizeof(c));
	strcpy(c.name, "office");
	c.pppd = nowhere;
	c.ipv6 = true;
	c.log_level = LOG_INFO;
	return 0;
}

/* The argument list as one line, each word between blanks. */
static const char *joined(const struct conf *conf, bool root, bool trace)
{
	static char line[16384];
	static struct pppd_args a;
	size_t n = 0;

	assert_int_equal(pppd_args(&a, conf, root, trace), 0);
	assert_null(a.v[a.n]);
	assert_string_equal(a.v[0], "pppd");
	line[n++] = ' ';
	for (size_t i = 1; i < a.n; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s ",
				      a.v[i]);
	return line;
}

static void has(const char *line, const char *words)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", words);
	if (!strstr(line, padded))
		fail_msg("no \"%s\" in%s", words, line);
}

static void has_not(const char *line, const char *words)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", words);
	if (strstr(line, padded))
		fail_msg("\"%s\" in%s", words, line);
}

static void options_of_the_machine_are_countered(void **state)
{
	static const char *const words[] = {
		"nodetach",	  "local",
		"nocrtscts",	  "asyncmap 0",
		"novj",		  "noccp",
		"nobsdcomp",	  "nodeflate",
		"nodefaultroute", "noproxyarp",
		"nopersist",	  "idle 0",
		"maxconnect 0",	  "lcp-echo-interval 0",
		"logfd 3",	  "lcp-echo-failure 0",
		"hide-password",  "ipparam sshdial:office",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		has(joined(&c, true, false), words[i]);
		has(joined(&c, false, false), words[i]);
	}
}

static void privileged_only_for_root(void **state)
{
	static const char *const words[] = {
		"noauth",
		"nolock",
		"linkname office",
		"ifname vpn0",
	};

	(void)state;
	c.interface = (char[]){"vpn0"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char first[16];

		sscanf(words[i], "%15s", first);
		has(joined(&c, true, false), words[i]);
		has_not(joined(&c, false, false), first);
	}
	c.linkname = (char[]){"other"};
	has(joined(&c, true, false), "linkname other");
}

static void addresses(void **state)
{
	const char *line;

	(void)state;
	line = joined(&c, true, false);
	has(line, "noipdefault");
	has(line, "ipcp-accept-local");
	has(line, "ipcp-accept-remote");
	assert_null(strchr(strstr(line, "sshdial:") + 8, ':'));

	c.local_address = (char[]){"192.0.2.1"};
	line = joined(&c, true, false);
	has(line, "192.0.2.1:");
	has_not(line, "ipcp-accept-local");
	has(line, "ipcp-accept-remote");

	c.remote_address = (char[]){"192.0.2.2"};
	line = joined(&c, true, false);
	has(line, "192.0.2.1:192.0.2.2");
	has_not(line, "ipcp-accept-remote");

	c.local_address = NULL;
	line = joined(&c, true, false);
	has(line, ":192.0.2.2");
	has(line, "noipdefault");
}

static void keys_become_options(void **state)
{
	const char *line = joined(&c, true, false);

	(void)state;
	has(line, "+ipv6");
	has(line, "nodefaultroute6");
	has_not(line, "noipv6");
	has_not(line, "mtu");
	has_not(line, "mru");
	has_not(line, "user");
	has_not(line, "debug");

	c.ipv6 = false;
	c.mtu = 1400;
	c.mru = 16384;
	c.ppp_user = (char[]){"a b"};
	line = joined(&c, false, false);
	has(line, "noipv6");
	has_not(line, "+ipv6");
	has(line, "mtu 1400");
	has(line, "mru 16384");
	has(line, "user a b");
}

/* pppd's scripts do not write resolv.conf where we may keep them from it. */
static void the_far_end_names_servers(void **state)
{
	(void)state;
	has_not(joined(&c, true, false), "usepeerdns");
	c.peer_dns = true;
	has(joined(&c, true, false), "usepeerdns set USEPEERDNS=");
	has(joined(&c, false, false), "usepeerdns");
	has_not(joined(&c, false, false), "set ");
}

static void the_far_end_authenticates(void **state)
{
	(void)state;
	c.peer_auth = PEER_AUTH_PAP;
	has(joined(&c, true, false), "require-pap");
	has_not(joined(&c, true, false), "noauth");
	has(joined(&c, false, false), "require-pap");
	c.peer_auth = PEER_AUTH_CHAP;
	has(joined(&c, true, false), "require-chap");
	has_not(joined(&c, true, false), "noauth");
}

static void traces(void **state)
{
	(void)state;
	has(joined(&c, true, true), "debug");
	c.log_level = LOG_DEBUG;
	has(joined(&c, true, false), "debug");
}

static void options_of_the_admin_come_last(void **state)
{
	struct pppd_args a;

	(void)state;
	c.pppd_option.n = 2;
	c.pppd_option.v = (char *[]){(char[]){"  auth \t user \"a  b\" "},
				     (char[]){"set A=\\\"x\\\\ \"\""}};
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	assert_string_equal(a.v[a.n - 6], "auth");
	assert_string_equal(a.v[a.n - 5], "user");
	assert_string_equal(a.v[a.n - 4], "a  b");
	assert_string_equal(a.v[a.n - 3], "set");
	assert_string_equal(a.v[a.n - 2], "A=\"x\\");
	assert_string_equal(a.v[a.n - 1], "");
}

static void open_quote(void **state)
{
	struct pppd_args a;

	(void)state;
	c.pppd_option.n = 1;
	c.pppd_option.v = (char *[]){(char[]){"user \"a b"}};
	assert_int_equal(pppd_args(&a, &c, true, false), -EINVAL);
}

static void too_many_words(void **state)
{
	static char many[2 * 200], big[CONF_LIST_MAX][1000];
	char *words[CONF_LIST_MAX] = {many};
	struct pppd_args a;
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? ' ' : 'x';
	c.pppd_option.n = 1;
	c.pppd_option.v = words;
	assert_int_equal(pppd_args(&a, &c, true, false), -E2BIG);
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_PPPD_OPTIONS);

	c.pppd_option.n = CONF_LIST_MAX;
	for (size_t i = 0; i < CONF_LIST_MAX; i++) {
		memset(big[i], 'x', sizeof(big[i]) - 1);
		words[i] = big[i];
	}
	assert_int_equal(pppd_args(&a, &c, true, false), -E2BIG);
}

/* Exactly as many as there is room for, with none for pppd_check()'s own. */
static void just_so_many_words(void **state)
{
	struct pppd_args a;
	char many[2 * PPPD_ARGS_MAX], why[200];
	size_t n;

	(void)state;
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	n = PPPD_ARGS_MAX - a.n;
	for (size_t i = 0; i < 2 * n; i++)
		many[i] = i % 2 ? ' ' : 'x';
	many[2 * n] = '\0';
	c.pppd_option.n = 1;
	c.pppd_option.v = (char *[]){many};
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	assert_int_equal(a.n, PPPD_ARGS_MAX);
	assert_null(a.v[PPPD_ARGS_MAX]);
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_PPPD_OPTIONS);
}

static void log_lines(void **state)
{
	static const struct {
		const char *line;
		enum pppd_event event;
		const char *value;
	} cases[] = {
		{"Using interface ppp0", PPPD_INTERFACE, "ppp0"},
		{"Connect: ppp0 <--> /dev/pts/3", PPPD_CONNECT, ""},
		{"local  IP address 192.168.45.2", PPPD_LOCAL, "192.168.45.2"},
		{"remote IP address 192.168.45.1", PPPD_REMOTE, "192.168.45.1"},
		{"local  LL address fe80::1c:2", PPPD_LOCAL6, "fe80::1c:2"},
		{"remote LL address fe80::1", PPPD_REMOTE6, "fe80::1"},
		{"Connection terminated.", PPPD_DOWN, ""},
		{"LCP terminated by peer (Peer not responding)", PPPD_DOWN, ""},
		{"LCP terminated by peer", PPPD_DOWN, ""},
		{"Modem hangup", PPPD_DOWN, ""},
		{"sent [LCP ConfReq id=0x1 <asyncmap 0x0>]", PPPD_DEBUG, ""},
		{"rcvd [LCP ConfAck id=0x1 <asyncmap 0x0>]", PPPD_DEBUG, ""},
		{"sent [IPCP ConfReq id=0x1 <addr 0.0.0.0>]", PPPD_LCP_UP, ""},
		{"sent [IPV6CP ConfReq id=0x1]", PPPD_LCP_UP, ""},
		{"sent [PAP AuthReq id=0x1 user=\"x\"]", PPPD_LCP_UP, ""},
		{"sent [CHAP Response id=0x1]", PPPD_LCP_UP, ""},
		{"rcvd [IPCP ConfReq id=0x1]", PPPD_DEBUG, ""},
		{"sent [IPCP ConfAck id=0x1]", PPPD_DEBUG, ""},
		{"PAP authentication succeeded", PPPD_OTHER, ""},
		{"Script /etc/ppp/ip-up started (pid 7)", PPPD_DEBUG, ""},
		{"using channel 1", PPPD_DEBUG, ""},
		{"Using interface", PPPD_OTHER, ""},
		{"Using interface ", PPPD_INTERFACE, ""},
		{" Connect: ppp0", PPPD_OTHER, ""},
		{"", PPPD_OTHER, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char value[64] = "before";

		if (pppd_parse_log(cases[i].line, value, sizeof(value)) !=
		    cases[i].event)
			fail_msg("\"%s\"", cases[i].line);
		assert_string_equal(value, cases[i].value);
	}
}

static void log_value_is_cut(void **state)
{
	char value[5];

	(void)state;
	assert_int_equal(pppd_parse_log("local  IP address 192.168.45.2", value,
					sizeof(value)),
			 PPPD_LOCAL);
	assert_string_equal(value, "192.");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(options_of_the_machine_are_countered),
		TEST(privileged_only_for_root),
		TEST(addresses),
		TEST(keys_become_options),
		TEST(the_far_end_names_servers),
		TEST(the_far_end_authenticates),
		TEST(traces),
		TEST(options_of_the_admin_come_last),
		TEST(open_quote),
		TEST(too_many_words),
		TEST(just_so_many_words),
		TEST(log_lines),
		TEST(log_value_is_cut),
	};

	return cmocka_run_group_tests_name("pppd", tests, NULL, NULL);
}
