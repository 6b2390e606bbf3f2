/* SPDX-License-Identifier: ISC */
/* The rules of supervise/redial_delay.h, one by one, then in long histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "supervise/redial_delay.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define NEVER_UP  (-1)
#define HOUR	  (3600 * 1000)
#define DAY	  (24 * (int64_t)HOUR)
#define STEPS	  100000
#define ONE_OF(a) ((a)[random_below(COUNT(a))])

static const uint32_t chances[] = {
	0,	    1,		2,
	999,	    1000,	1001,
	0x7fffffff, 0x80000000, UINT32_MAX - 1,
	UINT32_MAX,
};

/* Numbers that are easy to tell apart. */
static struct conf some_conf(void)
{
	return (struct conf){
		.redial_min = 1000,
		.redial_max = 60 * 1000,
		.gate_time = 30 * 1000,
		.redial_first = true,
	};
}

static struct redial started(const struct conf *c)
{
	struct redial r;

	memset(&r, 0xff, sizeof(r));
	redial_init(&r, c);
	return r;
}

/* The next wait, where there has to be one. */
static int64_t wait_of(struct redial *r, enum reason reason, int64_t up_ms,
		       uint32_t chance)
{
	struct redial_verdict v = redial_next(r, reason, up_ms, chance);

	assert_false(v.give_up);
	assert_int_equal(v.reason, reason);
	return v.wait;
}

static void gives_up(struct redial *r, enum reason reason, int64_t up_ms,
		     enum reason why)
{
	struct redial_verdict v = redial_next(r, reason, up_ms, 0);

	assert_true(v.give_up);
	assert_int_equal(v.reason, why);
}

static uint64_t rng;

static size_t random_below(size_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void seed_random(void)
{
	const char *seed = getenv("SEED");

	rng = seed ? strtoull(seed, NULL, 10) : 1;
	print_message("SEED=%llu replays this\n", (unsigned long long)rng);
}

/* Whatever ended it. */
static void a_good_link_is_followed_at_once(void **state)
{
	struct conf c = some_conf();

	(void)state;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		for (size_t i = 0; i < COUNT(chances); i++) {
			struct redial r = started(&c);

			assert_int_equal(
				wait_of(&r, reason, c.gate_time, chances[i]),
				0);
			assert_int_equal(
				wait_of(&r, reason, 90 * DAY, chances[i]), 0);
		}
	}
}

/* Not more often than redial-min where the gate is open earlier. */
static void a_low_gate_makes_no_storm(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	c.gate_time = 0;
	assert_int_equal(wait_of(&r, REASON_FAR_ENDED, 0, 7), 1000);
	assert_int_equal(wait_of(&r, REASON_FAR_ENDED, 1, 7), 999);
	assert_int_equal(wait_of(&r, REASON_FAR_ENDED, 999, 7), 1);
	assert_int_equal(wait_of(&r, REASON_FAR_ENDED, 1000, 7), 0);
	assert_int_equal(wait_of(&r, REASON_FAR_ENDED, 5000, 7), 0);
	/* A session that never had a link is no good one. */
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 0), 1000);
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 1000), 2000);
}

/* Failures 1 to 40: the bound doubles, and chance reaches both ends of it. */
static void failures_double_the_bound(void **state)
{
	static const int64_t bound[] = {1000,  2000,  4000, 8000,
					16000, 32000, 60000};
	struct conf c = some_conf();

	(void)state;
	for (size_t i = 0; i < COUNT(chances); i++) {
		struct redial r = started(&c);

		for (size_t n = 0; n < 40; n++) {
			int64_t high = bound[n < COUNT(bound) ? n : 6];
			struct redial low_r = r, high_r = r;

			assert_int_equal(
				wait_of(&low_r, REASON_CONNECT, NEVER_UP, 0),
				1000);
			assert_int_equal(wait_of(&high_r, REASON_CONNECT,
						 NEVER_UP,
						 (uint32_t)(high - 1000)),
					 high);
			assert_in_range(wait_of(&r, REASON_CONNECT, NEVER_UP,
						chances[i]),
					1000, high);
		}
	}
}

/* The chances are spread over the whole of the bound. */
static void jitter_is_spread(void **state)
{
	unsigned int tenth[10] = {0};
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	seed_random();
	for (int i = 0; i < 50; i++)
		wait_of(&r, REASON_CONNECT, NEVER_UP, 0);
	for (int i = 0; i < 10000; i++) {
		int64_t wait = wait_of(&r, REASON_CONNECT, NEVER_UP,
				       (uint32_t)random_below(1ULL << 32));

		tenth[(wait - 1000) * 10 / 59001]++;
	}
	for (size_t i = 0; i < COUNT(tenth); i++)
		assert_in_range(tenth[i], 800, 1200);
}

