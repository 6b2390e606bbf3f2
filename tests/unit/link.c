/* SPDX-License-Identifier: ISC */
/* The table of link.c, cell by cell, and what has to be true of any such. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "supervise/link.h"

/* One cell: where it leads, NULL for nowhere, and what is done. */
struct want {
	const char *next, *action;
};

static const char *const action_name[LINK_ACTIONS] = {
	[LINK_DO_NOTHING] = "",	       [LINK_DO_DIAL] = "DIAL",
	[LINK_DO_NOTE_UP] = "NOTE_UP", [LINK_DO_NEGOTIATE] = "NEGOTIATE",
	[LINK_DO_UP] = "UP",	       [LINK_DO_READY] = "READY",
	[LINK_DO_SETTLE] = "SETTLE",   [LINK_DO_PLAN] = "PLAN",
	[LINK_DO_CUT] = "CUT",	       [LINK_DO_DROP] = "DROP",
	[LINK_DO_HANGUP] = "HANGUP",   [LINK_DO_CHECK] = "CHECK",
	[LINK_DO_FORCE] = "FORCE",     [LINK_DO_END] = "END",
};

/* clang-format off */
#define STAY {NULL, ""}
static const struct {
	const char *event;
	struct want cell[LINK_STATES]; /* in the order of enum link_state */
} table[] = {
	{ "dial", {
		{ "dialing", "DIAL" }, { "dialing", "DIAL" }, STAY,
		STAY, STAY, STAY, STAY, STAY } },
	{ "exec", {
		STAY, STAY, { "negotiating", "NEGOTIATE" }, STAY,
		STAY, STAY, STAY, STAY } },
	{ "up", {
		STAY, STAY, { "dialing", "NOTE_UP" }, { "online", "UP" },
		{ "online", "UP" }, STAY, STAY, STAY } },
	{ "far ended", {
		STAY, STAY, { "settling", "SETTLE" },
		{ "settling", "SETTLE" }, { "settling", "SETTLE" },
		STAY, { "hanging-up", "CUT" }, STAY } },
	{ "session ended", {
		STAY, STAY, { "held", "PLAN" }, { "held", "PLAN" },
		{ "held", "PLAN" }, { "held", "PLAN" },
		{ "hanging-up", "CUT" }, STAY } },
	{ "carrier ended", {
		STAY, STAY, { "down", "PLAN" }, { "down", "PLAN" },
		{ "down", "PLAN" }, { "down", "PLAN" },
		{ "hanging-up", "CUT" }, STAY } },
	{ "pppd ended", {
		STAY, { "down", "" }, { "dialing", "DROP" },
		{ "negotiating", "DROP" }, { "online", "DROP" },
		{ "down", "PLAN" }, { "hanging-up", "DROP" }, STAY } },
	{ "hold over", {
		STAY, { "down", "CUT" }, STAY, STAY, STAY, STAY, STAY,
		STAY } },
	{ "redial", {
		{ "dialing", "DIAL" }, { "dialing", "DIAL" },
		{ "dialing", "DROP" }, { "negotiating", "DROP" },
		{ "online", "DROP" }, STAY, STAY, STAY } },
	{ "lost", {
		STAY, STAY, { "dialing", "DROP" },
		{ "negotiating", "DROP" }, { "online", "DROP" }, STAY,
		STAY, STAY } },
	{ "unusable", {
		STAY, STAY, { "dialing", "CUT" },
		{ "negotiating", "CUT" }, { "online", "CUT" }, STAY,
		STAY, STAY } },
	{ "ready", {
		STAY, STAY, STAY, STAY, { "online", "READY" }, STAY,
		STAY, STAY } },
	{ "stop", {
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" }, { "hanging-up", "CUT" },
		STAY } },
	{ "give up", {
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" },
		{ "hanging-up", "HANGUP" }, STAY, STAY } },
	{ "force", {
		STAY, STAY, STAY, STAY, STAY, STAY,
		{ "hanging-up", "FORCE" }, STAY } },
	{ "part ended", {
		STAY, STAY, STAY, STAY, STAY, STAY,
		{ "hanging-up", "CHECK" }, STAY } },
	{ "gone", {
		STAY, STAY, STAY, STAY, STAY, STAY,
		{ "ended", "END" }, STAY } },
};
/* clang-format on */

_Static_assert(sizeof(table) / sizeof(table[0]) == LINK_EVENTS,
	       "an event has no row");

