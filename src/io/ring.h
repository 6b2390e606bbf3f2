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
	size_t head; /* where the first byte stands, below size */
	size_t used;
};

/* An empty ring over `size` bytes at buf; empty again; the bytes of room. */
void ring_init(struct ring *r, uint8_t *buf, size_t size);
void ring_clear(struct ring *r);
size_t ring_free(const struct ring *r);

/* The bytes at the head that lie together: *p and their number (0: empty). */
size_t ring_peek(const struct ring *r, const uint8_t **p);

/* The room at the tail that lies together: *p and its size (0: full).  An
 * empty ring gives all its room in one piece. */
size_t ring_room(struct ring *r, uint8_t **p);

/* n bytes were written to the room, or taken from the head. */
void ring_commit(struct ring *r, size_t n);
void ring_consume(struct ring *r, size_t n);

/* Copies len bytes in, all or none.  0 or -ENOBUFS. */
int ring_put(struct ring *r, const void *bytes, size_t len);

#endif