/* The ends of what the keys take: nothing overflows. */
static void extremes(void **state)
{
	static const int64_t limits[][2] = {
		{10, 10}, {10, DAY}, {DAY, DAY}, {DAY - 1, DAY}, {10, 11}};

	(void)state;
	for (size_t l = 0; l < COUNT(limits); l++) {
		struct conf c = some_conf();
		struct redial r = started(&c);

		c.redial_min = limits[l][0];
		c.redial_max = limits[l][1];
		r.sessions = r.failures = r.refusals = UINT64_MAX / 2;
		r.was_up = true;
		for (size_t i = 0; i < COUNT(chances); i++) {
			assert_in_range(wait_of(&r, REASON_CONNECT, NEVER_UP,
						chances[i]),
					c.redial_min, c.redial_max);
			assert_in_range(wait_of(&r, REASON_LOGIN_REFUSED,
						NEVER_UP, chances[i]),
					REDIAL_REFUSED_MAX, DAY);
		}
	}
}

/* autossh forgets after a failure that took long; here only a link counts
 * that was up, and to the millisecond. */
static void only_a_good_link_forgets(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	for (int n = 0; n < 10; n++)
		wait_of(&r, REASON_CONNECT_TIMEOUT, NEVER_UP, 0);
	assert_int_equal(wait_of(&r, REASON_LINK_LOST, 0, 59000), 60000);
	assert_int_equal(wait_of(&r, REASON_LINK_LOST, c.gate_time - 1, 59000),
			 60000);
	assert_int_equal(wait_of(&r, REASON_LINK_LOST, c.gate_time, 59000), 0);
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 59000), 1000);
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 1000), 2000);
}

/* autossh: other exit statuses than 0, 1, 2 and 255 end it for good. */
static void before_the_first_link(void **state)
{
	struct conf c = some_conf();

	(void)state;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		struct redial r = started(&c);

		/* not only for the first session */
		for (int n = 0; n < 3; n++)
			wait_of(&r, REASON_CONNECT, NEVER_UP, 0);
		if (reason_permanent(reason))
			gives_up(&r, reason, NEVER_UP, reason);
		else if (reason == REASON_REDIAL)
			assert_int_equal(wait_of(&r, reason, NEVER_UP, 0), 0);
		else
			assert_int_equal(wait_of(&r, reason, NEVER_UP, 7000),
					 reason == REASON_LOGIN_CLOSED
						 ? REDIAL_REFUSED_MIN
						 : 8000);
	}
}

/* autossh cannot tell a changed host key from a lost network. */
static void after_the_first_link(void **state)
{
	struct conf c = some_conf();

	(void)state;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		int64_t want = reason_permanent(reason) ? c.redial_max : 2000;

		if (reason == REASON_REDIAL)
			want = 0;
		if (reason == REASON_LOGIN_CLOSED)
			want = REDIAL_REFUSED_MIN;
		for (size_t i = 0; i < COUNT(chances); i++) {
			struct redial r = started(&c);
			uint32_t chance = want == 2000 ? 1000 : chances[i];

			/* a link need not be a good one for that */
			wait_of(&r, REASON_LINK_LOST, 0, 0);
			assert_int_equal(wait_of(&r, reason, NEVER_UP, chance),
					 want);
		}
	}
}

/* The session that has the first link may end for a permanent reason. */
static void the_first_link_counts_for_its_own_end(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	assert_int_equal(wait_of(&r, REASON_PPP_AUTH, 10, 0), c.redial_max);
}

static void refused_logins(void **state)
{
	static const int64_t want[] = {15, 30, 60, 120, 240, 480, 600, 600};
	struct conf c = some_conf();

	(void)state;
	c.redial_max = 2000;
	for (size_t i = 0; i < COUNT(chances); i++) {
		struct redial r = started(&c);

		wait_of(&r, REASON_LINK_LOST, HOUR, 0);
		for (size_t n = 0; n < COUNT(want); n++) {
			assert_int_equal(wait_of(&r, REASON_LOGIN_REFUSED,
						 NEVER_UP, chances[i]),
					 want[n] * 1000);
			/* Others between do not make it forget. */
			assert_in_range(wait_of(&r, REASON_CONNECT, NEVER_UP,
						chances[i]),
					1000, 2000);
		}
		wait_of(&r, REASON_LINK_LOST, HOUR, 0);
		assert_int_equal(wait_of(&r, REASON_LOGIN_REFUSED, NEVER_UP, 0),
				 15000);
	}
}

