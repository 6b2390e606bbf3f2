// SPDX-License-Identifier: ISC
/*
 * libssh2 up to 1.11.1 has no libssh2_channel_has_exit_status(), and no
 * callback sees the packets of a channel.  But each packet is decrypted into
 * memory that libssh2 gets from, and right after use gives back to, functions
 * of the program (libssh2_session_init_ex(3)).  Two packets are recognised
 * when their memory is given back, which changes nothing for libssh2:
 *
 *	SSH_MSG_CHANNEL_OPEN_CONFIRMATION (RFC 4254, 5.1), the answer to an
 *	open, has our number of the channel;
 *	SSH_MSG_CHANNEL_REQUEST "exit-status" (RFC 4254, 6.10) has it as well.
 *
 * A library that would not give back packets as they came shows no
 * confirmation either.  Then the number is not known, and the status that
 * libssh2 has is believed, as before.
 */
#include "ssh/exit_status.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "base/wire.h"
#include "ssh/transport.h"

#define MSG_CHANNEL_OPEN_CONFIRMATION 91
#define MSG_CHANNEL_REQUEST	      98
#define CONFIRMATION_SIZE	      17 /* type and four numbers, at least */

static void note_packet(struct exit_status_notes *e, struct wire packet)
{
	static const char request[] = "exit-status";
	uint8_t type = packet.p[0];
	struct wire name;
	uint32_t number;

	packet = (struct wire){packet.p + 1, packet.left - 1};
	if (!wire_u32(&packet, &number))
		return;
	if (type == MSG_CHANNEL_OPEN_CONFIRMATION)
		e->opened = number;
	else if (wire_string(&packet, &name) && name.left == strlen(request) &&
		 !memcmp(name.p, request, name.left))
		e->came[e->n++ % EXIT_STATUS_NOTES] = number;
}

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	(void)abstract;
	return malloc(count);
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	(void)abstract;
	return realloc(ptr, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	struct transport *t = *abstract;
	const uint8_t *p = ptr;
	size_t size = ptr ? malloc_usable_size(ptr) : 0;

	if (size >= CONFIRMATION_SIZE &&
	    (*p == MSG_CHANNEL_OPEN_CONFIRMATION || *p == MSG_CHANNEL_REQUEST))
		note_packet(&t->exit_status, (struct wire){p, size});
	free(ptr);
}

LIBSSH2_SESSION *exit_status_session(struct transport *t)
{
	t->exit_status.opened = -1;
	t->exit_status.n = 0;
	return libssh2_session_init_ex(on_alloc, on_free, on_realloc, t);
}

bool exit_status_is_missing(const struct exit_status_notes *e, int64_t number)
{
	uint64_t n = e->n < EXIT_STATUS_NOTES ? e->n : EXIT_STATUS_NOTES;

	if (number < 0)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (e->came[i] == number)
			return false;
	return true;
}
