// SPDX-License-Identifier: ISC
/*
 * A call of libssh2 that gives EAGAIN has to be repeated with the same
 * arguments, and for some only one can be under way in a session: opening a
 * channel, starting a command, an answer that is waited for.  So the callers of
 * this file do one after the other.
 *
 * Waiting for an answer, libssh2 reads packets, and it would wait for ever;
 * two things end that.  A call pauses receiving (transport_pause_rx()) if the
 * answer can be among the packets that the session has read already.  A call
 * that is to be given up meets a socket that gives an error
 * (TRANSPORT_RX_ABORT), which it takes for the end of its wait.
 *
 * libssh2 tops up the receive window by itself, in reads (RFC 4254, 5.2).  If a
 * key exchange delays that, the read has to be repeated with the same length
 * before any other: adjust_pending_len.
 */
#include "ssh/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"

#define READ_MAX 65536 /* bytes of a read */

/* A stream that nobody uses: reading it only takes in packets. */
#define STREAM_NONE 2

static void open_session(struct channel *ch, unsigned int window,
			 unsigned int packet)
{
	ch->ssh = libssh2_channel_open_ex(ch->t->ssh, "session", 7, window,
					  packet, NULL, 0);
	ch->number = ch->t->notes.opened;
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
} requests[] = {
	[FAR_COMMAND] = {"exec", "the server refused the command"},
	[FAR_SUBSYSTEM] = {"subsystem", "the server refused the subsystem"},
	[FAR_SHELL] = {"shell", "the server refused a shell"},
};

static int start_command(struct channel *ch, enum far_request request,
			 const char *command)
{
	const char *name = requests[request].name;
	const char *text = request == FAR_SHELL ? NULL : command;

	return libssh2_channel_process_startup(
		ch->ssh, name, (unsigned int)strlen(name), text,
		text ? (unsigned int)strlen(text) : 0);
}

int channel_start(struct channel *ch, enum far_request request,
		  const char *command, struct failure *f)
{
	int rc;

	while ((rc = start_command(ch, request, command)) ==
	       LIBSSH2_ERROR_EAGAIN)
		if (transport_wait(ch->t, f) < 0)
			return -1;
	if (rc)
		return transport_fail(ch->t, REASON_FAR_FAILED,
				      requests[request].refused, f);
	return 0;
}

int channel_try_open(struct channel *ch, struct transport *t,
		     struct channel_size size)
{
	enum transport_rx before = transport_pause_rx(t);
	int rc;

	ch->t = t;
	open_session(ch, size.window, size.packet);
	transport_resume_rx(t, before);
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
	enum transport_rx before = transport_pause_rx(ch->t);
	int rc = start_command(ch, request, command);

	transport_resume_rx(ch->t, before);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
		return -ECONNREFUSED;
	return rc ? -EIO : 0;
}

/*
 * A window adjust is refused only during a key exchange, when libssh2 sends
 * nothing else.  This one is small and does no harm.
 */
static int try_window_adjust(struct channel *ch)
{
	return channel_adjust_window(ch, 1024);
}

/* During a key exchange the socket's error would be one of the exchange. */
int channel_cancel_open(struct transport *t, struct channel *any)
{
	enum transport_rx before;
	LIBSSH2_CHANNEL *ch;
	int rc = 0;

	if (try_window_adjust(any) == -EAGAIN)
		return -EAGAIN;
	before = t->rx;
	t->rx = TRANSPORT_RX_ABORT;
	ch = libssh2_channel_open_ex(t->ssh, "session", 7, 0, 0, NULL, 0);
	if (!ch && libssh2_session_last_errno(t->ssh) == LIBSSH2_ERROR_EAGAIN)
		rc = -EAGAIN;
	/* It was answered just now. */
	if (ch)
		libssh2_channel_free(ch);
	t->rx = before;
	return rc;
}

/* The value of a call of libssh2, as pumps have it. */
static ssize_t pump_result(struct channel *ch, ssize_t n)
{
	if (n == LIBSSH2_ERROR_EAGAIN)
		return transport_is_over(ch->t) ? -EIO : -EAGAIN;
	if (n == LIBSSH2_ERROR_CHANNEL_CLOSED ||
	    n == LIBSSH2_ERROR_CHANNEL_EOF_SENT)
		return -EPIPE;
	if (n >= 0)
		return n;
	log_debug("channel: libssh2 error %zd", n);
	ch->t->broken = true;
	return -EIO;
}

