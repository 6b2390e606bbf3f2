// SPDX-License-Identifier: ISC
#include "ssh/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "ssh/channel.h"
#include "ssh/remarks.h"
#include "base/span.h"

#define AGENT_LIMIT 5000 /* ms for an answer */

/*
 * What we offer, the preferred name first; names that the library does not know
 * are cut.  libssh2 calls libcrypto once for each 16 bytes of AES, but once for
 * a packet of chacha20-poly1305, which it has since 1.11.1, together with the
 * strict key exchange that this cipher needs (CVE-2023-48795).
 */
static const char our_kex[] =
	"curve25519-sha256,curve25519-sha256@libssh.org,"
	"ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
	"diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";
static const char our_ciphers[] =
	"chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr,aes192-ctr,"
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com";
static const char our_macs[] =
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	"hmac-sha2-256,hmac-sha2-512";

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
	if (t->dead)
		return -EPIPE;
	if (t->mute)
		return (ssize_t)len;
	if (ring_put(&t->out, buf, len) < 0) {
		t->dead = true;
		t->error = -ENOBUFS;
		return -ENOBUFS;
	}
	return (ssize_t)len;
}

static void keep_first(struct transport *t, const void *buf, size_t len)
{
	size_t room = sizeof(t->first) - t->first_len;

	if (len > room)
		len = room;
	memcpy(t->first + t->first_len, buf, len);
	t->first_len += len;
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
 * exchanges.  Who sends such but takes no answer is not heard for the time.
 */
static bool room_for_answers(const struct transport *t)
{
	return ring_free(&t->out) >= TRANSPORT_ANSWERS;
}

static ssize_t on_receive(libssh2_socket_t fd, void *buf, size_t len, int flags,
			  void **abstract)
{
	struct transport *t = *abstract;
	ssize_t n;

	if (fd != t->fd)
		return agent_ready(fd, POLLIN)
			       ? from_socket(fd, buf, len, flags)
			       : -ETIMEDOUT;
	if (t->dead)
		return -EPIPE;
	if (t->refuse)
		return -ECANCELED;
	/* What a channel has must not stay there: epoll knows only sockets. */
	if (t->ended || t->drained ||
	    (!t->via && t->turn >= TRANSPORT_READ_TURN))
		return -EAGAIN;
	if (!room_for_answers(t)) {
		/* What empties the ring may have come there. */
		if (t->via)
			channel_pull(t->via);
		return -EAGAIN;
	}
	n = t->via ? channel_read(t->via, buf, len)
		   : from_socket(fd, buf, len, flags);
	if (n == -EAGAIN) {
		t->drained = true;
		return -EAGAIN;
	}
	if (n <= 0) {
		t->ended = true;
		t->error = (int)n;
		return -EAGAIN;
	}
	/* A socket that fills less than was asked for is empty. */
	t->drained = !t->via && (size_t)n < len;
	keep_first(t, buf, (size_t)n);
	t->turn += (size_t)n;
	t->received += (uint64_t)n;
	t->received_at = loop_now();
	return n;
}

void transport_callback(struct transport *t, int which, void (*fn)(void))
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(t->ssh, which, (libssh2_cb_generic *)fn);
#else
	void *p;

	/* ISO C has no cast from function to object pointers. */
	memcpy(&p, &fn, sizeof(p));
	libssh2_session_callback_set(t->ssh, which, p);
#endif
}

int transport_init(struct transport *t, struct loop *l, struct failure *f)
{
	t->loop = l;
	t->fd = -1;
	t->via = NULL;
	t->hop = NULL;
	t->agent = NULL;
	t->dead = false;
	t->pending = 0;
	t->ended = t->mute = false;
	t->error = 0;
	t->received = 0;
	t->sent = 0;
	t->turn = 0;
	t->drained = false;
	t->first_len = 0;
	t->refuse = false;
	t->password = NULL;
	t->x11s = 0;
	t->high_water = TRANSPORT_RING_SIZE / 4;
	memset(&t->watch, 0, sizeof(t->watch));
	memset(&t->soon, 0, sizeof(t->soon));
	ring_init(&t->out, t->memory, sizeof(t->memory));
	if (libssh2_init(0))
		return fail(f, REASON_INTERNAL, "libssh2_init failed");
	t->ssh = exit_status_session(t);
	if (!t->ssh)
		return fail(f, REASON_INTERNAL, "out of memory");
	transport_callback(t, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
	remarks_take(t);
	transport_callback(t, LIBSSH2_CALLBACK_RECV,
			   (void (*)(void))on_receive);
	libssh2_session_set_blocking(t->ssh, 0);
	libssh2_session_banner_set(t->ssh, "SSH-2.0-sshdial");
	return 0;
}

static bool in_list(const char *const *list, int n, const char *name,
		    size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(list[i]) == len && !memcmp(list[i], name, len))
			return true;
	return false;
}

