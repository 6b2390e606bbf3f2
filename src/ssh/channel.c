// SPDX-License-Identifier: ISC
#include "ssh/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"

#define READ_MAX	 65536 /* bytes of a read */
#define CONNECT_WINDOW	 (8 * 1024 * 1024)
#define CONNECT_HOST_MAX 255

static void open_session(struct channel *ch, unsigned int window,
			 unsigned int packet)
{
	ch->ssh = libssh2_channel_open_ex(ch->t->ssh, "session", 7, window,
					  packet, NULL, 0);
	ch->number = ch->t->exit_status.opened;
}

int channel_open(struct channel *ch, struct transport *t, unsigned int window,
		 struct failure *f)
{
	*ch = (struct channel){.t = t};
	for (;;) {
		open_session(ch, window, CHANNEL_PACKET_MAX);
		if (ch->ssh)
			return 0;
		if (libssh2_session_last_errno(t->ssh) != LIBSSH2_ERROR_EAGAIN)
			return transport_fail(t, REASON_FAR_FAILED,
					      "the server refused a channel "
					      "(MaxSessions of sshd)",
					      f);
		if (transport_wait(t, f) < 0)
			return -1;
	}
}

static const struct {
	const char *name;
	const char *refused;
} kind[] = {
	[FAR_COMMAND] = {"exec", "the server refused the command"},
	[FAR_SUBSYSTEM] = {"subsystem", "the server refused the subsystem"},
	[FAR_SHELL] = {"shell", "the server refused a shell"},
};

static int start(struct channel *ch, enum far_request request,
		 const char *command)
{
	const char *name = kind[request].name;
	const char *text = request == FAR_SHELL ? NULL : command;

	return libssh2_channel_process_startup(
		ch->ssh, name, (unsigned int)strlen(name), text,
		text ? (unsigned int)strlen(text) : 0);
}

int channel_start(struct channel *ch, enum far_request request,
		  const char *command, struct failure *f)
{
	int rc;

	while ((rc = start(ch, request, command)) == LIBSSH2_ERROR_EAGAIN)
		if (transport_wait(ch->t, f) < 0)
			return -1;
	if (rc)
		return transport_fail(ch->t, REASON_FAR_FAILED,
				      kind[request].refused, f);
	return 0;
}

int channel_try_open(struct channel *ch, struct transport *t,
		     struct channel_size size)
{
	bool before = transport_hold(t);
	int rc;

	ch->t = t;
	open_session(ch, size.window, size.packet);
	transport_release(t, before);
	if (ch->ssh)
		return 0;
	rc = libssh2_session_last_errno(t->ssh);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	return rc == LIBSSH2_ERROR_CHANNEL_FAILURE ? -ECONNREFUSED : -EIO;
}

int channel_try_start(struct channel *ch, enum far_request request,
		      const char *command)
{
	bool before = transport_hold(ch->t);
	int rc = start(ch, request, command);

	transport_release(ch->t, before);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
		return -ECONNREFUSED;
	return rc ? -EIO : 0;
}

/* RFC 4254, 5.1, in words; libssh2 does not give the server's own. */
static const char *refusal(struct transport *t)
{
	char *message = NULL;

	libssh2_session_last_error(t->ssh, &message, NULL, 0);
	if (message && strstr(message, "prohibited"))
		return "it is not allowed there (AllowTcpForwarding, "
		       "PermitOpen, or the key's line in authorized_keys)";
	if (message && strstr(message, "connect failed"))
		return "the name or the connection failed there";
	return message ? message : "";
}

static size_t put_u32(uint8_t *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(n >> (24 - 8 * i));
	return 4;
}

static size_t put_string(uint8_t *to, const char *s)
{
	size_t len = strlen(s);

	put_u32(to, (uint32_t)len);
	memcpy(to + 4, s, len);
	return len + 4;
}

/*
 * libssh2_channel_direct_tcpip_ex() has a window of 2 MiB, and less than that
 * in fact, as it is filled up again only when a quarter is gone: the channel
 * inside, with as large a one, would have to wait.
 */
static LIBSSH2_CHANNEL *open_connection(struct transport *t, const char *host,
					int port)
{
	static const char type[] = "direct-tcpip", from[] = "127.0.0.1";
	uint8_t m[CONNECT_HOST_MAX + sizeof(from) + 16];
	size_t n = put_string(m, host);

	n += put_u32(m + n, (uint32_t)port);
	n += put_string(m + n, from);
	n += put_u32(m + n, 22);
	return libssh2_channel_open_ex(t->ssh, type, sizeof(type) - 1,
				       CONNECT_WINDOW, CHANNEL_PACKET_MAX,
				       (char *)m, (unsigned int)n);
}

int channel_connect(struct channel *ch, struct transport *t, const char *host,
		    int port, struct failure *f)
{
	int rc;

	*ch = (struct channel){.t = t};
	if (strlen(host) > CONNECT_HOST_MAX)
		return fail(f, REASON_CONNECT, "the host's name is too long");
	for (;;) {
		ch->ssh = open_connection(t, host, port);
		if (ch->ssh)
			return 0;
		rc = libssh2_session_last_errno(t->ssh);
		if (rc == LIBSSH2_ERROR_CHANNEL_FAILURE)
			return fail(f, REASON_CONNECT,
				    "no connection to %s port %d: %s", host,
				    port, refusal(t));
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return transport_fail(t, REASON_LINK_LOST,
					      "connection lost", f);
		if (transport_wait(t, f) < 0)
			return -1;
	}
}

