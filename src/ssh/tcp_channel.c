// SPDX-License-Identifier: ISC
#include "ssh/tcp_channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"

/* Of a transport inside: large enough that the channel in it never waits. */
#define CONNECT_WINDOW (8 * 1024 * 1024)

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
 * The message is RFC 4254, 7.2.  libssh2_channel_direct_tcpip_ex() would choose
 * the window: 2 MiB, filled up again only when a quarter is gone.
 */
static int open_direct(struct channel *ch, struct transport *t,
		       const struct tcp_target *to)
{
	static const char type[] = "direct-tcpip";
	uint8_t m[2 * TCP_HOST_MAX + 16];
	size_t n = put_string(m, to->host);

	n += put_u32(m + n, (uint32_t)to->port);
	n += put_string(m + n, to->from);
	n += put_u32(m + n, (uint32_t)to->from_port);
	t->notes.reason = 0;
	*ch = (struct channel){
		.t = t,
		.ssh = libssh2_channel_open_ex(t->ssh, type, sizeof(type) - 1,
					       to->size.window, to->size.packet,
					       (char *)m, (unsigned int)n)};
	if (ch->ssh)
		return 0;
	switch (libssh2_session_last_errno(t->ssh)) {
	case LIBSSH2_ERROR_EAGAIN:
		return -EAGAIN;
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
		return t->notes.reason == OPEN_PROHIBITED ? -EACCES
							  : -ECONNREFUSED;
	default:
		return -EIO;
	}
}

/* libssh2 has words of its own for the reason, in brackets: "Channel open
 * failure (connect failed)". */
static void take_reason(struct transport *t, char *why, size_t size)
{
	char *text = NULL, *from;

	libssh2_session_last_error(t->ssh, &text, NULL, 0);
	from = text ? strchr(text, '(') : NULL;
	text = from ? from + 1 : text;
	log_printable(why, size, text ? text : "",
		      text ? strcspn(text, ")") : 0);
}

int tcp_channel_open(struct channel *ch, struct transport *t,
		     const struct tcp_target *to, char *why, size_t size)
{
	enum transport_rx before = transport_pause_rx(t);
	int rc = open_direct(ch, t, to);

	transport_resume_rx(t, before);
	if (rc && rc != -EAGAIN)
		take_reason(t, why, size);
	return rc;
}

int tcp_channel_connect(struct channel *ch, struct transport *t,
			const char *host, int port, struct failure *f)
{
	struct tcp_target to = {.host = host,
				.port = port,
				.from = "127.0.0.1",
				.from_port = 22,
				.size = {CONNECT_WINDOW, CHANNEL_PACKET_MAX}};
	char why[200];
	int rc;

	if (strlen(host) > TCP_HOST_MAX)
		return fail(f, REASON_CONNECT, "the host's name is too long");
	while ((rc = open_direct(ch, t, &to)) == -EAGAIN)
		if (transport_wait(t, f) < 0)
			return -1;
	if (!rc)
		return 0;
	if (rc == -EIO)
		return transport_fail(t, REASON_LINK_LOST, "connection lost",
				      f);
	take_reason(t, why, sizeof(why));
	if (rc == -EACCES)
		snprintf(why, sizeof(why),
			 "it is not allowed there (AllowTcpForwarding, "
			 "PermitOpen, or the key's line in authorized_keys)");
	else if (!strcmp(why, "connect failed"))
		snprintf(why, sizeof(why),
			 "the name or the connection failed there");
	return fail(f, REASON_CONNECT, "no connection to %s port %d: %s", host,
		    port, why);
}

/*
 * A refused request for a port has no reason in the protocol (RFC 4254, 7.1).
 * OpenSSH says in a debug message that forwarding is not allowed, and nothing
 * if somebody else has the port.  A server that says neither, or anything in a
 * debug message meanwhile, costs a wrong word in the log and whether the port
 * is asked for again, no more.
 */
int tcp_listener_open(struct tcp_listener *l, struct transport *t,
		      const char *host, int *port, char *why, size_t size)
{
	enum transport_rx before = transport_pause_rx(t);
	int rc;

	if (!l->asking)
		t->remark[0] = 0;
	l->asking = true;
	l->t = t;
	l->ssh = libssh2_channel_forward_listen_ex(t->ssh, host, *port, port,
						   TCP_LISTENER_QUEUE);
	transport_resume_rx(t, before);
	rc = l->ssh ? 0 : libssh2_session_last_errno(t->ssh);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return -EAGAIN;
	l->asking = false;
	if (rc) {
		snprintf(why, size, "%s", t->remark);
		if (rc != LIBSSH2_ERROR_REQUEST_DENIED)
			return -EIO;
		return t->remark[0] ? -EACCES : -EADDRINUSE;
	}
	/* "localhost" and GatewayPorts yes: open to all, and nobody asked. */
	if (strstr(t->remark, "overridden"))
		log_warn("the server says of port %d: %s", *port, t->remark);
	return 0;
}

int tcp_listener_accept(struct tcp_listener *l, struct channel *ch)
{
	enum transport_rx before = transport_pause_rx(l->t);

	*ch = (struct channel){.t = l->t};
	ch->ssh = libssh2_channel_forward_accept(l->ssh);
	transport_resume_rx(l->t, before);
	return ch->ssh ? 0 : -EAGAIN;
}
