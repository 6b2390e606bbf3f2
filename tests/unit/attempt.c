/* SPDX-License-Identifier: ISC */
/*
 * Records of the right form in the wrong order, as a session can send that a
 * server has taken over.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf/conf.h"
#include "supervise/attempt.h"
#include "supervise/spawn.h"
#include <cmocka.h>

#define RECORDS_MAX 16
#define NONE	    MESSAGE_TYPES /* ends a script */

/* What the session sends. */
struct record {
	uint32_t type;
	uint32_t host;
};

#define ENTER(host)                                                            \
	{STEP_CONNECT, host}, {STEP_HOSTKEY, host},                            \
	{                                                                      \
		STEP_LOGIN, host                                               \
	}

static const char text[] = "server gate.example.org\nuser alice\n"
			   "hop jump.example.org\n"
			   "known-hosts none\n";
static struct conf conf;
static const struct record *script;
static int steps, keys; /* that the parent took */
static bool refuses;

static void send_record(int fd, const struct record *r)
{
	struct message m;

	message_begin(&m, r->type);
	m.host = r->host;
	if (r->type == STEP_CONNECT && !r->host)
		strcpy(m.connect.server, "192.0.2.1");
	if (r->type == STEP_HOSTKEY)
		m.hostkey.len = 4;
	if (r->type == MESSAGE_END)
		m.end.reason = REASON_ASKED;
	if (message_send(fd, &m))
		_exit(1);
}

/* In the place of the real one: the session is a child that sends the script
 * and stays until its parent is gone. */
pid_t spawn_session(const struct conf *c, const struct session_plan *plan,
		    const struct secrets *s, int *control, struct failure *f)
{
	struct pollfd p = {0};
	int pair[2];
	pid_t pid;

	(void)c;
	(void)plan;
	(void)s;
	(void)f;
	assert_int_equal(message_pair(pair), 0);
	pid = fork();
	if (!pid) {
		close(pair[0]);
		for (const struct record *r = script; r->type != NONE; r++)
			send_record(pair[1], r);
		p.fd = pair[1];
		poll(&p, 1, 20000);
		_exit(0);
	}
	assert_true(pid > 0);
	close(pair[1]);
	*control = pair[0];
	return pid;
}

static void take_step(struct attempt *a, enum step step, const char *words)
{
	(void)a;
	(void)step;
	assert_true(words[0]);
	steps++;
}

static bool take_key(struct attempt *a, const uint8_t *key, size_t len)
{
	(void)key;
	assert_int_equal(len, 4);
	keys++;
	if (refuses) /* not by cmocka's macro */
		(fail)(&a->end, REASON_HOSTKEY_CHANGED, "changed");
	return !refuses;
}

/* Runs a session that sends these records; how it ended. */
static enum reason run(enum session_job job, size_t target,
		       const struct record *records)
{
	static struct secrets none;
	struct attempt a = {
		.conf = &conf, .on_step = take_step, .on_hostkey = take_key};
	struct session_plan plan = {
		.job = job,
		.target = target,
		.command = job >= SESSION_EXEC ? "true" : NULL,
	};

	script = records;
	steps = keys = 0;
	attempt_run(&a, &plan, &none);
	return a.end.reason;
}

#define RUN(job, target, ...)                                                  \
	run(job, target, (struct record[]){__VA_ARGS__, {NONE, 0}})

#define END                                                                    \
	{                                                                      \
		MESSAGE_END, 0                                                 \
	}

static void right_order(void **state)
{
	(void)state;
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     ENTER(1), {STEP_EXEC, 1}, {STEP_FRAME, 1}, END),
			 REASON_ASKED);
	assert_int_equal(steps, 9);
	assert_int_equal(keys, 2);
	assert_int_equal(RUN(SESSION_LOGIN, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     ENTER(1), END),
			 REASON_ASKED);
	assert_int_equal(RUN(SESSION_HOSTKEY, 1, {STEP_RESOLVE, 0}, ENTER(0),
			     {STEP_CONNECT, 1}, {STEP_HOSTKEY, 1}, END),
			 REASON_ASKED);
}

static void wrong_host(void **state)
{
	(void)state;
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 1}),
			 REASON_INTERNAL);
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     {STEP_CONNECT, 2}),
			 REASON_INTERNAL);
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     ENTER(1), {STEP_CONNECT, 2}),
			 REASON_INTERNAL);
	assert_int_equal(steps, 7);
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     {STEP_EXEC, 0}),
			 REASON_INTERNAL);
}

static void wrong_step(void **state)
{
	(void)state;
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0},
			     {STEP_CONNECT, 0}, {STEP_LOGIN, 0}),
			 REASON_INTERNAL);
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     {STEP_HOSTKEY, 0}),
			 REASON_INTERNAL);
	assert_int_equal(keys, 1);
	assert_int_equal(RUN(SESSION_LINE, 0, {MESSAGE_TRUST, 0}),
			 REASON_INTERNAL);
}

/* EXEC stops the deadline of the way there, which these jobs never leave. */
static void beyond_the_job(void **state)
{
	(void)state;
	assert_int_equal(RUN(SESSION_LOGIN, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     ENTER(1), {STEP_EXEC, 1}),
			 REASON_INTERNAL);
	assert_int_equal(
		RUN(SESSION_HOSTKEY, 1, {STEP_RESOLVE, 0}, ENTER(0), ENTER(1)),
		REASON_INTERNAL);
	assert_int_equal(RUN(SESSION_HOSTKEY, 0, {STEP_RESOLVE, 0}, ENTER(0)),
			 REASON_INTERNAL);
	assert_int_equal(RUN(SESSION_EXEC, 0, {STEP_RESOLVE, 0}, ENTER(0),
			     ENTER(1), {STEP_EXEC, 1}, {STEP_FRAME, 1}),
			 REASON_INTERNAL);
}

static void second_key(void **state)
{
	(void)state;
	refuses = true;
	assert_int_equal(RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0},
			     {STEP_CONNECT, 0}, {STEP_HOSTKEY, 0},
			     {STEP_HOSTKEY, 0}),
			 REASON_HOSTKEY_CHANGED);
	assert_int_equal(keys, 1);
	refuses = false;
}

static void after_the_end(void **state)
{
	(void)state;
	assert_int_equal(
		RUN(SESSION_LINE, 0, {STEP_RESOLVE, 0}, END, {STEP_CONNECT, 0}),
		REASON_ASKED);
	assert_int_equal(steps, 1);
}

static int prepare(void **state)
{
	struct conf_error e;

	(void)state;
	assert_int_equal(conf_defaults(&conf, "far"), 0);
	assert_int_equal(conf_parse(&conf, "test", text, strlen(text), &e), 0);
	assert_int_equal(conf_validate(&conf, &e), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_order), cmocka_unit_test(wrong_host),
		cmocka_unit_test(wrong_step),  cmocka_unit_test(beyond_the_job),
		cmocka_unit_test(second_key),  cmocka_unit_test(after_the_end),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
