// SPDX-License-Identifier: ISC
/*
 *   open -> draining -> shutting -> done          or failed, from any of them
 *
 * A run fills the ring from the source and drains it into the sink, in turns,
 * until nothing moves or PUMP_TURNS rings full have moved.  The end of the
 * source leads to `draining', an empty ring then to `shutting', where the sink
 * is shut, and that to `done'.
 *
 * A sink may want the same bytes again after -EAGAIN, as many and at the same
 * address (libssh2_channel_write_ex(3)): the ring does not move bytes, and
 * `pending' keeps the length even if more have come behind them.
 */
#include "io/pump.h"

#include <errno.h>

#define PUMP_TURNS 4 /* rings full that one pump_run() moves at most */

void pump_init(struct pump *p, struct pump_source source, struct pump_sink sink)
{
	p->source = source;
	p->sink = sink;
	p->state = PUMP_OPEN;
	p->source_blocked = false;
	p->sink_blocked = false;
	p->failed_sink = false;
	p->error = 0;
	p->pending = 0;
	p->bytes = 0;
	ring_init(&p->ring, p->memory, sizeof(p->memory));
}

static void fail_pump(struct pump *p, int error, bool sink)
{
	p->state = PUMP_FAILED;
	p->error = error;
	p->failed_sink = sink;
}

/*
 * All of the room counts, not only the piece of it at the tail: if the tail is
 * about to wrap, one small read fills that piece and the next one finds the
 * rest in one piece at the front.
 */
bool pump_wants_source(const struct pump *p)
{
	return p->state == PUMP_OPEN && ring_free(&p->ring) >= PUMP_READ_MIN;
}

/* Reads until the source has nothing or there is no room. */
static bool fill_ring(struct pump *p)
{
	bool moved = false;

	while (pump_wants_source(p) && !p->source_blocked) {
		uint8_t *to;
		size_t room = ring_room(&p->ring, &to);
		ssize_t n = p->source.read(p->source.ctx, to, room);

		if (n == -EAGAIN) {
			p->source_blocked = true;
		} else if (n < 0) {
			fail_pump(p, (int)n, false);
		} else if (n == 0) {
			p->state = PUMP_DRAINING;
		} else {
			ring_commit(&p->ring, (size_t)n);
			moved = true;
		}
	}
	return moved;
}

/* Writes until the ring is empty or the sink takes no more. */
static bool drain_ring(struct pump *p)
{
	bool moved = false;

	while (p->ring.used > 0 && p->state < PUMP_DONE && !p->sink_blocked) {
		const uint8_t *from;
		size_t len = ring_peek(&p->ring, &from);
		ssize_t n;

		if (p->pending > 0)
			len = p->pending;
		n = p->sink.write(p->sink.ctx, from, len);
		p->pending = n == -EAGAIN ? len : 0;
		if (n == 0 || n == -EAGAIN) {
			p->sink_blocked = true;
		} else if (n < 0) {
			fail_pump(p, (int)n, true);
		} else {
			ring_consume(&p->ring, (size_t)n);
			p->bytes += (uint64_t)n;
			moved = true;
		}
	}
	return moved;
}

/* Shuts the sink once all is written. */
static void shut_sink(struct pump *p)
{
	int r = 0;

	if (p->state == PUMP_DRAINING && p->ring.used == 0)
		p->state = PUMP_SHUTTING;
	if (p->state != PUMP_SHUTTING)
		return;
	if (p->sink.shut)
		r = p->sink.shut(p->sink.ctx);
	if (r == -EAGAIN)
		p->sink_blocked = true;
	else if (r < 0)
		fail_pump(p, r, true);
	else
		p->state = PUMP_DONE;
}

bool pump_run(struct pump *p)
{
	bool moved = true;

	p->source_blocked = false;
	p->sink_blocked = false;
	for (int turn = 0; moved && turn < PUMP_TURNS; turn++) {
		moved = fill_ring(p);
		moved |= drain_ring(p);
	}
	shut_sink(p);
	return moved && p->state < PUMP_DONE;
}

bool pump_wants_sink(const struct pump *p)
{
	return p->state == PUMP_SHUTTING ||
	       (p->state < PUMP_DONE && p->ring.used > 0);
}

bool pump_is_over(const struct pump *p)
{
	return p->state == PUMP_DONE || p->state == PUMP_FAILED;
}

int pump_put(struct pump *p, const void *bytes, size_t len)
{
	if (p->state != PUMP_OPEN)
		return -EPIPE;
	return ring_put(&p->ring, bytes, len);
}
