// SPDX-License-Identifier: ISC
/* supervise/next_try.h: when the next session begins; and cause.h: why the
 * last one ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "supervise/cause.h"
#include "supervise/next_try.h"
#include "supervise/supervisor_state.h"
#include <cmocka.h> /* behind failure.h, whose fail() is another */
#undef fail

#define SLACK 200 /* ms that a busy machine may take between two lines */

static struct conf conf = {.redial_max = 60000};
static struct supervisor v;

static int setup(void **state)
{
	(void)state;
	memset(&v, 0, sizeof(v));
	v.conf = &conf;
	return loop_init(&v.loop, NULL, NULL, NULL);
}

static int teardown(void **state)
{
	(void)state;
	loop_close(&v.loop);
	return 0;
}

/* The timer runs, and is over in `ms`, but for what passed meanwhile. */
static void due_in(int64_t ms)
{
	int64_t left = v.next.timer.at - loop_now();

	assert_true(v.next.timer.armed);
	assert_true(left <= ms && left >= ms - SLACK);
}

static void a_delay(void **state)
{
	enum link_event e;

	(void)state;
	next_try_begun(&v);
	assert_int_equal(next_try_plan(&v, 5000, true), 5000);
	assert_int_equal(v.next.when, TRY_AFTER_DELAY);
	due_in(5000);
	v.next.timer.fn(&v.next.timer);
	assert_true(link_take(&v.events, &e));
	assert_int_equal(e, LINK_DIAL);
	next_try_cancel(&v);
	assert_false(v.next.timer.armed);
}

/* What was noted while a session ran is forgotten when the next one begins. */
static void at_once(void **state)
{
	(void)state;
	next_try_begun(&v);
	next_try_at_once(&v);
	assert_int_equal(next_try_plan(&v, 5000, true), 0);
	due_in(0);
	next_try_begun(&v);
	assert_false(v.next.timer.armed);
	assert_int_equal(next_try_plan(&v, 5000, true), 5000);
}

/* Without a route there is a slow timer, and never none. */
static void without_a_route(void **state)
{
	(void)state;
	for (int once = 0; once < 2; once++) {
		next_try_begun(&v);
		if (once)
			next_try_at_once(&v);
		next_try_plan(&v, 5000, false);
		assert_int_equal(v.next.when, TRY_WITH_ROUTE);
		due_in(60000);
	}
	next_try_begun(&v);
	next_try_plan(&v, 90000, false);
	due_in(90000);
	next_try_begun(&v);
	next_try_plan(&v, 5000, true);
	next_try_route_lost(&v);
	assert_int_equal(v.next.when, TRY_WITH_ROUTE);
	due_in(60000);
}

/* A route is back: at once, but not twice in a second, and never earlier than
 * a server that has refused the login may be asked again. */
static void early(void **state)
{
	static const enum reason refused[] = {REASON_LOGIN_REFUSED,
					      REASON_LOGIN_CLOSED};

	(void)state;
	next_try_begun(&v);
	next_try_plan(&v, 30000, false);
	next_try_early(&v);
	assert_int_equal(v.next.when, TRY_AFTER_DELAY);
	due_in(1000);
	v.next.dialed -= 5000;
	next_try_early(&v);
	due_in(0);
	for (int i = 0; i < 2; i++) {
		v.last.reason = refused[i];
		next_try_early(&v);
		due_in(30000);
	}
}

static void reasons(void **state)
{
	(void)state;
	fail(&v.attempt.end, REASON_FAR_ENDED, "the session's");
	cause_choose(&v);
	assert_int_equal(v.last.reason, REASON_FAR_ENDED);
	/* How pppd ended follows from the session's end, */
	fail(&v.line.end, REASON_PPPD_ENDED, "pppd's");
	cause_choose(&v);
	assert_int_equal(v.last.reason, REASON_FAR_ENDED);
	/* ours is before it, */
	fail(&v.cause, REASON_REDIAL, "ours");
	cause_choose(&v);
	assert_int_equal(v.last.reason, REASON_REDIAL);
	/* and that pppd cannot work here explains all. */
	v.line.end.reason = REASON_PPP_AUTH;
	cause_choose(&v);
	assert_int_equal(v.last.reason, REASON_PPP_AUTH);
}

/* A session that does not run has no cause, and is not ended. */
static void no_session_no_cause(void **state)
{
	enum link_event e;

	(void)state;
	cause_end_session(&v, REASON_NETWORK, "%s", "gone");
	supervisor_drop_link(&v, "wrong");
	assert_false(failure_is_set(&v.cause));
	assert_false(link_take(&v.events, &e));
	v.attempt.running = true;
	cause_end_session(&v, REASON_NETWORK, "%s", "gone");
	cause_end_session(&v, REASON_MONITOR, "%s", "silent");
	assert_int_equal(v.cause.reason, REASON_NETWORK);
	assert_true(link_take(&v.events, &e));
	assert_int_equal(e, LINK_LOST);
	assert_false(link_take(&v.events, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_delay, setup, teardown),
		cmocka_unit_test_setup_teardown(at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_route, setup,
						teardown),
		cmocka_unit_test_setup_teardown(early, setup, teardown),
		cmocka_unit_test_setup_teardown(reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(no_session_no_cause, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("next_try", tests, NULL, NULL);
}
