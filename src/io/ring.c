// SPDX-License-Identifier: ISC
#include "io/ring.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void ring_init(struct ring *r, uint8_t *buf, size_t size)
{
	r->buf = buf;
	r->size = size;
	ring_clear(r);
}

void ring_clear(struct ring *r)
{
	r->head = 0;
	r->used = 0;
}

size_t ring_free(const struct ring *r)
{
	return r->size - r->used;
}

size_t ring_peek(const struct ring *r, const uint8_t **p)
{
	size_t to_end = r->size - r->head;

	*p = r->buf + r->head;
	return r->used < to_end ? r->used : to_end;
}

size_t ring_room(struct ring *r, uint8_t **p)
{
	size_t tail;

	if (r->used == 0)
		r->head = 0;
	tail = r->head + r->used;
	if (tail >= r->size) {
		tail -= r->size;
		*p = r->buf + tail;
		return r->head - tail;
	}
	*p = r->buf + tail;
	return r->size - tail;
}

void ring_commit(struct ring *r, size_t n)
{
	assert(n <= ring_free(r));
	r->used += n;
}

void ring_consume(struct ring *r, size_t n)
{
	assert(n <= r->used);
	r->head += n;
	if (r->head >= r->size)
		r->head -= r->size;
	r->used -= n;
}

int ring_put(struct ring *r, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	if (len > ring_free(r))
		return -ENOBUFS;
	while (len > 0) {
		uint8_t *to;
		size_t n = ring_room(r, &to);

		if (n > len)
			n = len;
		memcpy(to, from, n);
		ring_commit(r, n);
		from += n;
		len -= n;
	}
	return 0;
}
