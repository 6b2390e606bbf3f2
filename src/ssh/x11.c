// SPDX-License-Identifier: ISC
/*
 * libssh2 calls on_x11() in the midst of reading, when it must not be called
 * itself; so channels that the server opens are kept in the transport until the
 * session takes them, once a turn.
 */
#include "ssh/x11.h"

#include <errno.h>
#include "ssh/callback.h"

static void on_x11(LIBSSH2_SESSION *ssh, LIBSSH2_CHANNEL *ch, const char *host,
		   int port, void **abstract)
{
	struct transport *t = *abstract;

	(void)ssh;
	(void)host;
	(void)port;
	if (t->x11s == TRANSPORT_X11_MAX) {
		t->broken = true;
		t->error = -ENOBUFS;
		return;
	}
	t->x11[t->x11s++] = ch;
}

int x11_request(struct channel *ch, const char *cookie, int screen,
		struct failure *f)
{
	int rc;

	callback_set(ch->t->ssh, LIBSSH2_CALLBACK_X11, (void (*)(void))on_x11);
	while ((rc = libssh2_channel_x11_req_ex(
			ch->ssh, 0, "MIT-MAGIC-COOKIE-1", cookie, screen)) ==
	       LIBSSH2_ERROR_EAGAIN)
		if (transport_wait(ch->t, f) < 0)
			return -1;
	if (rc)
		return fail(f, REASON_FAR_FAILED,
			    "the server refused X11 forwarding: it needs "
			    "xauth and X11Forwarding yes in sshd_config");
	return 0;
}

int x11_accept(struct transport *t, struct channel *ch)
{
	if (!t->x11s)
		return -EAGAIN;
	*ch = (struct channel){.t = t, .ssh = t->x11[--t->x11s]};
	return 0;
}
