// SPDX-License-Identifier: ISC
/*
 * libssh2 up to 1.11.1 has no libssh2_channel_has_exit_status() and no code for
 * the reason of a refused open, and no callback sees the packets of a channel.
 * But each packet is decrypted into memory that libssh2 gets from, and right
 * after use gives back to, functions of the program
 * (libssh2_session_init_ex(3)).  Three packets are recognised when their
 * memory is given back, which changes nothing for libssh2:
 *
 *	SSH_MSG_CHANNEL_OPEN_CONFIRMATION and SSH_MSG_CHANNEL_OPEN_FAILURE
 *	(RFC 4254, 5.1), the answers to an open, have our number of the channel
 *	and the reason;
 *	SSH_MSG_CHANNEL_REQUEST "exit-status" (RFC 4254, 6.10) has the number.
 *
 * A library that did not give back packets as they came would show no
 * confirmation either: then the number is not known, and the status that
 * libssh2 has is believed.
 *
 * The same functions overwrite what libssh2 gives back until the logins are
 * over (t->wipes): of an ed25519 key it frees a copy as it was.
 */
#include "ssh/packet_notes.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "base/wire.h"
#include "ssh/transport.h"

#define MSG_OPEN_CONFIRMATION 91
#define MSG_OPEN_FAILURE      92
#define MSG_CHANNEL_REQUEST   98
#define SIZE_MIN	      9 /* type, number, reason or length */

static void note_packet(struct packet_notes *n, uint8_t type,
			struct wire packet)
{
	static const char request[] = "exit-status";
	struct wire name;
	uint32_t number;

	if (!wire_u32(&packet, &number))
		return;
	if (type == MSG_OPEN_CONFIRMATION)
		n->opened = number;
	else if (type == MSG_OPEN_FAILURE)
		wire_u32(&packet, &n->reason);
	else if (wire_string(&packet, &name) && name.left == strlen(request) &&
		 !memcmp(name.p, request, name.left))
		n->status[n->statuses++ % PACKET_NOTES_MAX] = number;
}

static void give_back(const struct transport *t, void *ptr, size_t size)
{
	if (t->wipes)
		wipe(ptr, size);
	free(ptr);
}

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	(void)abstract;
	return malloc(count);
}

/* realloc(3) would leave what it has moved behind. */
static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	const struct transport *t = *abstract;
	size_t size = ptr ? malloc_usable_size(ptr) : 0;
	void *moved;

	if (!t->wipes || !ptr)
		return realloc(ptr, count);
	moved = malloc(count);
	if (!moved)
		return NULL;
	memcpy(moved, ptr, size < count ? size : count);
	give_back(t, ptr, size);
	return moved;
}

static LIBSSH2_FREE_FUNC(on_free)
{
	struct transport *t = *abstract;
	const uint8_t *p = ptr;
	size_t size = ptr ? malloc_usable_size(ptr) : 0;

	if (size >= SIZE_MIN &&
	    (*p == MSG_OPEN_CONFIRMATION || *p == MSG_OPEN_FAILURE ||
	     *p == MSG_CHANNEL_REQUEST))
		note_packet(&t->notes, *p, (struct wire){p + 1, size - 1});
	if (ptr)
		give_back(t, ptr, size);
}

LIBSSH2_SESSION *packet_notes_session(struct transport *t)
{
	t->notes = (struct packet_notes){.opened = -1};
	return libssh2_session_init_ex(on_alloc, on_free, on_realloc, t);
}

bool packet_notes_lack_status(const struct packet_notes *n, int64_t number)
{
	if (number < 0)
		return false;
	for (uint64_t i = 0; i < n->statuses && i < PACKET_NOTES_MAX; i++)
		if (n->status[i] == number)
			return false;
	return true;
}