static ssize_t result(struct channel *ch, ssize_t n)
{
	if (n == LIBSSH2_ERROR_EAGAIN)
		return ch->t->dead || ch->t->ended ? -EIO : -EAGAIN;
	if (n == LIBSSH2_ERROR_CHANNEL_CLOSED ||
	    n == LIBSSH2_ERROR_CHANNEL_EOF_SENT)
		return -EPIPE;
	if (n >= 0)
		return n;
	log_debug("channel: libssh2 error %zd", n);
	ch->t->dead = true;
	return -EIO;
}

/*
 * Where the window has to be larger before a read and a key exchange forbids to
 * say so, libssh2 keeps what it would have sent, and sends that at the next
 * read; but what it then counts follows from the length of that one.  With
 * another length it takes the window for smaller than the server does, and
 * drops what comes beyond; or for larger, and the server waits for ever.  Where
 * the length is more than the window, it sends two numbers, the second of them
 * below zero: so it never is.
 */
static ssize_t read_packets(struct channel *ch, int stream, void *buf,
			    size_t len)
{
	unsigned long first, window;
	ssize_t n;

	window = libssh2_channel_window_read_ex(ch->ssh, NULL, &first);
	if (window && len > window)
		len = window;
	n = libssh2_channel_read_ex(ch->ssh, stream, buf, len);
	ch->unsettled =
		n == LIBSSH2_ERROR_EAGAIN && window < first / 4 * 3 + len &&
				window == libssh2_channel_window_read_ex(
						  ch->ssh, NULL, NULL)
			? len
			: 0;
	return result(ch, n);
}

static int widen(struct channel *ch, unsigned long n)
{
	int rc = libssh2_channel_receive_window_adjust2(ch->ssh, n, 1, NULL);

	ch->widening = rc == LIBSSH2_ERROR_EAGAIN ? n : 0;
	return ch->widening ? -EAGAIN : 0;
}

/* What was begun is done again with the same numbers: true once it is over.
 * Nobody uses stream 2, so that nothing is read. */
static bool settle(struct channel *ch)
{
	static char none[READ_MAX];

	if (ch->widening && widen(ch, ch->widening) < 0)
		return false;
	if (ch->unsettled)
		read_packets(ch, 2, none, ch->unsettled);
	return !ch->unsettled;
}

int channel_widen(struct channel *ch, unsigned long n)
{
	bool begun = ch->widening;

	if (!settle(ch))
		return -EAGAIN;
	return begun ? 0 : widen(ch, n);
}

static ssize_t read_stream(struct channel *ch, int stream, void *buf,
			   size_t len)
{
	ssize_t n;

	if (len > READ_MAX)
		len = READ_MAX;
	n = settle(ch) ? read_packets(ch, stream, buf, len)
		       : result(ch, LIBSSH2_ERROR_EAGAIN);
	/* 0 is the end, or a packet that was for somebody else. */
	if (!n && !libssh2_channel_eof(ch->ssh) && !channel_closed(ch))
		return -EAGAIN;
	return n;
}

ssize_t channel_read(void *ctx, void *buf, size_t len)
{
	return read_stream(ctx, 0, buf, len);
}

ssize_t channel_read_err(void *ctx, void *buf, size_t len)
{
	return read_stream(ctx, SSH_EXTENDED_DATA_STDERR, buf, len);
}

ssize_t channel_write(void *ctx, const void *buf, size_t len)
{
	struct channel *ch = ctx;

	if (!transport_room(ch->t))
		return -EAGAIN;
	return result(ch, libssh2_channel_write(ch->ssh, buf, len));
}

int channel_shut(void *ctx)
{
	struct channel *ch = ctx;

	return (int)result(ch, libssh2_channel_send_eof(ch->ssh));
}

void channel_pull(struct channel *ch)
{
	char none[16];

	/* A stream that nobody uses: reading it only takes in packets. */
	if (settle(ch))
		read_packets(ch, 2, none, sizeof(none));
}

bool channel_closed(const struct channel *ch)
{
	return libssh2_channel_wait_closed(ch->ssh) == 0;
}

int channel_status(struct channel *ch, char *sig, size_t size)
{
	char *name = NULL;
	int status;

	snprintf(sig, size, "%s", "");
	libssh2_channel_get_exit_signal(ch->ssh, &name, NULL, NULL, NULL, NULL,
					NULL);
	if (name) {
		log_printable(sig, size, name, strlen(name));
		libssh2_free(ch->t->ssh, name);
		return -1;
	}
	status = libssh2_channel_get_exit_status(ch->ssh) & 255;
	if (!status && exit_status_is_missing(&ch->t->exit_status, ch->number))
		return -1;
	return status;
}

int channel_ping(struct channel *ch)
{
	bool before = transport_hold(ch->t);
	int rc = libssh2_channel_setenv(ch->ssh, "PING", "1");

	transport_release(ch->t, before);
	return rc == LIBSSH2_ERROR_EAGAIN && !ch->t->dead ? -EAGAIN : 0;
}

int channel_close(struct channel *ch)
{
	return (int)result(ch, libssh2_channel_close(ch->ssh));
}
