/* SPDX-License-Identifier: ISC */
/*
 * The share over a modelled network: a queue each way that sends RATE bytes a
 * millisecond, and half of the round trip behind it.  A question goes up with
 * the bytes, its answer down with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#undef fail /* base/failure.h has another */
#include "session/budget.h"

#define TICKS	    10 /* of a millisecond */
#define CONNECTIONS 64
#define PIECES	    65536 /* of the bytes under way */

struct way {
	double rate;   /* bytes a tick */
	double queued; /* bytes */
};

struct piece {
	int64_t at; /* ticks */
	int connection;
	size_t bytes;
};

static struct budget budget;
static struct keepalive alive;
static struct way up, down;
static int64_t tick, trip; /* of both ways, without a queue */
static int64_t jitter;	   /* ticks that an answer may take longer */
static int64_t stall;	   /* ticks that one of four takes longer */
static double line;	   /* bytes of the line's that stand in both queues */
static int64_t asked_at, answer_at;
static double credit[CONNECTIONS]; /* at the server */
static uint64_t period[CONNECTIONS];
static size_t window[CONNECTIONS];
static struct piece coming[PIECES]; /* bytes down, and windows up */
static size_t first, last;

static int64_t wait_of(const struct way *w)
{
	return (int64_t)((w->queued + line) / w->rate);
}

static int64_t round_trip(void)
{
	return trip + wait_of(&up) + wait_of(&down);
}

/* In the place of keepalive.c's. */
void keepalive_ping(struct keepalive *a)
{
	if (a->pinging)
		return;
	a->pinging = true;
	asked_at = tick;
	answer_at = tick + round_trip() + (jitter ? rand() % jitter : 0) +
		    (rand() % 4 ? 0 : stall);
}

static void network(int64_t ms, double bytes_per_ms)
{
	memset(&alive, 0, sizeof(alive));
	memset(credit, 0, sizeof(credit));
	memset(period, 0, sizeof(period));
	first = last = 0;
	tick = jitter = stall = 0;
	line = 0;
	trip = ms * TICKS;
	up = down = (struct way){.rate = bytes_per_ms / TICKS};
	budget_start(&budget, &alive, true);
}

static void pass_tick(void)
{
	tick++;
	up.queued = up.queued > up.rate ? up.queued - up.rate : 0;
	down.queued = down.queued > down.rate ? down.queued - down.rate : 0;
	if (alive.pinging && tick >= answer_at) {
		alive.pinging = false;
		alive.answers++;
		alive.rtt_us = (uint64_t)(tick - asked_at) * 1000 / TICKS;
	}
	budget_turn(&budget, tick / TICKS);
}

static void send_up(void)
{
	size_t n = budget_room(&budget);

	budget_sent(&budget, n);
	budget_refused(&budget);
	up.queued += (double)n;
	budget_turn(&budget, tick / TICKS);
}

/* The server sends what each window allows, in pieces as sshd does. */
static void send_down(int connections)
{
	for (int i = 0; i < connections; i++) {
		double n = credit[i] > 4096 ? 4096 : credit[i];

		if (n <= 0)
			continue;
		credit[i] -= n;
		down.queued += n;
		coming[last++ % PIECES] = (struct piece){
			tick + wait_of(&down) + trip / 2, i, (size_t)n};
		assert_true(last - first < PIECES);
	}
}

/* As connection.c reads and renews; a window is there half a trip later, which
 * the model adds to the way down. */
static void take_down(void)
{
	while (first != last && coming[first % PIECES].at <= tick) {
		const struct piece *p = &coming[first++ % PIECES];
		int i = p->connection;

		window[i] -= p->bytes;
		budget_taken(&budget, &period[i], p->bytes);
		if (window[i] < budget_window(&budget) / 4 * 3) {
			credit[i] +=
				(double)(budget_window(&budget) - window[i]);
			window[i] = budget_window(&budget);
		}
	}
	budget_turn(&budget, tick / TICKS);
}

struct result {
	double trips; /* of the base: the average, */
	double worst; /* and what 99 of 100 are below */
	double used;  /* of the rate */
};

static struct result measure(int connections, int seconds)
{
	static uint64_t histogram[100000];
	double moved = 0, sum = 0;
	uint64_t n = 0, below = 0;
	uint64_t before = 0;
	size_t i;

	memset(histogram, 0, sizeof(histogram));
	for (int c = 0; c < connections; c++) {
		budget_taken(&budget, &period[c], 0);
		window[c] = budget_window(&budget);
		credit[c] = (double)window[c];
	}
	for (int64_t end = (int64_t)seconds * 1000 * TICKS; tick < end;) {
		size_t ratio;

		pass_tick();
		if (connections) {
			take_down();
			send_down(connections);
		} else {
			send_up();
		}
		if (tick < 5000 * TICKS) {
			before = connections ? budget.taken : budget.acked;
			continue;
		}
		ratio = (size_t)(round_trip() * 100 / trip);
		histogram[ratio < 99999 ? ratio : 99999]++;
		sum += (double)round_trip() / (double)trip;
		n++;
	}
	moved = (double)((connections ? budget.taken : budget.acked) - before);
	for (i = 0; i < 99999 && below < n / 100 * 99; i++)
		below += histogram[i];
	return (struct result){
		.trips = sum / (double)n,
		.worst = (double)i / 100,
		.used = moved / ((double)n * up.rate),
	};
}

static void say(const char *what, int64_t ms, int mbit, struct result r)
{
	print_message("%s, %d ms, %d Mbit/s: %.2f trips, worst %.2f, %.2f of "
		      "the rate\n",
		      what, (int)ms, mbit, r.trips, r.worst, r.used);
}