/*
 * Copies the names that the library knows.  libssh2 1.10 strips unknown names
 * itself, but with an overlapping memcpy.
 */
static int cut_to_known(struct transport *t, int method, const char *want,
			char *out, size_t size)
{
	const char **known = NULL;
	size_t used = 0;
	int n = libssh2_session_supported_algs(t->ssh, method, &known);

	out[0] = 0;
	for (const char *p = want; n > 0 && *p;) {
		size_t len = strcspn(p, ",");

		if (in_list(known, n, p, len) && used + len + 2 <= size)
			used += (size_t)snprintf(out + used, size - used,
						 "%s%.*s", used ? "," : "",
						 (int)len, p);
		p += len + (p[len] == ',');
	}
	if (known)
		libssh2_free(t->ssh, known);
	return used ? 0 : -ENOENT;
}

static int prefer(struct transport *t, int method, const char *key,
		  const char *want, struct failure *f)
{
	char list[TRANSPORT_LIST_MAX];

	if (cut_to_known(t, method, want, list, sizeof(list)) < 0)
		return fail(f, REASON_CONFIG,
			    "%s: libssh2 %s knows none of \"%s\"", key,
			    libssh2_version(0), want);
	if (libssh2_session_method_pref(t->ssh, method, list))
		return transport_fail(t, REASON_CONFIG, key, f);
	if (method == LIBSSH2_METHOD_HOSTKEY)
		memcpy(t->hostkeys, list, sizeof(list));
	else if (method == LIBSSH2_METHOD_KEX)
		memcpy(t->kex, list, sizeof(list));
	return 0;
}

int transport_hostkey_offer(struct transport *t, const char *want, char *out,
			    size_t size, struct failure *f)
{
	if (cut_to_known(t, LIBSSH2_METHOD_HOSTKEY, want, out, size) < 0)
		return fail(f, REASON_CONFIG,
			    "host-key-algorithms: libssh2 %s knows none of "
			    "\"%s\"",
			    libssh2_version(0), want);
	return 0;
}

int transport_algorithms(struct transport *t, const struct conf *c,
			 const char *hostkeys, struct failure *f)
{
	const char *kex = c->kex ? c->kex : our_kex;
	const char *ciphers = c->ciphers ? c->ciphers : our_ciphers;
	const char *macs = c->macs ? c->macs : our_macs;

	if (prefer(t, LIBSSH2_METHOD_HOSTKEY, "host-key-algorithms", hostkeys,
		   f) ||
	    prefer(t, LIBSSH2_METHOD_KEX, "kex", kex, f) ||
	    prefer(t, LIBSSH2_METHOD_CRYPT_CS, "ciphers", ciphers, f) ||
	    prefer(t, LIBSSH2_METHOD_CRYPT_SC, "ciphers", ciphers, f) ||
	    prefer(t, LIBSSH2_METHOD_MAC_CS, "macs", macs, f) ||
	    prefer(t, LIBSSH2_METHOD_MAC_SC, "macs", macs, f))
		return -1;
	return 0;
}

static struct transport *around(const struct transport *t)
{
	return t->via ? t->via->t : NULL;
}

const struct transport *transport_outermost(const struct transport *t)
{
	while (t->via)
		t = t->via->t;
	return t;
}

uint32_t transport_events(const struct transport *t)
{
	const struct transport *o = transport_outermost(t);

	if (t->ended || o->ended)
		return 0;
	return (room_for_answers(o) ? (uint32_t)EPOLLIN : 0) |
	       (o->out.used ? (uint32_t)EPOLLOUT : 0);
}

bool transport_room(const struct transport *t)
{
	return t->out.used < t->high_water;
}

bool transport_hold(struct transport *t)
{
	bool before = t->drained;

	t->drained = true;
	return before;
}

void transport_release(struct transport *t, bool before)
{
	t->drained = before;
}

