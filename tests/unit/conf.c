/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/log.h"
#include "conf/conf.h"
#include "conf/keys.h"
#include "conf_common.h"
#include "conf_samples.h"

#define HUGE_SIZE 2000

static void test_samples_complete(void **state)
{
	(void)state;
	assert_int_equal(COUNT(samples), conf_key_count());
	for (size_t i = 0; i < conf_key_count(); i++)
		sample_of(conf_key(i));
}

static size_t size_of(const struct key *k)
{
	switch (k->kind) {
	case KEY_TEXT:
		return sizeof(char *);
	case KEY_LIST:
		return sizeof(struct conf_list);
	case KEY_NUMBER:
	case KEY_TIME:
	case KEY_WORD:
		return sizeof(int64_t);
	case KEY_YESNO:
		return sizeof(bool);
	}
	return 0;
}

/* Every field of struct conf has one row; only padding has none. */
static void test_fields(void **state)
{
	char rows[sizeof(struct conf)] = {0};
	size_t gap = 0;

	(void)state;
	memset(rows, 1, sizeof(((struct conf *)0)->name));
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);

		for (size_t j = 0; j < size_of(k); j++)
			assert_int_equal(rows[k->offset + j]++, 0);
	}
	for (size_t i = 0; i < sizeof(rows); i++) {
		gap = rows[i] ? 0 : gap + 1;
		assert_true(gap < sizeof(int64_t));
	}
}

static void test_defaults(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(conf_defaults(&c, "office"), 0);
	assert_string_equal(c.name, "office");
	assert_null(c.server);
	assert_int_equal(c.port, 22);
	assert_string_equal(c.user, "pppuser");
	assert_int_equal(c.identity.n, 1);
	assert_string_equal(c.identity.v[0], SYSCONFDIR "/sshdial/id_ed25519");
	assert_null(c.identity_agent);
	assert_int_equal(c.known_hosts.n, 3);
	assert_string_equal(c.known_hosts.v[0],
			    SYSCONFDIR "/sshdial/known_hosts");
	assert_string_equal(c.known_hosts.v[1], "/etc/ssh/ssh_known_hosts");
	assert_string_equal(c.known_hosts.v[2],
			    "/home/tester/.ssh/known_hosts");
	assert_int_equal(c.host_key_policy, POLICY_STRICT);
	assert_null(c.ciphers);
	assert_string_equal(c.remote_command, "sshdial-answer");
	assert_int_equal(c.address_family, FAMILY_ANY);
	assert_int_equal(c.connect_timeout, 10000);
	assert_int_equal(c.login_timeout, 20000);
	assert_int_equal(c.ppp_timeout, 30000);
	assert_string_equal(c.linkname, "office");
	assert_null(c.interface);
	assert_true(c.ipv6);
	assert_int_equal(c.mtu, 0);
	assert_int_equal(c.peer_auth, PEER_AUTH_NONE);
	assert_string_equal(c.pppd, "/usr/sbin/pppd");
	assert_int_equal(c.pppd_option.n, 0);
	assert_int_equal(c.log_level, LOG_INFO);
	reads_back(&c);
	conf_free(&c);
}

static void test_defaults_of_redial(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(conf_defaults(&c, "office"), 0);
	assert_int_equal(c.keepalive_interval, 5000);
	assert_int_equal(c.keepalive_count, 3);
	assert_true(c.tcp_keepalive);
	assert_int_equal(c.tcp_user_timeout, TIMEOUT_AUTO);
	assert_null(c.monitor);
	assert_int_equal(c.monitor_interval, 10000);
	assert_true(c.watch_route);
	assert_int_equal(c.hold, HOLD_YES);
	assert_int_equal(c.redial_min, 1000);
	assert_int_equal(c.redial_max, 60000);
	assert_int_equal(c.gate_time, 30000);
	assert_true(c.redial_first);
	assert_int_equal(c.max_redials, 0);
	assert_int_equal(c.max_lifetime, 0);
	assert_null(c.control_group);
	assert_int_equal(c.route.n, 0);
	assert_false(c.fail_closed);
	assert_false(c.peer_dns);
	assert_null(c.up);
	assert_string_equal(c.users, "none");
	conf_free(&c);
}