static const struct {
	int64_t ms;
	int mbit;
} networks[] = {{10, 20}, {40, 5}, {40, 20}, {20, 100}, {100, 50}, {5, 200}};

#define NETWORKS (sizeof(networks) / sizeof(networks[0]))

static void bulk_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < NETWORKS; i++) {
		struct result r;

		network(networks[i].ms, networks[i].mbit * 125.0);
		r = measure(0, 120);
		say("up", networks[i].ms, networks[i].mbit, r);
		assert_true(r.trips < 1.75);
		assert_true(r.worst < 2.75);
		assert_true(r.used > 0.8);
	}
}

static void bulk_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < NETWORKS; i++) {
		struct result r;

		network(networks[i].ms, networks[i].mbit * 125.0);
		r = measure(1, 120);
		say("down", networks[i].ms, networks[i].mbit, r);
		assert_true(r.trips < 1.75);
		assert_true(r.worst < 2.75);
		assert_true(r.used > 0.7);
	}
}

/* Many share what one had; the smallest windows are a floor. */
static void many_down(void **state)
{
	struct result r;

	(void)state;
	network(40, 20 * 125.0);
	r = measure(20, 60);
	say("20 down", 40, 20, r);
	assert_true(r.trips < 2);
	assert_true(r.used > 0.7);
	network(10, 20 * 125.0);
	r = measure(20, 60);
	say("20 down", 10, 20, r);
	assert_true(r.trips <
		    1.25 + 20 * BUDGET_WINDOW_MIN / (20 * 125.0) / 10);
}

/* For an hour: the base does not become that of our own load. */
static void lasting(void **state)
{
	struct result r;

	(void)state;
	network(10, 20 * 125.0);
	r = measure(0, 3600);
	say("an hour up", 10, 20, r);
	assert_true(r.trips < 1.75);
	assert_true(budget.base_us < 11000);
}

/* The way becomes another: slower, and found within a minute. */
static void another_way(void **state)
{
	struct result r;

	(void)state;
	network(10, 100 * 125.0);
	measure(0, 30);
	trip = 80 * TICKS;
	while (tick < 100 * 1000 * TICKS) {
		pass_tick();
		send_up();
	}
	r = measure(0, 160);
	say("up, 80 ms after 10", 80, 100, r);
	assert_true(budget.base_us > 79000 && budget.base_us < 100000);
	assert_true(r.used > 0.7);
}

/* Round trips that vary by themselves do not look like a queue. */
static void radio(void **state)
{
	static const int64_t more[] = {10, 20, 40, 80};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct result r;

		network(20, 50 * 125.0);
		jitter = more[i] * TICKS;
		r = measure(0, 60);
		say("up, jitter", more[i], 50, r);
		assert_true(r.used > 0.6);
		assert_true(r.trips < 2 + (double)more[i] / 20);
		network(20, 50 * 125.0);
		jitter = more[i] * TICKS;
		r = measure(1, 60);
		say("down, jitter", more[i], 50, r);
		assert_true(r.used > 0.6);
	}
}

/* Nor does a host that is busy now and then look like a network that varies:
 * a queue of ours could be as long. */
static void busy_host(void **state)
{
	double worst = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct result r;

		network(12, 80 * 125.0);
		stall = 20 * TICKS;
		r = measure(0, 10);
		if (r.trips > worst)
			worst = r.trips;
		assert_true(r.used > 0.7);
	}
	print_message("up, one of four late, the worst of 20: %.2f trips\n",
		      worst);
	assert_true(worst < 2.25);
}

/* The line fills the queue up and lets it go, as one TCP connection does: what
 * goes beside it is not shut out, though it gets little. */
static void beside_a_line(void **state)
{
	double before;

	(void)state;
	network(20, 20 * 125.0);
	measure(0, 10);
	before = (double)budget.acked;
	while (tick < 60 * 1000 * TICKS) {
		pass_tick();
		send_up();
		line += 20;
		if (line > 2500 * 60)
			line = 0;
	}
	print_message("beside a line: %.0f kB/s\n",
		      ((double)budget.acked - before) / 50 / 1000);
	assert_true((double)budget.acked - before > 50 * 100e3);
}

/* Seconds, as where a queue is too long: slow, but it goes on. */
static void long_trip(void **state)
{
	uint64_t before;

	(void)state;
	network(9000, 100.0);
	while (tick < 600 * 1000 * TICKS) {
		pass_tick();
		send_up();
	}
	before = budget.acked;
	while (tick < 1200 * 1000 * TICKS) {
		pass_tick();
		send_up();
	}
	assert_true(budget.acked - before > 400000);
}

/* A little now and then does not make the share large for what may come. */
static void trickle(void **state)
{
	(void)state;
	network(20, 100 * 125.0);
	for (int i = 0; i < 60 * 1000 * TICKS; i++) {
		pass_tick();
		if (i % (50 * TICKS) == 0)
			budget_sent(&budget, 200);
	}
	assert_true(budget.bytes <= BUDGET_START);
	assert_true(budget.acked > 0);
}

static void without_a_line(void **state)
{
	(void)state;
	network(20, 100.0);
	memset(&alive, 0, sizeof(alive));
	budget_start(&budget, &alive, false);
	budget_sent(&budget, 1000000000);
	budget_turn(&budget, 0);
	assert_false(alive.pinging);
	assert_true(budget_room(&budget) > 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bulk_up),
		cmocka_unit_test(bulk_down),
		cmocka_unit_test(many_down),
		cmocka_unit_test(lasting),
		cmocka_unit_test(another_way),
		cmocka_unit_test(radio),
		cmocka_unit_test(busy_host),
		cmocka_unit_test(beside_a_line),
		cmocka_unit_test(long_trip),
		cmocka_unit_test(trickle),
		cmocka_unit_test(without_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