uint64_t transport_moved(const struct transport *t)
{
	uint64_t n = 0;

	for (; t; t = around(t))
		n += t->received + t->sent + t->ended;
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

/* The channel wants the same bytes again, and as many. */
static ssize_t to_channel(struct transport *t, const void *p, size_t len)
{
	ssize_t n;

	if (t->pending)
		len = t->pending;
	n = channel_write(t->via, p, len);
	t->pending = n == -EAGAIN ? len : 0;
	return n;
}

/* Empties the ring as far as it goes; true where something went. */
static bool flush(struct transport *t)
{
	const uint8_t *p;
	bool moved = false;
	size_t len;
	ssize_t n;

	while (!t->dead && (len = ring_peek(&t->out, &p))) {
		n = t->via ? to_channel(t, p, len) : to_socket(t, p, len);
		if (n == -EAGAIN || (t->via && !n))
			break;
		if (n < 0) {
			t->mute = true;
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

	for (u = t; u; u = around(u)) {
		u->turn = 0;
		u->drained = false;
	}
	/* A ring that was emptied has room for what stopped before it. */
	do {
		moved = false;
		for (u = t; u; u = around(u))
			moved |= flush(u);
	} while (moved && t->via);
	for (u = around(t); u; u = around(u))
		t->dead |= u->dead;
}

/* The one of the stack that has failed, the outermost of them, or t. */
static const struct transport *culprit(const struct transport *t)
{
	const struct transport *found = t;

	for (t = around(t); t; t = around(t))
		if (t->dead || t->ended || t->farewell[0])
			found = t;
	return found;
}

int transport_fail(struct transport *t, enum reason r, const char *what,
		   struct failure *f)
{
	const struct transport *c = culprit(t);
	char text[256], who[280] = "the server";
	char *message = NULL;
	int len = 0;

	if (c->hop)
		snprintf(who, sizeof(who), "hop %s", c->hop);
	if (!failure_is_set(f) && (c->farewell[0] || c->dead || c->ended))
		f->names_hop = c->hop != NULL;
	if (c->farewell[0])
		return fail(f, r, "%s: %s says: %s", what, who, c->farewell);
	if ((c->dead || c->ended) && !c->error)
		return fail(f, r, "%s: %s closed the connection", what, who);
	if (c->dead || c->ended)
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

static void on_soon(struct timer *t)
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
	if (t->dead || t->ended)
		return transport_fail(t, REASON_LINK_LOST, "connection lost",
				      f);
	t->loop->quit = false;
	rc = loop_watch(t->loop, &t->watch, t->fd, transport_events(t),
			on_ready, &ready);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	/* Writing to a channel may have read what the caller waits for. */
	if (t->via && transport_moved(t) != before)
		loop_timer(t->loop, &t->soon, 0, on_soon, &ready);
	loop_run(t->loop);
	loop_timer_stop(&t->soon);
	loop_unwatch(&t->watch);
	return ready ? 0 : -1;
}

bool transport_no_hostkey(const struct transport *t, char *theirs, size_t size)
{
	return !kexinit_list(t->first, t->first_len, KEXINIT_HOSTKEY, theirs,
			     size) &&
	       !kexinit_common(theirs, t->hostkeys);
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
	if (transport_no_hostkey(t, theirs, sizeof(theirs)))
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

static int handshake(struct transport *t, int fd, struct failure *f)
{
	int rc;

	t->fd = fd;
	while ((rc = libssh2_session_handshake(t->ssh, fd)) ==
		       LIBSSH2_ERROR_EAGAIN &&
	       !t->ended)
		if (transport_wait(t, f) < 0)
			return -1;
	if (rc)
		return explain_handshake(t, f);
	return 0;
}

int transport_handshake(struct transport *t, int fd, struct failure *f)
{
	return handshake(t, fd, f);
}

int transport_handshake_via(struct transport *t, struct channel *via,
			    struct failure *f)
{
	t->via = via;
	return handshake(t, via->t->fd, f);
}

const uint8_t *transport_hostkey(const struct transport *t, size_t *len)
{
	int type;

	*len = 0;
	return (const uint8_t *)libssh2_session_hostkey(t->ssh, len, &type);
}

void transport_leave_agent(struct transport *t)
{
	if (t->agent)
		libssh2_agent_free(t->agent);
	t->agent = NULL;
}

void transport_close(struct transport *t)
{
	if (!t->loop) /* never made */
		return;
	loop_unwatch(&t->watch);
	transport_leave_agent(t);
	if (t->ssh) {
		if (!t->dead && t->fd >= 0) {
			libssh2_session_disconnect(t->ssh, "bye");
			transport_turn(t);
		}
		/* libssh2_session_free() waits for a dead server for ever
		 * unless its callbacks fail. */
		t->dead = true;
		libssh2_session_free(t->ssh);
		t->ssh = NULL;
	}
	if (t->fd >= 0 && !t->via)
		close(t->fd);
	t->fd = -1;
	t->via = NULL;
}