static void refused_logins_keep_to_redial_max(void **state)
{
	static const int64_t want[] = {60, 60, 60, 120, 240, 480, 600, 600};
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	wait_of(&r, REASON_LINK_LOST, HOUR, 0);
	for (size_t n = 0; n < COUNT(want); n++)
		assert_int_equal(
			wait_of(&r, REASON_LOGIN_REFUSED, NEVER_UP, UINT32_MAX),
			want[n] * 1000);
	c.redial_max = DAY;
	assert_int_equal(wait_of(&r, REASON_LOGIN_REFUSED, NEVER_UP, 1), DAY);
}

/* In total, good links or not; autossh exits with 0 there. */
static void max_redials(void **state)
{
	struct conf c = some_conf();

	(void)state;
	for (int64_t max = 1; max < 50; max++) {
		struct redial r = started(&c);

		c.max_redials = max;
		for (int64_t n = 0; n < max; n++)
			wait_of(&r, REASON_LINK_LOST, n % 3 ? NEVER_UP : HOUR,
				0);
		gives_up(&r, REASON_LINK_LOST, HOUR, REASON_GAVE_UP);
	}
	assert_int_equal(reason_exit_code(REASON_GAVE_UP), 6);
}

/* A reason that would have ended it anyhow says more. */
static void max_redials_and_a_permanent_reason(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	c.max_redials = 1;
	wait_of(&r, REASON_CONNECT, NEVER_UP, 0);
	gives_up(&r, REASON_HOSTKEY_CHANGED, NEVER_UP, REASON_HOSTKEY_CHANGED);
	r = started(&c);
	wait_of(&r, REASON_LINK_LOST, 5, 0);
	gives_up(&r, REASON_HOSTKEY_CHANGED, NEVER_UP, REASON_GAVE_UP);
}

static void no_max_redials(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	for (int n = 0; n < STEPS; n++)
		wait_of(&r, REASON_CONNECT, NEVER_UP, n);
}

static void redial_first_no(void **state)
{
	struct conf c = some_conf();

	(void)state;
	c.redial_first = false;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		struct redial r = started(&c);

		if (reason == REASON_REDIAL)
			continue;
		gives_up(&r, reason, NEVER_UP, reason);
		r = started(&c);
		gives_up(&r, reason, c.gate_time - 1, reason);
		/* After a good link it is as ever. */
		r = started(&c);
		wait_of(&r, reason, c.gate_time, 0);
		wait_of(&r, reason, NEVER_UP, 0);
	}
}

/* A redial that was asked for counts for nothing and changes nothing. */
static void asked_for(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);

	(void)state;
	c.redial_first = false;
	c.max_redials = 2;
	for (int n = 0; n < 100; n++)
		assert_int_equal(wait_of(&r, REASON_REDIAL, 5, UINT32_MAX), 0);
	gives_up(&r, REASON_LINK_LOST, 5, REASON_LINK_LOST);
	assert_int_equal(r.sessions, 101);
	r = started(&c);
	assert_int_equal(wait_of(&r, REASON_REDIAL, HOUR, UINT32_MAX), 0);
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 0), 1000);
	assert_int_equal(wait_of(&r, REASON_REDIAL, NEVER_UP, 0), 0);
	assert_int_equal(wait_of(&r, REASON_CONNECT, NEVER_UP, 1000), 2000);
	gives_up(&r, REASON_CONNECT, NEVER_UP, REASON_GAVE_UP);
}

/* What redial.h says of a wait, written another way. */
static void check_wait(const struct conf *c, enum reason reason, int64_t up_ms,
		       int64_t wait)
{
	int64_t most = c->redial_max > REDIAL_REFUSED_MAX ? c->redial_max
							  : REDIAL_REFUSED_MAX;

	assert_true(wait >= 0);
	if (up_ms >= c->gate_time) {
		assert_true(wait <= c->redial_min);
		assert_true(wait + up_ms >= c->redial_min);
		assert_true(!wait || wait + up_ms == c->redial_min);
		return;
	}
	assert_true(wait >= c->redial_min);
	if (reason == REASON_LOGIN_REFUSED) {
		assert_in_range(wait, REDIAL_REFUSED_MIN, most);
		assert_true(wait >= c->redial_max);
	} else if (reason == REASON_LOGIN_CLOSED) {
		assert_true(wait >= REDIAL_REFUSED_MIN);
		assert_true(wait <= c->redial_max ||
			    wait == REDIAL_REFUSED_MIN);
	} else {
		assert_true(wait <= c->redial_max);
	}
	if (reason_permanent(reason))
		assert_true(wait >= c->redial_max);
}