static void every_cell(void **state)
{
	(void)state;
	for (int e = 0; e < LINK_EVENTS; e++) {
		assert_string_equal(link_event_name(e), table[e].event);
		for (int s = 0; s < LINK_STATES; s++) {
			const struct want *w = &table[e].cell[s];
			const char *from = link_state_name(s);
			struct link_step step = link_step(s, e);

			assert_in_range(step.next, 0, LINK_STATES - 1);
			assert_in_range(step.action, 0, LINK_ACTIONS - 1);
			if (strcmp(link_state_name(step.next),
				   w->next ? w->next : from) ||
			    strcmp(action_name[step.action], w->action))
				fail_msg("%s in %s leads to %s and does \"%s\"",
					 table[e].event, from,
					 link_state_name(step.next),
					 action_name[step.action]);
		}
	}
}

static void names_are_unique(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_STATES; s++) {
		assert_true(*link_state_name(s));
		for (int other = 0; other < s; other++)
			assert_string_not_equal(link_state_name(s),
						link_state_name(other));
	}
	for (int e = 0; e < LINK_EVENTS; e++) {
		assert_true(*link_event_name(e));
		for (int other = 0; other < e; other++)
			assert_string_not_equal(link_event_name(e),
						link_event_name(other));
	}
}

static void nothing_happens_in_ended(void **state)
{
	(void)state;
	for (int e = 0; e < LINK_EVENTS; e++) {
		struct link_step step = link_step(LINK_ENDED, e);

		assert_int_equal(step.next, LINK_ENDED);
		assert_int_equal(step.action, LINK_DO_NOTHING);
	}
}

/* The end: nothing else leads there, and it is the only such step. */
static void ended_is_reached_by_gone_only(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_ENDED; s++) {
		for (int e = 0; e < LINK_EVENTS; e++) {
			struct link_step step = link_step(s, e);

			assert_int_equal(step.next == LINK_ENDED,
					 s == LINK_HANGING_UP &&
						 e == LINK_GONE);
			assert_int_equal(step.action == LINK_DO_END,
					 step.next == LINK_ENDED);
		}
	}
}

static void every_state_can_be_stopped(void **state)
{
	static const enum link_event ways[] = {LINK_STOP, LINK_FORCE,
					       LINK_GONE};

	(void)state;
	for (int s = 0; s < LINK_ENDED; s++) {
		enum link_state at = s;

		assert_int_not_equal(link_step(s, LINK_STOP).action,
				     LINK_DO_NOTHING);
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			at = link_step(at, ways[i]).next;
		assert_int_equal(at, LINK_ENDED);
		/* or by giving up, in its own time */
		at = link_step(s, LINK_GIVE_UP).next;
		assert_int_equal(link_step(at, LINK_GONE).next, LINK_ENDED);
	}
}

/* From hanging-up there is no way back, whatever comes late. */
static void who_hangs_up_does_not_dial(void **state)
{
	(void)state;
	for (int e = 0; e < LINK_EVENTS; e++) {
		struct link_step step = link_step(LINK_HANGING_UP, e);

		assert_true(step.next >= LINK_HANGING_UP);
		assert_int_not_equal(step.action, LINK_DO_DIAL);
		assert_int_not_equal(step.action, LINK_DO_PLAN);
	}
}

/* Each state is left by some event, and reached from the first. */
static void no_island(void **state)
{
	bool reached[LINK_STATES] = {[LINK_DOWN] = true};

	(void)state;
	for (int round = 0; round < LINK_STATES; round++)
		for (int s = 0; s < LINK_STATES; s++)
			for (int e = 0; reached[s] && e < LINK_EVENTS; e++)
				reached[link_step(s, e).next] = true;
	for (int s = 0; s < LINK_STATES; s++) {
		bool left = false;

		assert_true(reached[s]);
		for (int e = 0; e < LINK_EVENTS; e++)
			left |= link_step(s, e).next != (enum link_state)s;
		assert_int_equal(left, s != LINK_ENDED);
	}
}

static bool runs(enum link_state s)
{
	return s == LINK_DIALING || s == LINK_NEGOTIATING || s == LINK_ONLINE;
}

