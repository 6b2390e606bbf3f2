// SPDX-License-Identifier: ISC
/*
 * Both ends use one table: the size of each type of record, and the function
 * that checks its fields.  A record is checked before it is sent as well, so
 * that an error of ours shows where it is made.
 */
#include "ipc/message.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"
#include "base/loop.h"
#include "base/parse.h"
#include "ipc/descriptors.h"

/* Some hundred log lines; the kernel gives as much of it as it may. */
#define SEND_BUFFER (1024 * 1024)
#define HEAD	    offsetof(struct message, resolve)
#define ENDED(of)   (memchr((of), 0, sizeof(of)) != NULL)

static bool check_resolve(const struct message *m)
{
	return m->resolve.addresses <= 1024;
}

/* "" is an address that is not known. */
static bool is_address(const char *text)
{
	int family;

	return !*text || parse_scoped(text, &family);
}

/* Only the first host is reached over the network, so that only its record has
 * addresses; the others are reached through the host before. */
static bool check_connect(const struct message *m)
{
	const struct message_connect *c = &m->connect;

	return ENDED(c->server) && ENDED(c->local) && is_address(c->server) &&
	       is_address(c->local) && (m->host || c->server[0]) &&
	       (!m->host || (!c->server[0] && !c->local[0]));
}

static bool check_hostkey(const struct message *m)
{
	return m->hostkey.len && m->hostkey.len <= MESSAGE_KEY_MAX;
}

static bool check_login(const struct message *m)
{
	return ENDED(m->login.method);
}

static bool check_log(const struct message *m)
{
	return m->log.level <= LOG_DEBUG && ENDED(m->log.text);
}

static bool check_end(const struct message *m)
{
	return m->end.reason != REASON_NONE && m->end.reason < REASON_COUNT &&
	       m->end.status <= 255 && ENDED(m->end.text);
}

static bool check_mux(const struct message *m)
{
	return m->mux.request <= FAR_SHELL &&
	       m->mux.len <= MESSAGE_COMMAND_MAX &&
	       !memchr(m->mux.command, 0, m->mux.len);
}

#define BODY(field) sizeof(((struct message *)NULL)->field)

static const struct {
	size_t size; /* of what follows the head */
	bool (*check)(const struct message *m);
} form[MESSAGE_TYPES] = {
	[STEP_RESOLVE] = {BODY(resolve), check_resolve},
	[STEP_CONNECT] = {BODY(connect), check_connect},
	[STEP_HOSTKEY] = {BODY(hostkey), check_hostkey},
	[STEP_LOGIN] = {BODY(login), check_login},
	[MESSAGE_LOG] = {BODY(log), check_log},
	[MESSAGE_END] = {BODY(end), check_end},
	[MESSAGE_MUX] = {BODY(mux), check_mux},
};

/* m->type is in the table's range.  Only steps belong to a host. */
static bool fields_right(const struct message *m)
{
	return (m->type < STEP_COUNT || !m->host) &&
	       (!form[m->type].check || form[m->type].check(m));
}

static bool well_formed(const struct message *m, size_t size)
{
	return size >= HEAD && m->type < MESSAGE_TYPES &&
	       size == HEAD + form[m->type].size && fields_right(m);
}

int message_pair(int fd[2])
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int room = SEND_BUFFER;

	if (socketpair(AF_UNIX, type, 0, fd) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return 0;
}

void message_begin(struct message *m, uint32_t type)
{
	memset(m, 0, sizeof(*m));
	m->type = type;
}

int message_send(int fd, const struct message *m)
{
	ssize_t n;

	if (m->type >= MESSAGE_TYPES || !fields_right(m))
		return -EINVAL;
	do {
		n = send(fd, m, HEAD + form[m->type].size, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int message_send_patiently(int fd, const struct message *m, int64_t ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t left, until = loop_now() + ms;
	int rc;

	while ((rc = message_send(fd, m)) == -EAGAIN) {
		left = until - loop_now();
		if (left <= 0)
			break;
		poll(&p, 1, (int)left);
	}
	return rc;
}

int message_receive(int fd, struct message *m)
{
	ssize_t n;

	/* MSG_TRUNC: a record that is too long shows its true length, which no
	 * type has. */
	do {
		n = recv(fd, m, sizeof(*m), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	/* Reset: the other end closed, and had not read all that we sent. */
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (!n)
		return 0;
	return well_formed(m, (size_t)n) ? 1 : -EBADMSG;
}

int message_send_mux(int fd, const struct message *m, const int *descriptors)
{
	if (m->type != MESSAGE_MUX || !fields_right(m))
		return -EINVAL;
	return descriptors_send(fd, m, HEAD + form[m->type].size, descriptors,
				MESSAGE_DESCRIPTORS);
}

int message_receive_any(int fd, struct message *m, int *descriptors)
{
	size_t n;
	ssize_t rc = descriptors_receive(fd, m, sizeof(*m), descriptors, &n);
	bool right, mux;

	if (rc <= 0)
		return rc == -ECONNRESET ? 0 : (int)rc;
	/* Descriptors come with MUX, and each MUX has all of its own. */
	right = well_formed(m, (size_t)rc);
	mux = right && m->type == MESSAGE_MUX && n == MESSAGE_DESCRIPTORS;
	if (!mux)
		descriptors_close(descriptors, n);
	return right && mux == (m->type == MESSAGE_MUX) ? 1 : -EBADMSG;
}
