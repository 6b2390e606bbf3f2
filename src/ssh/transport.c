// SPDX-License-Identifier: ISC
/*
 * libssh2 has one outgoing packet at a time; if the socket takes only a part
 * of it, every other sender is refused and a key exchange stalls for ever.  So
 * our send callback takes every packet whole into a ring, and the ring goes to
 * the socket when it has room.  Callers stop writing above high_water, so that
 * the rest of the ring is for what libssh2 sends by itself: window adjusts, key
 * exchanges, replies.  Our receive callback says "nothing there" while fewer
 * than TRANSPORT_ANSWERS bytes of the ring are free, so that a peer that does
 * not read our replies is not read either.
 *
 * A turn (transport_turn()) empties the rings, from the innermost transport to
 * the socket, and allows each transport to read again: at most
 * TRANSPORT_READ_TURN bytes of the socket, or until it is empty, which libssh2
 * would ask about before each packet that it sends.  No more goes from a ring
 * into the next than that has room for, so that none can overflow.
 */
#include "ssh/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "ssh/algorithms.h"
#include "ssh/callback.h"
#include "ssh/remarks.h"
#include "base/span.h"

#define AGENT_LIMIT 5000 /* ms for an answer */

static bool agent_ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, AGENT_LIMIT) > 0;
}

static ssize_t on_send(libssh2_socket_t fd, const void *buf, size_t len,
		       int flags, void **abstract)
{
	struct transport *t = *abstract;
	ssize_t n;

	if (fd != t->fd) { /* the agent's socket, which libssh2 lets block */
		if (!agent_ready(fd, POLLOUT))
			return -ETIMEDOUT;
		do {
			n = send(fd, buf, len, flags | MSG_NOSIGNAL);
		} while (n < 0 && errno == EINTR);
		return n < 0 ? -errno : n;
	}
	if (t->broken)
		return -EPIPE;
	/* Nothing goes out any more, but what the server has said may still be
	 * read, so libssh2 sees no error. */
	if (t->tx_broken)
		return (ssize_t)len;
	if (ring_put(&t->out, buf, len) < 0) {
		t->broken = true;
		t->error = -ENOBUFS;
		return -ENOBUFS;
	}
	return (ssize_t)len;
}