/* A word in the place of a time, and how the value reads. */
static void test_time_words(void **state)
{
	static const struct {
		const char *line;
		const char *key, *text;
		size_t offset;
		int64_t want;
	} cases[] = {
#define FIELD(f) offsetof(struct conf, f)
		{"hold no", "hold", "no", FIELD(hold), HOLD_NO},
		{"hold yes", "hold", "yes", FIELD(hold), HOLD_YES},
		{"hold 2", "hold", "2s", FIELD(hold), 2000},
		{"tcp-user-timeout no", "tcp-user-timeout", "no",
		 FIELD(tcp_user_timeout), TIMEOUT_NO},
		{"tcp-user-timeout auto", "tcp-user-timeout", "auto",
		 FIELD(tcp_user_timeout), TIMEOUT_AUTO},
		{"keepalive-interval 0", "keepalive-interval", "0",
		 FIELD(keepalive_interval), 0},
		{"max-lifetime 0", "max-lifetime", "0", FIELD(max_lifetime), 0},
		{"max-lifetime 1h", "max-lifetime", "1h", FIELD(max_lifetime),
		 3600 * 1000},
#undef FIELD
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got;
		struct conf c;

		takes(&c, cases[i].line);
		memcpy(&got, (char *)&c + cases[i].offset, sizeof(got));
		assert_int_equal(got, cases[i].want);
		assert_string_equal(value(&c, cases[i].key, 0), cases[i].text);
		conf_free(&c);
	}
}

/* What a key takes, for each kind of it. */
static void test_allowed(void **state)
{
	static const struct {
		const char *key, *allowed;
	} cases[] = {
		{"gate-time", "a time from 0s to 1d, such as 1500ms or 10s"},
		{"hold", "no, yes or a time from 100ms to 3650d, "
			 "such as 1500ms or 10s"},
		{"tcp-user-timeout", "no, auto or a time from 100ms to 1d, "
				     "such as 1500ms or 10s"},
		{"keepalive-interval", "0 or a time from 200ms to 1h, "
				       "such as 1500ms or 10s"},
		{"keepalive-count", "a number from 1 to 100"},
		{"mtu", "a number from 576 to 16384, or none"},
		{"watch-route", "yes or no"},
		{"address-family", "any, inet or inet6"},
		{"monitor", "an IPv4 or IPv6 address, or none"},
	};
	char allowed[160];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct key *k = key_find(cases[i].key);

		assert_non_null(k);
		assert_string_equal(key_allowed(k, allowed, sizeof(allowed)),
				    cases[i].allowed);
	}
	/* A buffer that is too small is filled and ended. */
	for (size_t size = 1; size < 80; size++) {
		const struct key *k = key_find("hold");

		memset(allowed, 'x', sizeof(allowed));
		key_allowed(k, allowed, size);
		assert_true(strlen(allowed) < size);
		assert_int_equal(allowed[size], 'x');
	}
}

/* What was freed is empty, and may be freed again. */
static void test_freed_twice(void **state)
{
	struct conf c;

	(void)state;
	takes(&c, "monitor ::1\ncontrol-group dip\n");
	conf_free(&c);
	assert_null(c.user);
	conf_free(&c);
}

/* Nobody has to have a home directory. */
static void test_no_home(void **state)
{
	struct conf_error e;
	struct conf c;

	(void)state;
	setenv("HOME", "relative", 1);
	takes(&c, "");
	assert_int_equal(c.known_hosts.n, 2);
	conf_free(&c);
	e = refuses("identity ~/id\n");
	starts(&e, FILE_NAME ":1: identity: \"~/id\" is not an absolute path");
	setenv("HOME", "/home/tester", 1);
	takes(&c, "identity ~/id\n");
	assert_string_equal(c.identity.v[0], "/home/tester/id");
	conf_free(&c);
}

static void key_takes(const struct key *k, const char *text)
{
	char line[256], allowed[160];
	struct conf c;

	snprintf(line, sizeof(line), " \t%s \t%s \t\r\n", k->name, text);
	takes(&c, line);
	if (k->kind != KEY_TIME)
		assert_string_equal(value(&c, k->name, 0), text);
	assert_string_equal(value(&c, k->name, 1), "");
	reads_back(&c);
	conf_free(&c);
	assert_true(*key_allowed(k, allowed, sizeof(allowed)));
	assert_true(strlen(allowed) < sizeof(allowed) - 1);
}