static int64_t random_up(const struct conf *c)
{
	switch (random_below(6)) {
	case 0:
		return (int64_t)random_below(c->gate_time + 1);
	case 1:
		return c->gate_time + (int64_t)random_below(HOUR);
	}
	return NEVER_UP;
}

/* The history of some conf after a first link; how long it took. */
static void long_history(const struct conf *c)
{
	struct redial r = started(c);
	int64_t passed = 0, refused_at = INT64_MIN / 2;
	uint64_t failures = 0;

	wait_of(&r, REASON_LINK_LOST, 0, 0);
	for (int64_t n = 1; n <= STEPS; n++) {
		enum reason reason = random_below(REASON_COUNT);
		int64_t up = random_up(c), wait;

		if (reason == REASON_REDIAL)
			reason = REASON_CONNECT;
		/* No time passes but what redial asks for and links take. */
		passed += up > 0 ? up : 0;
		wait = wait_of(&r, reason, up,
			       (uint32_t)random_below(1ULL << 32));
		check_wait(c, reason, up, wait);
		failures = up >= c->gate_time ? 0 : failures + 1;
		if (failures && failures < 20 && !reason_permanent(reason) &&
		    reason != REASON_LOGIN_CLOSED)
			assert_true(wait <= c->redial_min << failures);
		if (reason == REASON_LOGIN_REFUSED && up == NEVER_UP) {
			assert_true(passed - refused_at >= REDIAL_REFUSED_MIN);
			refused_at = passed;
		}
		passed += wait;
		/* Never more than one session a redial-min. */
		assert_true(passed >= n * c->redial_min);
	}
	assert_int_equal(r.sessions, STEPS + 1);
}

static void long_histories(void **state)
{
	static const int64_t mins[] = {10, 1000, 7000, HOUR};
	static const int64_t gates[] = {0, 500, 30 * 1000, 2 * HOUR};

	(void)state;
	seed_random();
	for (int i = 0; i < 8; i++) {
		struct conf c = some_conf();

		c.redial_min = ONE_OF(mins);
		c.redial_max = c.redial_min + (int64_t)random_below(2 * HOUR);
		c.gate_time = ONE_OF(gates);
		c.redial_first = random_below(2);
		if (!c.redial_first)
			c.gate_time = 0;
		long_history(&c);
	}
}

/* A dead server for a day: few tries, and a history makes no difference. */
static void a_dead_server_is_asked_seldom(void **state)
{
	struct conf c = some_conf();
	struct redial r = started(&c);
	int64_t passed = 0;
	int tries = 0;

	(void)state;
	seed_random();
	while (passed < DAY) {
		passed += wait_of(&r, REASON_CONNECT, NEVER_UP,
				  (uint32_t)random_below(1ULL << 32));
		tries++;
	}
	/* a wait is half a minute on average */
	assert_in_range(tries, DAY / 34000, DAY / 27000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_link_is_followed_at_once),
		cmocka_unit_test(a_low_gate_makes_no_storm),
		cmocka_unit_test(failures_double_the_bound),
		cmocka_unit_test(jitter_is_spread),
		cmocka_unit_test(extremes),
		cmocka_unit_test(only_a_good_link_forgets),
		cmocka_unit_test(before_the_first_link),
		cmocka_unit_test(after_the_first_link),
		cmocka_unit_test(the_first_link_counts_for_its_own_end),
		cmocka_unit_test(refused_logins),
		cmocka_unit_test(refused_logins_keep_to_redial_max),
		cmocka_unit_test(max_redials),
		cmocka_unit_test(max_redials_and_a_permanent_reason),
		cmocka_unit_test(no_max_redials),
		cmocka_unit_test(redial_first_no),
		cmocka_unit_test(asked_for),
		cmocka_unit_test(long_histories),
		cmocka_unit_test(a_dead_server_is_asked_seldom),
	};

	return cmocka_run_group_tests_name("redial", tests, NULL, NULL);
}
