// SPDX-License-Identifier: ISC
#include "ssh/forward.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"

static size_t put_u32(uint8_t *out, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(n >> (24 - 8 * i));
	return 4;
}

static size_t put_string(uint8_t *out, const char *s)
{
	size_t len = strlen(s);

	put_u32(out, (uint32_t)len);
	memcpy(out + 4, s, len);
	return 4 + len;
}

/* RFC 4254, 7.2.  Names have at most 255 bytes. */
static size_t direct_message(const struct forward_target *to, uint8_t *out)
{
	size_t n = put_string(out, to->host);

	n += put_u32(out + n, (uint32_t)to->port);
	n += put_string(out + n, to->from);
	return n + put_u32(out + n, (uint32_t)to->from_port);
}

static int refusal(struct transport *t, char *why, size_t size)
{
	char *text = NULL;
	int rc = libssh2_session_last_error(t->ssh, &text, NULL, 0);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	/* "Channel open failure (connect failed)" */
	if (text && strchr(text, '('))
		text = strchr(text, '(') + 1;
	log_printable(why, size, text ? text : "",
		      text ? strcspn(text, ")") : 0);
	if (strstr(why, "prohibited"))
		return -EACCES;
	return rc == LIBSSH2_ERROR_CHANNEL_FAILURE ? -ECONNREFUSED : -EIO;
}

int forward_open(struct channel *ch, struct transport *t,
		 const struct forward_target *to, char *why, size_t size)
{
	uint8_t message[2 * 256 + 16];
	size_t len = direct_message(to, message);
	bool before = transport_hold(t);

	ch->t = t;
	ch->ssh = libssh2_channel_open_ex(
		t->ssh, "direct-tcpip", 12, to->size.window, to->size.packet,
		(const char *)message, (unsigned int)len);
	transport_release(t, before);
	return ch->ssh ? 0 : refusal(t, why, size);
}

/*
 * During a key exchange nothing else is sent.  An error of the socket would
 * then be an error of the exchange.
 */
static bool exchanging_keys(struct channel *ch)
{
	return channel_widen(ch, 1024) == -EAGAIN;
}

int forward_open_cancel(struct transport *t, struct channel *any)
{
	LIBSSH2_CHANNEL *ch;
	int rc = 0;

	if (exchanging_keys(any))
		return -EAGAIN;
	t->refuse = true;
	ch = libssh2_channel_open_ex(t->ssh, "direct-tcpip", 12, 0, 0, NULL, 0);
	if (!ch && libssh2_session_last_errno(t->ssh) == LIBSSH2_ERROR_EAGAIN)
		rc = -EAGAIN;
	/* It was answered just now. */
	if (ch)
		libssh2_channel_free(ch);
	t->refuse = false;
	return rc;
}

struct forward_window forward_window(const struct channel *ch)
{
	unsigned long unread, first, left;

	left = libssh2_channel_window_read_ex(ch->ssh, &unread, &first);
	return (struct forward_window){first, left, unread};
}

int forward_listen(struct forward_listener *l, struct transport *t,
		   const char *host, int *port, char *why, size_t size)
{
	bool before = transport_hold(t);
	int rc;

	if (!l->asking)
		t->remark[0] = 0;
	l->asking = true;
	l->t = t;
	l->ssh = libssh2_channel_forward_listen_ex(t->ssh, host, *port, port,
						   FORWARD_QUEUE);
	transport_release(t, before);
	if (!l->ssh) {
		rc = libssh2_session_last_errno(t->ssh);
		if (rc == LIBSSH2_ERROR_EAGAIN)
			return -EAGAIN;
		l->asking = false;
		snprintf(why, size, "%s", t->remark);
		if (rc != LIBSSH2_ERROR_REQUEST_DENIED)
			return -EIO;
		return t->remark[0] ? -EACCES : -EADDRINUSE;
	}
	l->asking = false;
	/* "localhost" and GatewayPorts yes: open to all, and nobody asked. */
	if (strstr(t->remark, "overridden"))
		log_warn("the server says of port %d: %s", *port, t->remark);
	return 0;
}

int forward_accept(struct forward_listener *l, struct channel *ch)
{
	bool before = transport_hold(l->t);

	*ch = (struct channel){.t = l->t};
	ch->ssh = libssh2_channel_forward_accept(l->ssh);
	transport_release(l->t, before);
	return ch->ssh ? 0 : -EAGAIN;
}

int forward_close(struct channel *ch, bool force)
{
	int rc;

	if (force && exchanging_keys(ch))
		return -EAGAIN;
	ch->t->refuse = force;
	rc = libssh2_channel_close(ch->ssh);
	if (rc != LIBSSH2_ERROR_EAGAIN && (force || channel_closed(ch)))
		rc = libssh2_channel_free(ch->ssh);
	else
		rc = LIBSSH2_ERROR_EAGAIN;
	ch->t->refuse = false;
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	ch->ssh = NULL;
	return 0;
}
