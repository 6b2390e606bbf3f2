/* SPDX-License-Identifier: ISC */
/* The pump between sources and sinks that do what they please. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "io/pump.h"

#define ENDLESS SIZE_MAX

/*
 * Byte i of the stream is a function of i, so that both ends can check order.
 * A step of 0 in each_read, each_write means: by chance, and at times -EAGAIN.
 */
static struct {
	struct pump pump;
	/* source */
	size_t length; /* bytes until the end */
	size_t given;
	size_t each_read;
	int read_error; /* given instead of the end */
	bool nothing;
	unsigned int reads;
	/* sink */
	size_t taken;
	size_t each_write;
	ssize_t refuse; /* this for every write, where not 1 */
	unsigned int writes;
	const void *again; /* what has to come after -EAGAIN */
	size_t again_len;
	int shut_result;
	unsigned int shuts;
} t;

static uint8_t stream(size_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ssize_t source_read(void *ctx, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t n = t.each_read ? t.each_read : 1 + (size_t)rand() % 20000;

	assert_ptr_equal(ctx, &t);
	assert_true(len > 0);
	t.reads++;
	if (t.nothing || (t.each_read == 0 && rand() % 3 == 0))
		return -EAGAIN;
	if (t.given == t.length)
		return t.read_error;
	n = smaller(smaller(n, len), t.length - t.given);
	for (size_t i = 0; i < n; i++)
		to[i] = stream(t.given++);
	return (ssize_t)n;
}

static ssize_t sink_write(void *ctx, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	size_t n = t.each_write ? t.each_write : (size_t)rand() % 20000;

	assert_ptr_equal(ctx, &t);
	assert_true(len > 0);
	t.writes++;
	if (t.again) {
		assert_ptr_equal(buf, t.again);
		assert_int_equal(len, t.again_len);
		t.again = NULL;
	}
	if (t.refuse == -EAGAIN || (t.each_write == 0 && rand() % 3 == 0)) {
		t.again = buf;
		t.again_len = len;
		return -EAGAIN;
	}
	if (t.refuse != 1)
		return t.refuse;
	n = smaller(n, len);
	for (size_t i = 0; i < n; i++, t.taken++)
		if (from[i] != stream(t.taken))
			fail_msg("byte %zu is wrong", t.taken);
	return (ssize_t)n;
}

static int sink_shut(void *ctx)
{
	assert_ptr_equal(ctx, &t);
	assert_int_equal(t.taken, t.given);
	t.shuts++;
	return t.shut_result;
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.length = ENDLESS;
	t.each_read = 4096;
	t.each_write = 30000;
	t.refuse = 1;
	pump_init(&t.pump, (struct pump_source){source_read, &t},
		  (struct pump_sink){sink_write, sink_shut, &t});
	return 0;
}

static void moves_all_and_shuts(void **state)
{
	(void)state;
	t.length = 100000;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.taken, 100000);
	assert_int_equal(t.pump.bytes, 100000);
	assert_int_equal(t.shuts, 1);
	assert_false(pump_wants_source(&t.pump));
	assert_false(pump_wants_sink(&t.pump));
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.shuts, 1);
}

static void empty_source(void **state)
{
	(void)state;
	t.length = 0;
	t.pump.sink.shut = NULL;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.writes, 0);
}

static void waits_for_the_source(void **state)
{
	(void)state;
	t.nothing = true;
	assert_false(pump_run(&t.pump));
	assert_true(t.pump.source_blocked);
	assert_true(pump_wants_source(&t.pump));
	assert_false(pump_wants_sink(&t.pump));
	assert_int_equal(t.reads, 1);
}

/* A sink that takes nothing stops the reading: no more than a ring is held. */
static void waits_for_the_sink(void **state)
{
	(void)state;
	t.refuse = 0;
	assert_false(pump_run(&t.pump));
	assert_true(t.pump.sink_blocked);
	assert_int_equal(t.writes, 1);
	assert_int_equal(t.given, PUMP_RING_SIZE - PUMP_READ_MIN + t.each_read);
	assert_false(pump_wants_source(&t.pump));
	assert_true(pump_wants_sink(&t.pump));
}

/* sink_write() checks that the same bytes come, and as many. */
static void same_bytes_after_again(void **state)
{
	(void)state;
	t.refuse = -EAGAIN;
	t.length = 1000;
	t.read_error = -EAGAIN;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.again_len, 1000);
	t.length = ENDLESS; /* more is behind them by now */
	assert_false(pump_run(&t.pump));
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.writes, 3);
	assert_true(t.given > 1000);
	t.refuse = 1;
	assert_true(pump_run(&t.pump));
	assert_true(t.taken > 1000);
}

static void one_byte_at_a_time(void **state)
{
	(void)state;
	t.length = 200000;
	t.each_read = 1;
	t.each_write = 1;
	while (pump_run(&t.pump))
		;
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.taken, 200000);
}

static void source_fails(void **state)
{
	(void)state;
	t.length = 10;
	t.read_error = -EIO;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_FAILED);
	assert_int_equal(t.pump.error, -EIO);
	assert_false(t.pump.failed_sink);
	assert_int_equal(t.shuts, 0);
	assert_false(pump_wants_source(&t.pump));
	assert_false(pump_wants_sink(&t.pump));
	assert_int_equal(pump_put(&t.pump, "x", 1), -EPIPE);
}

static void sink_fails(void **state)
{
	(void)state;
	t.refuse = -EPIPE;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_FAILED);
	assert_int_equal(t.pump.error, -EPIPE);
	assert_true(t.pump.failed_sink);
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.writes, 1);
}

