/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_RING_H
#define SSHDIAL_IO_RING_H

#include <stddef.h>
#include <stdint.h>

/*
 * A byte ring over memory of the caller.  Bytes that are in it do not move
 * until they are consumed: libssh2 wants the same bytes at the same address
 * when a write has to be tried again (libssh2_channel_write_ex(3)).
 */
struct ring {
	uint8_t *buf;
	size_t size;
	size_t head; /* where the first byte is, below size */
	size_t used;
};

/* Makes an empty ring of the `size' bytes at buf, which stay the caller's. */
void ring_init(struct ring *r, uint8_t *buf, size_t size);

/* Drops all bytes. */
void ring_clear(struct ring *r);

/* How many bytes of the ring are free. */
size_t ring_free(const struct ring *r);

/* Points *p at the first bytes and returns how many of them are in one piece
 * (0: the ring is empty). */
size_t ring_peek(const struct ring *r, const uint8_t **p);

/* Points *p at the room behind the last byte and returns how much of it is in
 * one piece (0: the ring is full).  An empty ring has all its room in one. */
size_t ring_room(struct ring *r, uint8_t **p);

/* n bytes were written to the room that ring_room() gave. */
void ring_commit(struct ring *r, size_t n);

/* n bytes were taken of those that ring_peek() gave. */
void ring_consume(struct ring *r, size_t n);

/* Copies len bytes behind the last one, all or none.  0 or -ENOBUFS. */
int ring_put(struct ring *r, const void *bytes, size_t len);

#endif