/*
 * If the window has to be larger before a read and a key exchange forbids to
 * say so, libssh2 keeps what it would have sent, and sends that at the next
 * read; but what it then counts follows from the length of that one.  With
 * another length it takes the window for smaller than the server does, and
 * drops what comes beyond; or for larger, and the server waits for ever.  So
 * the read is repeated with its length.  If the length is more than the window,
 * libssh2 sends two numbers, the second of them below zero: so it never is.
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
	ch->adjust_pending_len =
		n == LIBSSH2_ERROR_EAGAIN && window < first / 4 * 3 + len &&
				window == libssh2_channel_window_read_ex(
						  ch->ssh, NULL, NULL)
			? len
			: 0;
	return pump_result(ch, n);
}

static int send_window_adjust(struct channel *ch, unsigned long n)
{
	int rc = libssh2_channel_receive_window_adjust2(ch->ssh, n, 1, NULL);

	ch->adjust_pending = rc == LIBSSH2_ERROR_EAGAIN ? n : 0;
	return ch->adjust_pending ? -EAGAIN : 0;
}

/* Retries a pending window adjust with the same arguments; true once none is
 * pending. */
static bool finish_window_adjust(struct channel *ch)
{
	static char none[READ_MAX];

	if (ch->adjust_pending &&
	    send_window_adjust(ch, ch->adjust_pending) < 0)
		return false;
	if (ch->adjust_pending_len)
		read_packets(ch, STREAM_NONE, none, ch->adjust_pending_len);
	return !ch->adjust_pending_len;
}

int channel_adjust_window(struct channel *ch, unsigned long n)
{
	bool begun = ch->adjust_pending;

	if (!finish_window_adjust(ch))
		return -EAGAIN;
	return begun ? 0 : send_window_adjust(ch, n);
}

static ssize_t read_stream(struct channel *ch, int stream, void *buf,
			   size_t len)
{
	ssize_t n;

	if (len > READ_MAX)
		len = READ_MAX;
	n = finish_window_adjust(ch) ? read_packets(ch, stream, buf, len)
				     : pump_result(ch, LIBSSH2_ERROR_EAGAIN);
	/* 0 is the end, or a packet that was for another channel. */
	if (!n && !libssh2_channel_eof(ch->ssh) && !channel_is_closed(ch))
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
	return pump_result(ch, libssh2_channel_write(ch->ssh, buf, len));
}

int channel_send_eof(void *ctx)
{
	struct channel *ch = ctx;

	return (int)pump_result(ch, libssh2_channel_send_eof(ch->ssh));
}

void channel_receive_packets(struct channel *ch)
{
	char none[16];

	if (finish_window_adjust(ch))
		read_packets(ch, STREAM_NONE, none, sizeof(none));
}

bool channel_is_closed(const struct channel *ch)
{
	return libssh2_channel_wait_closed(ch->ssh) == 0;
}

int channel_exit_status(struct channel *ch, char *sig, size_t size)
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
	if (!status && packet_notes_lack_status(&ch->t->notes, ch->number))
		return -1;
	return status;
}

int channel_ping(struct channel *ch)
{
	enum transport_rx before = transport_pause_rx(ch->t);
	int rc = libssh2_channel_setenv(ch->ssh, "PING", "1");

	transport_resume_rx(ch->t, before);
	return rc == LIBSSH2_ERROR_EAGAIN && !ch->t->broken ? -EAGAIN : 0;
}

void channel_close(struct channel *ch)
{
	libssh2_channel_close(ch->ssh);
}

int channel_free(struct channel *ch, bool force)
{
	enum transport_rx before;
	int rc;

	if (force && try_window_adjust(ch) == -EAGAIN)
		return -EAGAIN;
	before = ch->t->rx;
	if (force)
		ch->t->rx = TRANSPORT_RX_ABORT;
	rc = libssh2_channel_close(ch->ssh);
	if (rc != LIBSSH2_ERROR_EAGAIN && (force || channel_is_closed(ch)))
		rc = libssh2_channel_free(ch->ssh);
	else
		rc = LIBSSH2_ERROR_EAGAIN;
	if (force)
		ch->t->rx = before;
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	ch->ssh = NULL;
	return 0;
}

const struct transport_carrier channel_carrier = {
	.read = channel_read,
	.write = channel_write,
	.receive = channel_receive_packets,
};