static void shutting_is_asked_again(void **state)
{
	(void)state;
	t.length = 10;
	t.shut_result = -EAGAIN;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_SHUTTING);
	assert_true(t.pump.sink_blocked);
	assert_true(pump_wants_sink(&t.pump));
	assert_false(pump_wants_source(&t.pump));
	t.shut_result = 0;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.shuts, 2);
}

static void shutting_fails(void **state)
{
	(void)state;
	t.length = 10;
	t.shut_result = -ECONNRESET;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_FAILED);
	assert_int_equal(t.pump.error, -ECONNRESET);
	assert_true(t.pump.failed_sink);
}

/* The end of the source does not lose what the sink has yet to take. */
static void drains_after_the_end(void **state)
{
	(void)state;
	t.length = 5000;
	t.refuse = 0;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DRAINING);
	assert_true(pump_wants_sink(&t.pump));
	assert_int_equal(t.shuts, 0);
	t.refuse = 1;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
}

/* The tail shortly before the wrap: little room there, nearly all of it in
 * front.  It must not be taken for a full ring, nor for one to read bit by
 * bit. */
static void reads_across_the_wrap(void **state)
{
	struct ring *r = &t.pump.ring;

	(void)state;
	r->head = PUMP_RING_SIZE - 101;
	r->used = 1;
	r->buf[r->head] = stream(0);
	t.given = 1;
	t.length = 50000;
	t.each_read = 40000;
	t.refuse = 0;
	assert_true(pump_wants_source(&t.pump));
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.given, 50000);
	assert_int_equal(t.reads, 4); /* 100, 40000, the rest, the end */
	t.refuse = 1;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.taken, 50000);
}

/* An endless source and a greedy sink: others get their turn, and the pump
 * asks to be called again. */
static void is_fair(void **state)
{
	(void)state;
	for (int i = 1; i <= 10; i++) {
		uint64_t before = t.pump.bytes;

		assert_true(pump_run(&t.pump));
		assert_true(t.pump.bytes > before);
		assert_true(t.pump.bytes - before <= 4 * PUMP_RING_SIZE);
	}
}

/* Small reads are gathered: the sink sees large pieces. */
static void writes_are_large(void **state)
{
	(void)state;
	t.each_read = 100;
	t.each_write = PUMP_RING_SIZE;
	for (int i = 0; i < 10; i++)
		pump_run(&t.pump);
	assert_true(t.pump.bytes / t.writes > PUMP_RING_SIZE / 2 - 100);
}

static void put_comes_first(void **state)
{
	uint8_t bytes[500];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = stream(i);
	assert_int_equal(pump_put(&t.pump, bytes, 200), 0);
	assert_int_equal(pump_put(&t.pump, bytes + 200, 300), 0);
	assert_true(pump_wants_sink(&t.pump));
	t.given = 500;
	t.length = 9000;
	assert_false(pump_run(&t.pump));
	assert_int_equal(t.pump.state, PUMP_DONE);
	assert_int_equal(t.taken, 9000);
}

static void put_is_all_or_none(void **state)
{
	static uint8_t zeros[PUMP_RING_SIZE + 1];

	(void)state;
	assert_int_equal(pump_put(&t.pump, zeros, sizeof(zeros)), -ENOBUFS);
	assert_int_equal(t.pump.ring.used, 0);
	assert_int_equal(pump_put(&t.pump, zeros, PUMP_RING_SIZE), 0);
	assert_int_equal(pump_put(&t.pump, zeros, 1), -ENOBUFS);
}

/* Whatever the schedule, what went in comes out, in order, and never does the
 * pump say that it waits for nothing. */
static void conserves_by_any_schedule(void **state)
{
	for (unsigned int seed = 1; seed <= 300; seed++) {
		setup(state);
		srand(seed);
		t.each_read = 0;
		t.each_write = 0;
		t.length = (size_t)rand() % 1000000;
		t.shut_result = -EAGAIN;
		for (int i = 0; t.pump.state != PUMP_DONE; i++) {
			if (i == 100000)
				fail_msg("seed %u: stuck", seed);
			if (rand() % 5 == 0)
				t.shut_result = 0;
			pump_run(&t.pump);
			if (t.pump.state != PUMP_DONE &&
			    !pump_wants_source(&t.pump) &&
			    !pump_wants_sink(&t.pump))
				fail_msg("seed %u: waits for nothing", seed);
		}
		if (t.taken != t.length || t.pump.bytes != t.length)
			fail_msg("seed %u: bytes lost", seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moves_all_and_shuts, setup),
		cmocka_unit_test_setup(empty_source, setup),
		cmocka_unit_test_setup(waits_for_the_source, setup),
		cmocka_unit_test_setup(waits_for_the_sink, setup),
		cmocka_unit_test_setup(same_bytes_after_again, setup),
		cmocka_unit_test_setup(one_byte_at_a_time, setup),
		cmocka_unit_test_setup(source_fails, setup),
		cmocka_unit_test_setup(sink_fails, setup),
		cmocka_unit_test_setup(shutting_is_asked_again, setup),
		cmocka_unit_test_setup(shutting_fails, setup),
		cmocka_unit_test_setup(drains_after_the_end, setup),
		cmocka_unit_test_setup(reads_across_the_wrap, setup),
		cmocka_unit_test_setup(is_fair, setup),
		cmocka_unit_test_setup(writes_are_large, setup),
		cmocka_unit_test_setup(put_comes_first, setup),
		cmocka_unit_test_setup(put_is_all_or_none, setup),
		cmocka_unit_test_setup(conserves_by_any_schedule, setup),
	};

	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