/* A session starts only if there is none, and can be dropped. */
static void sessions_come_and_go(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_ENDED; s++) {
		enum link_action drop =
			runs(s) ? LINK_DO_DROP : LINK_DO_NOTHING;
		enum link_action cut = runs(s) ? LINK_DO_CUT : LINK_DO_NOTHING;
		enum link_action dial =
			link_waits(s) ? LINK_DO_DIAL : LINK_DO_NOTHING;

		assert_int_equal(link_step(s, LINK_DIAL).action, dial);
		assert_int_equal(link_step(s, LINK_REDIAL).action,
				 link_waits(s) ? dial : drop);
		assert_int_equal(link_step(s, LINK_LOST).action, drop);
		assert_int_equal(link_step(s, LINK_UNUSABLE).action, cut);
		for (int e = 0; e < LINK_EVENTS; e++)
			if (link_step(s, e).action == LINK_DO_DIAL)
				assert_int_equal(link_step(s, e).next,
						 LINK_DIALING);
	}
}

/* The end of a session is planned for, at once or when pppd has said why; while
 * hanging up, what is left of the link is cut. */
static void each_end_is_planned_for(void **state)
{
	static const enum link_event ends[] = {LINK_SESSION_ENDED,
					       LINK_CARRIER_ENDED};

	(void)state;
	for (int s = 0; s < LINK_ENDED; s++) {
		bool over = runs(s) || s == LINK_SETTLING;
		enum link_action want = over ? LINK_DO_PLAN
					: s == LINK_HANGING_UP
						? LINK_DO_CUT
						: LINK_DO_NOTHING;

		for (int i = 0; i < 2; i++)
			assert_int_equal(link_step(s, ends[i]).action, want);
		if (over)
			want = runs(s) ? LINK_DO_SETTLE : LINK_DO_NOTHING;
		assert_int_equal(link_step(s, LINK_FAR_ENDED).action, want);
	}
}

/* A drop waits for the session's end where it is. */
static void a_drop_stays(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_STATES; s++)
		for (int e = 0; e < LINK_EVENTS; e++)
			if (link_step(s, e).action == LINK_DO_DROP)
				assert_int_equal(link_step(s, e).next, s);
}

/* An UP that is read before its EXEC is not lost: it is noted, and counts once
 * the far command runs.  It does not lead online by itself, as no session may
 * be there. */
static void an_early_up_waits_for_exec(void **state)
{
	struct link_queue q = {0};
	enum link_state at = LINK_DIALING;
	enum link_event e;
	bool noted = false;

	(void)state;
	link_raise(&q, LINK_UP);
	link_raise(&q, LINK_EXEC);
	while (link_take(&q, &e)) {
		struct link_step step = link_step(at, e);

		at = step.next;
		noted |= step.action == LINK_DO_NOTE_UP;
		/* as actions.c does */
		if (step.action == LINK_DO_NEGOTIATE && noted)
			link_raise(&q, LINK_UP);
	}
	assert_true(noted);
	assert_int_equal(at, LINK_ONLINE);
}

/* First in, first out; what waits is not added again. */
static void events_keep_their_order(void **state)
{
	struct link_queue q = {0};
	enum link_event e;

	(void)state;
	assert_false(link_take(&q, &e));
	link_raise(&q, LINK_STOP);
	link_raise(&q, LINK_DIAL);
	link_raise(&q, LINK_STOP);
	assert_true(link_take(&q, &e));
	assert_int_equal(e, LINK_STOP);
	link_raise(&q, LINK_STOP); /* no more in it: it counts again */
	assert_true(link_take(&q, &e));
	assert_int_equal(e, LINK_DIAL);
	assert_true(link_take(&q, &e));
	assert_int_equal(e, LINK_STOP);
	assert_false(link_take(&q, &e));
}

/* Whatever is raised, and how often: there is room for it. */
static void the_queue_is_never_full(void **state)
{
	struct link_queue q = {0};
	enum link_event e;

	(void)state;
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < LINK_EVENTS; i++)
			link_raise(&q, i);
	assert_int_equal(q.n, LINK_EVENTS);
	for (int i = 0; i < LINK_EVENTS; i++) {
		assert_true(link_take(&q, &e));
		assert_int_equal(e, i);
	}
	assert_false(link_take(&q, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(nothing_happens_in_ended),
		cmocka_unit_test(ended_is_reached_by_gone_only),
		cmocka_unit_test(every_state_can_be_stopped),
		cmocka_unit_test(who_hangs_up_does_not_dial),
		cmocka_unit_test(no_island),
		cmocka_unit_test(sessions_come_and_go),
		cmocka_unit_test(each_end_is_planned_for),
		cmocka_unit_test(a_drop_stays),
		cmocka_unit_test(an_early_up_waits_for_exec),
		cmocka_unit_test(events_keep_their_order),
		cmocka_unit_test(the_queue_is_never_full),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
