// SPDX-License-Identifier: ISC
/*
 * OpenSSH's PerSourcePenalties (sshd_config(5), since 9.8) as a model, and
 * redial_next() against it.  tests/native/penalties.sh holds the same numbers
 * against a real sshd.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/reason.h"
#include "conf/conf.h"
#include "supervise/redial_delay.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SECOND	 INT64_C(1000)
#define MINUTE	 (60 * SECOND)
#define HOUR	 (60 * MINUTE)
#define NEVER_UP (-1)

/* The defaults of sshd 10. */
#define NONE	 INT64_C(0)
#define NOAUTH	 (1 * SECOND)
#define AUTHFAIL (5 * SECOND)
#define REFUSED	 (10 * SECOND) /* RefuseConnection */
#define GRACE	 (10 * SECOND)
#define CRASH	 (90 * SECOND)
#define LEAST	 (15 * SECOND) /* "min": what is not more is not enforced */
#define MOST	 (600 * SECOND)

/* What sshd keeps of one source. */
struct penalty {
	int64_t expiry;
	bool known, active;
};

static void expire(struct penalty *p, int64_t now)
{
	if (p->known && p->expiry < now)
		*p = (struct penalty){0};
}

static void penalise(struct penalty *p, int64_t now, int64_t amount)
{
	if (!amount)
		return;
	expire(p, now);
	p->expiry = (p->known ? p->expiry : now) + amount;
	p->known = true;
	if (p->expiry > now + MOST)
		p->expiry = now + MOST;
	p->active |= p->expiry - now > LEAST;
}

static bool banned(struct penalty *p, int64_t now)
{
	expire(p, now);
	return p->active;
}

/* --- the model itself --- */

/* How many of `amount`, `gap` apart, until one is turned away; 0 for never. */
static int tries_until_banned(int64_t amount, int64_t gap)
{
	struct penalty p = {0};

	for (int n = 0; n < 10000; n++) {
		if (banned(&p, n * gap))
			return n;
		penalise(&p, n * gap, amount);
	}
	return 0;
}

static void a_tight_loop_is_banned(void **state)
{
	(void)state;
	assert_int_equal(tries_until_banned(AUTHFAIL, 0), 4);
	assert_int_equal(tries_until_banned(AUTHFAIL, 50), 4);
	assert_int_equal(tries_until_banned(NOAUTH, 0), 16);
	assert_int_equal(tries_until_banned(NOAUTH, 50), 16);
	assert_int_equal(tries_until_banned(REFUSED, 0), 2);
	assert_int_equal(tries_until_banned(CRASH, 0), 1);
	/* a pause of a second is no help, one of the penalty is */
	assert_int_equal(tries_until_banned(AUTHFAIL, 1 * SECOND), 4);
	assert_int_equal(tries_until_banned(AUTHFAIL, 2 * SECOND), 5);
	assert_int_equal(tries_until_banned(AUTHFAIL, 4 * SECOND), 12);
	assert_int_equal(tries_until_banned(AUTHFAIL, AUTHFAIL), 0);
	assert_int_equal(tries_until_banned(NOAUTH, NOAUTH), 0);
}

static void a_ban_ends(void **state)
{
	struct penalty p = {0};

	(void)state;
	for (int n = 0; n < 4; n++)
		penalise(&p, 0, AUTHFAIL);
	assert_true(banned(&p, 20 * SECOND));
	assert_false(banned(&p, 20 * SECOND + 1));
	for (int n = 0; n < 1000; n++)
		penalise(&p, 30 * SECOND, AUTHFAIL);
	assert_true(banned(&p, 30 * SECOND + MOST));
	assert_false(banned(&p, 30 * SECOND + MOST + 1));
}

/* --- redial_next() --- */

/* How a session can end, and what sshd makes of it. */
struct ending {
	enum reason reason;
	int64_t penalty;
	int64_t takes; /* at least */
	bool link;     /* it may have had one */
};