/* In the second line, and the message has file, line, key and `part`. */
static void key_refuses(const struct key *k, const char *text, const char *part)
{
	char lines[HUGE_SIZE + 128], start[64];
	struct conf_error e;

	snprintf(lines, sizeof(lines), "# one\n%s%s\n", k->name, text);
	e = refuses(lines);
	snprintf(start, sizeof(start), FILE_NAME ":2: %s: ", k->name);
	starts(&e, start);
	has(&e, part);
}

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct sample *s = sample_of(conf_key(i));

		key_takes(conf_key(i), s->right);
		key_takes(conf_key(i), s->other);
	}
}

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		const struct sample *s = sample_of(k);
		char text[128], allowed[160];

		if (!strcmp(key_allowed(k, allowed, sizeof(allowed)),
			    "a command, or none") ||
		    !strcmp(k->name, "remote-command"))
			continue; /* takes any text: test_control() */
		snprintf(text, sizeof(text), " %s", s->wrong);
		key_refuses(k, text, s->wrong);
		key_refuses(k, text, key_allowed(k, allowed, sizeof(allowed)));
	}
}

static void test_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		key_refuses(conf_key(i), "", "no value");
		key_refuses(conf_key(i), " \t ", "no value");
		key_refuses(conf_key(i), "\r", "no value");
	}
}

static void test_huge(void **state)
{
	char text[HUGE_SIZE + 2];

	(void)state;
	memset(text, 'a', HUGE_SIZE);
	text[HUGE_SIZE] = '\0';
	text[0] = ' ';
	for (size_t i = 0; i < conf_key_count(); i++)
		key_refuses(conf_key(i), text, "longer than 1024 bytes");
}

/* 1024 bytes are taken, and not with a home directory before them. */
static void test_longest(void **state)
{
	char line[CONF_VALUE_MAX + 32], start[] = "identity ";
	struct conf_error e;
	struct conf c;

	(void)state;
	memset(line, 'a', sizeof(line));
	memcpy(line, start, strlen(start));
	line[strlen(start) + CONF_VALUE_MAX] = '\0';
	line[strlen(start)] = '/';
	takes(&c, line);
	assert_int_equal(strlen(c.identity.v[0]), CONF_VALUE_MAX);
	reads_back(&c);
	conf_free(&c);
	memcpy(line + strlen(start), "~/", 2);
	e = refuses(line);
	has(&e, "is too long");
	has(&e, "aaa...\"");
}

static void test_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		const struct sample *s = sample_of(k);
		char text[256], start[64];
		struct conf_error e;
		struct conf c;

		snprintf(text, sizeof(text), "\n%s %s\n\n%s %s\n", k->name,
			 s->right, k->name, s->other);
		if (k->kind == KEY_LIST) {
			takes(&c, text);
			assert_string_equal(value(&c, k->name, 0), s->right);
			assert_string_equal(value(&c, k->name, 1), s->other);
			reads_back(&c);
			conf_free(&c);
			continue;
		}
		e = refuses(text);
		snprintf(start, sizeof(start), FILE_NAME ":4: %s: ", k->name);
		starts(&e, start);
		has(&e, "twice, first in line 2");
	}
}

/* "none" undoes what a file before said, and stands alone. */
static void test_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		const struct sample *s = sample_of(k);
		char text[256], more[128];
		struct conf_error e;
		struct conf c;

		if (!k->optional)
			continue;
		snprintf(text, sizeof(text), "%s %s\n", k->name, s->right);
		takes(&c, text);
		snprintf(text, sizeof(text), "%s none\n", k->name);
		assert_int_equal(conf_parse(&c, "2", text, strlen(text), &e),
				 0);
		assert_string_equal(value(&c, k->name, 0), "");
		reads_back(&c);
		conf_free(&c);
		if (k->kind != KEY_LIST)
			continue;
		snprintf(more, sizeof(more), "%s %s\n%s none\n", k->name,
			 s->right, k->name);
		e = refuses(more);
		has(&e, ":2: ");
		has(&e, "none cannot stand beside other values");
		strcat(text, more);
		e = refuses(text);
		has(&e, ":2: ");
		has(&e, "none cannot stand beside other values");
	}
}

