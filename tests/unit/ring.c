/* SPDX-License-Identifier: ISC */
/* The byte ring: by hand, and against a plain array by a seed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "io/ring.h"

static uint8_t memory[8];

static struct ring empty(void)
{
	struct ring r;

	memset(memory, 0xee, sizeof(memory));
	ring_init(&r, memory, sizeof(memory));
	return r;
}

static void empty_gives_all_its_room(void **state)
{
	struct ring r = empty();
	const uint8_t *from;
	uint8_t *to;

	(void)state;
	assert_int_equal(ring_peek(&r, &from), 0);
	assert_int_equal(ring_free(&r), 8);
	assert_int_equal(ring_put(&r, "abcde", 5), 0);
	ring_consume(&r, 5);
	assert_int_equal(ring_room(&r, &to), 8);
	assert_ptr_equal(to, memory);
}

static void full_gives_no_room(void **state)
{
	struct ring r = empty();
	uint8_t *to;

	(void)state;
	assert_int_equal(ring_put(&r, "abcdefgh", 8), 0);
	assert_int_equal(ring_free(&r), 0);
	assert_int_equal(ring_room(&r, &to), 0);
	assert_int_equal(ring_put(&r, "i", 1), -ENOBUFS);
	ring_consume(&r, 3);
	assert_int_equal(ring_put(&r, "ijkl", 4), -ENOBUFS);
	assert_int_equal(ring_free(&r), 3);
	assert_int_equal(ring_put(&r, "ijk", 3), 0);
	assert_int_equal(ring_room(&r, &to), 0);
}

static void wraps_in_two_pieces(void **state)
{
	struct ring r = empty();
	const uint8_t *from;
	uint8_t *to;

	(void)state;
	ring_put(&r, "abcdef", 6);
	ring_consume(&r, 4);
	assert_int_equal(ring_room(&r, &to), 2);
	assert_ptr_equal(to, memory + 6);
	ring_put(&r, "ghij", 4);
	assert_int_equal(ring_room(&r, &to), 2);
	assert_ptr_equal(to, memory + 2);
	assert_int_equal(ring_peek(&r, &from), 4);
	assert_memory_equal(from, "efgh", 4);
	ring_consume(&r, 4);
	assert_int_equal(ring_peek(&r, &from), 2);
	assert_memory_equal(from, "ij", 2);
	assert_ptr_equal(from, memory);
}

static void bytes_stay_where_they_are(void **state)
{
	struct ring r = empty();
	const uint8_t *before, *after;

	(void)state;
	ring_put(&r, "abc", 3);
	ring_consume(&r, 1);
	ring_peek(&r, &before);
	ring_put(&r, "defghi", 6);
	ring_peek(&r, &after);
	assert_ptr_equal(before, after);
}

static void clear_empties(void **state)
{
	struct ring r = empty();
	uint8_t *to;

	(void)state;
	ring_put(&r, "abcdef", 6);
	ring_clear(&r);
	assert_int_equal(r.used, 0);
	assert_int_equal(ring_room(&r, &to), 8);
}

/* What went in, in order, beside the ring. */
struct model {
	uint8_t bytes[1 << 16];
	size_t first, end;
};

static void put_some(struct ring *r, struct model *m, size_t n)
{
	uint8_t bytes[64], *to;
	size_t room;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)rand();
	if (rand() & 1) {
		if (ring_put(r, bytes, n) < 0) {
			assert_true(n > ring_free(r));
			return;
		}
	} else {
		room = ring_room(r, &to);
		n = n < room ? n : room;
		memcpy(to, bytes, n);
		ring_commit(r, n);
	}
	memcpy(m->bytes + m->end, bytes, n);
	m->end += n;
}

static void take_some(struct ring *r, struct model *m, size_t n)
{
	const uint8_t *from;
	size_t len = ring_peek(r, &from);

	n = n < len ? n : len;
	assert_memory_equal(from, m->bytes + m->first, n);
	ring_consume(r, n);
	m->first += n;
}

static void follows_a_model(void **state)
{
	static struct model m;
	uint8_t buf[61];
	struct ring r;

	(void)state;
	for (unsigned int seed = 1; seed <= 50; seed++) {
		srand(seed);
		m.first = m.end = 0;
		ring_init(&r, buf, 1 + (size_t)rand() % sizeof(buf));
		while (m.end < sizeof(m.bytes) - 64) {
			put_some(&r, &m, (size_t)rand() % 64);
			take_some(&r, &m, (size_t)rand() % 64);
			assert_int_equal(r.used, m.end - m.first);
			assert_int_equal(ring_free(&r), r.size - r.used);
			assert_true(r.head < r.size);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_gives_all_its_room),
		cmocka_unit_test(full_gives_no_room),
		cmocka_unit_test(wraps_in_two_pieces),
		cmocka_unit_test(bytes_stay_where_they_are),
		cmocka_unit_test(clear_empties),
		cmocka_unit_test(follows_a_model),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