static const struct ending endings[] = {
	{REASON_LOGIN_REFUSED, AUTHFAIL, 0, false},
	{REASON_LOGIN_CLOSED, AUTHFAIL, 0, false},
	{REASON_HOSTKEY_CHANGED, NOAUTH, 0, false},
	{REASON_HOSTKEY_UNKNOWN, NOAUTH, 0, false},
	{REASON_HANDSHAKE, NOAUTH, 0, false},
	{REASON_LOGIN_TIMEOUT, NOAUTH, 100, false},
	{REASON_LOGIN_TIMEOUT, GRACE, 2 * MINUTE, false},
	{REASON_CONNECT, NONE, 0, false},
	{REASON_CONNECT_TIMEOUT, NONE, 0, false},
	{REASON_IDENTITY, NONE, 0, false},
	{REASON_FAR_FAILED, NONE, 0, false},
	{REASON_FAR_NOT_FOUND, NONE, 0, false},
	{REASON_PPP_TIMEOUT, NONE, 0, false},
	{REASON_PPP_AUTH, NONE, 0, true},
	{REASON_PPPD_ENDED, NONE, 0, true},
	{REASON_FAR_ENDED, NONE, 0, true},
	{REASON_LINK_LOST, NONE, 0, true},
	{REASON_KEEPALIVE, NONE, 0, true},
};

static uint64_t rng;

static int64_t random_below(int64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (int64_t)(rng % (uint64_t)n);
}

static void seed_random(void)
{
	const char *seed = getenv("SEED");

	rng = seed ? strtoull(seed, NULL, 10) : 1;
	print_message("SEED=%llu replays this\n", (unsigned long long)rng);
}

/* The first is the default policy; each third has no wait but redial-min. */
static struct conf policy(int number)
{
	struct conf c = {
		.redial_min = 1 * SECOND,
		.redial_max = 1 * MINUTE,
		.gate_time = 30 * SECOND,
		.redial_first = true,
	};

	if (number) {
		c.redial_max = SECOND + random_below(20 * MINUTE);
		c.gate_time = random_below(MINUTE);
	}
	if (number % 3 == 1)
		c.redial_max = c.redial_min;
	return c;
}

static int64_t some_link(const struct conf *c, const struct ending *e)
{
	if (!e->link || random_below(2))
		return NEVER_UP;
	return random_below(random_below(2) ? SECOND : 2 * c->gate_time + 1);
}

/* Six hours of these endings after a first link, without a pause but for
 * redial's, at most `limit` long.  How often sshd turned it away. */
static int hours_of(const struct conf *c, const struct ending *of, size_t n,
		    int64_t limit)
{
	struct redial r;
	struct penalty p = {0};
	int64_t now = 0;
	int drops = 0;

	redial_init(&r, c);
	redial_next(&r, REASON_LINK_LOST, HOUR, 0);
	while (now < 6 * HOUR) {
		/* runs of one kind are as likely as a mixture */
		const struct ending *e = &of[random_below(n)];

		for (int64_t run = 1 + random_below(20); run; run--) {
			int64_t up = some_link(c, e), wait;

			drops += banned(&p, now);
			now += e->takes + (up > 0 ? up : 0);
			penalise(&p, now, e->penalty);
			wait = redial_next(
				       &r, e->reason, up,
				       (uint32_t)random_below(INT64_C(1) << 32))
				       .wait;
			now += wait < limit ? wait : limit;
		}
	}
	return drops;
}

static void no_ending_gets_us_banned(void **state)
{
	(void)state;
	seed_random();
	for (int i = 0; i < 60; i++) {
		struct conf c = policy(i);

		for (size_t e = 0; e < COUNT(endings); e++)
			assert_int_equal(
				hours_of(&c, &endings[e], 1, INT64_MAX), 0);
	}
}

static void no_mixture_gets_us_banned(void **state)
{
	(void)state;
	seed_random();
	for (int i = 0; i < 200; i++) {
		struct conf c = policy(i);

		assert_int_equal(
			hours_of(&c, endings, COUNT(endings), INT64_MAX), 0);
	}
}

/* These would: the test above can fail. */
static void shorter_waits_would(void **state)
{
	struct conf c = policy(0);

	(void)state;
	seed_random();
	assert_true(hours_of(&c, &endings[0], 1, 4 * SECOND) > 100);
	assert_true(hours_of(&c, endings, COUNT(endings), 1 * SECOND) > 100);
	assert_true(hours_of(&c, &endings[1], 1, 500) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tight_loop_is_banned),
		cmocka_unit_test(a_ban_ends),
		cmocka_unit_test(no_ending_gets_us_banned),
		cmocka_unit_test(no_mixture_gets_us_banned),
		cmocka_unit_test(shorter_waits_would),
	};

	return cmocka_run_group_tests_name("penalties", tests, NULL, NULL);
}