/* Routes are many, and not one more than that. */
static void test_routes_full(void **state)
{
	static char text[CONF_ROUTES_MAX * 32];
	struct conf_error e;
	struct conf c;
	char *end = text;

	(void)state;
	for (int i = 0; i < CONF_ROUTES_MAX; i++)
		end += sprintf(end, "route 10.%d.%d.0/24\n", i / 256, i % 256);
	takes(&c, text);
	assert_int_equal(c.route.n, CONF_ROUTES_MAX);
	reads_back(&c);
	conf_free(&c);
	assert_null(c.route.v);
	strcpy(end, "route 10.255.0.0/16\n");
	e = refuses(text);
	starts(&e, FILE_NAME ":4097: route: \"10.255.0.0/16\" is one too many; "
			     "at most 4096");
}

static void test_list_full(void **state)
{
	char text[1024] = "";
	struct conf_error e;
	struct conf c;

	(void)state;
	for (int i = 0; i < CONF_LIST_MAX; i++)
		sprintf(text + strlen(text), "identity /id%d\n", i);
	takes(&c, text);
	assert_int_equal(c.identity.n, CONF_LIST_MAX);
	reads_back(&c);
	conf_free(&c);
	strcat(text, "identity /more\n");
	e = refuses(text);
	starts(&e, FILE_NAME
	       ":17: identity: \"/more\" is one too many; at most 16");
}

/* Some keys with right values; text has room for all of them. */
static void random_text(char *text)
{
	*text = '\0';
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		const struct sample *s = sample_of(k);
		size_t n = random_below(k->kind == KEY_LIST ? 5 : 2);

		if (k->optional && !random_below(5)) {
			text += sprintf(text, "%s none\n", k->name);
			continue;
		}
		while (n--)
			text += sprintf(text, "%s %s\n", k->name,
					random_below(2) ? s->right : s->other);
	}
}

/* Of n random texts: a tenth where each costs fifty times as much. */
static int rounds(int n)
{
	return getenv("FEWER") ? n / 10 : n;
}

static void test_print_reads_back(void **state)
{
	static char text[HUGE_SIZE * 8];
	char *end = text;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++)
		end += sprintf(end, "%s %s\n", samples[i].key,
			       samples[i].right);
	takes(&c, text);
	reads_back(&c);
	conf_free(&c);
	for (int i = 0; i < rounds(2000); i++) {
		random_text(text);
		takes(&c, text);
		reads_back(&c);
		conf_free(&c);
	}
}

static void mutate(char *text, size_t len)
{
	static const char likely[] = "\n\n \t#\"\\~/,-0\r\0\xff";
	size_t at = random_below(len), from = random_below(len), n;

	switch (random_below(4)) {
	case 0:
		text[at] = (char)random_below(256);
		break;
	case 1:
		text[at] = likely[random_below(sizeof(likely))];
		break;
	case 2: /* move a piece */
		n = random_below(len - (at > from ? at : from)) % 40;
		memmove(text + at, text + from, n);
		break;
	case 3: /* a digit more or less */
		text[at]++;
		break;
	}
}

/* Whatever the bytes: taken or refused with a sound message. */
static void test_random_bytes(void **state)
{
	static char text[HUGE_SIZE * 8];
	const char *seed = getenv("SEED");
	size_t taken = 0;

	(void)state;
	rng = seed ? strtoull(seed, NULL, 10) : 1;
	print_message("SEED=%llu replays this\n", (unsigned long long)rng);
	for (int i = 0; i < rounds(20000); i++) {
		struct conf_error e;
		struct conf c;
		size_t len;

		random_text(text);
		len = random_below(strlen(text)) + 1;
		for (size_t n = random_below(4); n; n--)
			mutate(text, len);
		if (parse_bytes(&c, text, len, &e))
			continue;
		taken++;
		reads_back(&c);
		conf_free(&c);
	}
	assert_true(taken > (size_t)rounds(1000));
	for (int i = 0; i < rounds(5000); i++) {
		struct conf_error e;
		struct conf c;

		for (size_t n = 0; n < 300; n++)
			text[n] = (char)random_below(256);
		if (!parse_bytes(&c, text, 300, &e))
			conf_free(&c);
	}
}

static int setup(void **state)
{
	(void)state;
	return setenv("HOME", "/home/tester", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_complete),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_defaults_of_redial),
		cmocka_unit_test(test_time_words),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_freed_twice),
		cmocka_unit_test(test_no_home),
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_list_full),
		cmocka_unit_test(test_routes_full),
		cmocka_unit_test(test_print_reads_back),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