static ssize_t from_socket(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;

	do {
		n = recv(fd, buf, len, flags);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * libssh2 answers by itself what it reads: opens of channels, requests, key
 * exchanges.
 */
static bool room_for_answers(const struct transport *t)
{
	return ring_free(&t->out) >= TRANSPORT_ANSWERS;
}

/* From the transport's own socket, or the channel in its place. */
static ssize_t receive(struct transport *t, void *buf, size_t len, int flags)
{
	size_t first = sizeof(t->first) - t->first_len;
	ssize_t n;

	if (!t->via && t->turn >= TRANSPORT_READ_TURN)
		return -EAGAIN;
	if (!room_for_answers(t)) {
		/* The bytes that let the ring empty may have come there. */
		if (t->via)
			t->carrier->receive(t->via);
		return -EAGAIN;
	}
	n = t->via ? t->carrier->read(t->via, buf, len)
		   : from_socket(t->fd, buf, len, flags);
	if (n > 0) {
		/* A socket that fills less than was asked for is empty.  A
		 * channel is read to its end: epoll does not know it. */
		if (!t->via && (size_t)n < len)
			t->rx = TRANSPORT_RX_BLOCKED;
		/* The first bytes explain a handshake that fails. */
		if (first > (size_t)n)
			first = (size_t)n;
		memcpy(t->first + t->first_len, buf, first);
		t->first_len += first;
		t->turn += (size_t)n;
		t->received += (uint64_t)n;
		t->received_at = loop_now();
		return n;
	}
	t->rx = n == -EAGAIN ? TRANSPORT_RX_BLOCKED : TRANSPORT_RX_EOF;
	if (n != -EAGAIN)
		t->error = (int)n;
	return -EAGAIN;
}

static ssize_t on_receive(libssh2_socket_t fd, void *buf, size_t len, int flags,
			  void **abstract)
{
	struct transport *t = *abstract;

	if (fd != t->fd) /* the agent's */
		return agent_ready(fd, POLLIN)
			       ? from_socket(fd, buf, len, flags)
			       : -ETIMEDOUT;
	if (t->broken)
		return -EPIPE;
	switch (t->rx) {
	case TRANSPORT_RX_ABORT:
		return -ECANCELED;
	case TRANSPORT_RX_OPEN:
		return receive(t, buf, len, flags);
	default:
		return -EAGAIN;
	}
}

int transport_init(struct transport *t, struct loop *l, struct failure *f)
{
	t->loop = l;
	t->fd = -1;
	t->via = NULL;
	t->around = NULL;
	t->hop = NULL;
	t->agent = NULL;
	t->wipes = true;
	t->broken = t->tx_broken = false;
	t->rx = TRANSPORT_RX_OPEN;
	t->pending = 0;
	t->error = 0;
	t->received = 0;
	t->sent = 0;
	t->turn = 0;
	t->first_len = 0;
	t->password = NULL;
	t->x11s = 0;
	t->high_water = TRANSPORT_RING_SIZE / 4;
	memset(&t->watch, 0, sizeof(t->watch));
	memset(&t->soon, 0, sizeof(t->soon));
	ring_init(&t->out, t->memory, sizeof(t->memory));
	if (libssh2_init(0))
		return fail(f, REASON_INTERNAL, "libssh2_init failed");
	t->ssh = packet_notes_session(t);
	if (!t->ssh)
		return fail(f, REASON_INTERNAL, "out of memory");
	callback_set(t->ssh, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
	remarks_take(t);
	callback_set(t->ssh, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_receive);
	libssh2_session_set_blocking(t->ssh, 0);
	libssh2_session_banner_set(t->ssh, "SSH-2.0-sshdial");
	return 0;
}

const struct transport *transport_outermost(const struct transport *t)
{
	while (t->around)
		t = t->around;
	return t;
}

static uint32_t wanted_events(const struct transport *t)
{
	const struct transport *o = transport_outermost(t);

	if (t->rx == TRANSPORT_RX_EOF || o->rx == TRANSPORT_RX_EOF)
		return 0;
	return (room_for_answers(o) ? (uint32_t)EPOLLIN : 0) |
	       (o->out.used ? (uint32_t)EPOLLOUT : 0);
}

static void on_transport_socket(struct watch *w, uint32_t events)
{
	(void)w; /* the next turn reads and writes */
	(void)events;
}

int transport_watch(struct transport *t)
{
	return loop_watch(t->loop, &t->watch, t->fd, wanted_events(t),
			  on_transport_socket, t);
}

bool transport_room(const struct transport *t)
{
	return t->out.used < t->high_water;
}

enum transport_rx transport_pause_rx(struct transport *t)
{
	enum transport_rx before = t->rx;

	if (t->rx == TRANSPORT_RX_OPEN)
		t->rx = TRANSPORT_RX_BLOCKED;
	return before;
}

void transport_resume_rx(struct transport *t, enum transport_rx before)
{
	t->rx = before;
}

bool transport_is_over(const struct transport *t)
{
	return t->broken || t->rx == TRANSPORT_RX_EOF;
}

uint64_t transport_moved(const struct transport *t)
{
	uint64_t n = 0;

	for (; t; t = t->around)
		n += t->received + t->sent + (t->rx == TRANSPORT_RX_EOF);
	return n;
}

static ssize_t to_socket(struct transport *t, const void *p, size_t len)
{
	ssize_t n;

	do {
		n = send(t->fd, p, len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Empties the ring as far as it goes; true if something went. */
static bool flush(struct transport *t)
{
	const uint8_t *p;
	bool moved = false;
	size_t len;
	ssize_t n;

	while (!t->broken && (len = ring_peek(&t->out, &p))) {
		if (t->via) {
			/* After -EAGAIN the channel wants the same bytes
			 * again, and as many. */
			if (t->pending)
				len = t->pending;
			n = t->carrier->write(t->via, p, len);
			t->pending = n == -EAGAIN ? len : 0;
		} else {
			n = to_socket(t, p, len);
		}
		if (n == -EAGAIN || (t->via && !n))
			break;
		if (n < 0) {
			t->tx_broken = true;
			t->error = (int)n;
			ring_clear(&t->out);
			break;
		}
		t->sent += (uint64_t)n;
		ring_consume(&t->out, (size_t)n);
		moved = true;
	}
	return moved;
}

void transport_turn(struct transport *t)
{
	struct transport *u;
	bool moved;

	for (u = t; u; u = u->around) {
		u->turn = 0;
		if (u->rx == TRANSPORT_RX_BLOCKED)
			u->rx = TRANSPORT_RX_OPEN;
	}
	/* A ring that was emptied has room for what stopped before it. */
	do {
		moved = false;
		for (u = t; u; u = u->around)
			moved |= flush(u);
	} while (moved && t->via);
	for (u = t->around; u; u = u->around)
		t->broken |= u->broken;
}

int transport_fail(struct transport *t, enum reason r, const char *what,
		   struct failure *f)
{
	const struct transport *c = t;
	char text[256], who[280] = "the server";
	char *message = NULL;
	int len = 0;

	/* The reason is the outermost connection's that has failed; t's if it
	 * is none of those around. */
	for (const struct transport *u = t->around; u; u = u->around)
		if (transport_is_over(u) || u->farewell[0])
			c = u;
	if (c->hop)
		snprintf(who, sizeof(who), "hop %s", c->hop);
	if (!failure_is_set(f) && (c->farewell[0] || transport_is_over(c)))
		f->names_hop = c->hop != NULL;
	if (c->farewell[0])
		return fail(f, r, "%s: %s says: %s", what, who, c->farewell);
	if (transport_is_over(c) && !c->error)
		return fail(f, r, "%s: %s closed the connection", what, who);
	if (transport_is_over(c))
		return fail(f, r, "%s: %s%s%s", what, c->hop ? who : "",
			    c->hop ? ": " : "", strerror(-c->error));
	libssh2_session_last_error(t->ssh, &message, &len, 0);
	return fail(f, r, "%s: %s", what,
		    log_printable(text, sizeof(text), message ? message : "",
				  len > 0 ? (size_t)len : 0));
}

static void on_ready(struct watch *w, uint32_t events)
{
	(void)events;
	loop_quit(w->loop);
	*(bool *)w->arg = true;
}

static void on_try_again(struct timer *t)
{
	loop_quit(t->loop);
	*(bool *)t->arg = true;
}

int transport_wait(struct transport *t, struct failure *f)
{
	uint64_t before = transport_moved(t);
	bool ready = false;
	int rc;

	transport_turn(t);
	if (transport_is_over(t))
		return transport_fail(t, REASON_LINK_LOST, "connection lost",
				      f);
	t->loop->quit = false;
	rc = loop_watch(t->loop, &t->watch, t->fd, wanted_events(t), on_ready,
			&ready);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	/* Writing to a channel may have read what the caller waits for. */
	if (t->via && transport_moved(t) != before)
		loop_timer(t->loop, &t->soon, 0, on_try_again, &ready);
	loop_run(t->loop);
	loop_timer_stop(&t->soon);
	loop_unwatch(&t->watch);
	return ready ? 0 : -1;
}

bool transport_is_ssh(const struct transport *t, char *said, size_t size)
{
	const char *first = (const char *)t->first;
	struct span rest = {first, t->first_len}, line = {first, 0};

	while (rest.len && !span_starts(rest, "SSH-")) {
		struct span one = span_take_line(&rest);

		if (!line.len)
			line = one;
	}
	log_printable(said, size, line.p, line.len);
	return rest.len > 0;
}

/* The library's "Unable to exchange encryption keys" in words. */
static int explain_handshake(struct transport *t, struct failure *f)
{
	char theirs[512];

	if (!t->first_len)
		return transport_fail(t, REASON_HANDSHAKE,
				      "no SSH server answers there", f);
	if (!transport_is_ssh(t, theirs, sizeof(theirs)))
		return fail(f, REASON_HANDSHAKE,
			    "no SSH server answers there; it says: %.60s",
			    theirs);
	if (algorithms_lack_hostkey(t, theirs, sizeof(theirs)))
		return fail(f, REASON_HANDSHAKE,
			    "the server has host keys of type %.100s only, and "
			    "%.100s were asked for%s",
			    theirs, t->hostkeys,
			    strstr(theirs, "rsa") && !libssh2_version(0x010b00)
				    ? " (RSA needs libssh2 1.11)"
				    : "");
	if (!kexinit_list(t->first, t->first_len, KEXINIT_KEX, theirs,
			  sizeof(theirs)) &&
	    !kexinit_common(theirs, t->kex))
		return fail(f, REASON_HANDSHAKE,
			    "no key exchange in common: the server has "
			    "%.150s; look at `kex`",
			    theirs);
	return transport_fail(t, REASON_HANDSHAKE, "key exchange", f);
}

int transport_handshake(struct transport *t, int fd, struct failure *f)
{
	int rc;

	t->fd = fd;
	/* The end of the connection is no error of on_receive(), so libssh2
	 * would ask again for ever. */
	while ((rc = libssh2_session_handshake(t->ssh, fd)) ==
		       LIBSSH2_ERROR_EAGAIN &&
	       t->rx != TRANSPORT_RX_EOF)
		if (transport_wait(t, f) < 0)
			return -1;
	if (rc)
		return explain_handshake(t, f);
	return 0;
}

int transport_handshake_via(struct transport *t, struct transport *around,
			    const struct transport_carrier *carrier,
			    struct channel *via, struct failure *f)
{
	t->carrier = carrier;
	t->via = via;
	t->around = around;
	return transport_handshake(t, around->fd, f);
}

const uint8_t *transport_hostkey(const struct transport *t, size_t *len)
{
	int type;

	*len = 0;
	return (const uint8_t *)libssh2_session_hostkey(t->ssh, len, &type);
}

static void leave_agent(struct transport *t)
{
	if (t->agent)
		libssh2_agent_free(t->agent);
	t->agent = NULL;
}

void transport_forget_secrets(struct transport *t)
{
	leave_agent(t);
	t->wipes = false;
}

void transport_close(struct transport *t)
{
	if (!t->loop) /* never made */
		return;
	loop_unwatch(&t->watch);
	leave_agent(t);
	if (t->ssh) {
		if (!t->broken && t->fd >= 0) {
			libssh2_session_disconnect(t->ssh, "bye");
			transport_turn(t);
		}
		/* libssh2_session_free() waits for a dead server for ever
		 * unless its callbacks fail. */
		t->broken = true;
		libssh2_session_free(t->ssh);
		t->ssh = NULL;
	}
	if (t->fd >= 0 && !t->via)
		close(t->fd);
	t->fd = -1;
	t->via = NULL;
}
