// SPDX-License-Identifier: ISC
#include "ipc/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"
#include "ipc/descriptors.h"

#define HEAD offsetof(struct message, data)

/* How far the value of each type may go, and whether it carries data. */
static const struct {
	uint32_t values;
	bool data;
} form[] = {
	[MESSAGE_STEP] = {.values = STEP_COUNT, .data = true},
	[MESSAGE_HOSTKEY] = {.values = 1, .data = true},
	[MESSAGE_LOG] = {.values = LOG_DEBUG + 1, .data = true},
	[MESSAGE_END] = {.values = REASON_COUNT, .data = true},
	[MESSAGE_TRUST] = {.values = 1, .data = false},
	[MESSAGE_LINE] = {.values = 1, .data = false},
	[MESSAGE_PROBE] = {.values = 1, .data = false},
	[MESSAGE_STOP] = {.values = 1, .data = false},
	[MESSAGE_MUX] = {.values = 3, .data = true},
};

int message_pair(int fd[2])
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;

	return socketpair(AF_UNIX, type, 0, fd) < 0 ? -errno : 0;
}

int message_send(int fd, enum message_type type, uint32_t value,
		 uint32_t status, const void *data, size_t len)
{
	struct message m = {.type = type, .value = value, .status = status};
	ssize_t n;

	if (len > sizeof(m.data))
		return -EMSGSIZE;
	m.len = (uint32_t)len;
	if (len)
		memcpy(m.data, data, len);
	do {
		n = send(fd, &m, HEAD + len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static bool well_formed(const struct message *m, size_t size)
{
	return size >= HEAD && m->type < sizeof(form) / sizeof(form[0]) &&
	       m->value < form[m->type].values && m->status <= 255 &&
	       m->len == size - HEAD && (form[m->type].data || !m->len);
}

int message_receive(int fd, struct message *m)
{
	ssize_t n;

	do {
		n = recv(fd, m, sizeof(*m), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (!n)
		return 0;
	return (size_t)n <= sizeof(*m) && well_formed(m, (size_t)n) ? 1
								    : -EBADMSG;
}

int message_send_mux(int fd, uint32_t request, const void *command, size_t len,
		     const int *descriptors)
{
	struct message m = {.type = MESSAGE_MUX, .value = request};

	if (len > sizeof(m.data))
		return -EMSGSIZE;
	m.len = (uint32_t)len;
	memcpy(m.data, command, len);
	return descriptors_send(fd, &m, HEAD + len, descriptors,
				MESSAGE_DESCRIPTORS);
}

int message_receive_any(int fd, struct message *m, int *descriptors)
{
	size_t n;
	ssize_t rc = descriptors_receive(fd, m, sizeof(*m), descriptors, &n);
	bool shared;

	if (rc <= 0)
		return rc == -ECONNRESET ? 0 : (int)rc;
	shared = well_formed(m, (size_t)rc) && m->type == MESSAGE_MUX &&
		 n == MESSAGE_DESCRIPTORS;
	if (!shared)
		descriptors_close(descriptors, n);
	return well_formed(m, (size_t)rc) && shared == (m->type == MESSAGE_MUX)
		       ? 1
		       : -EBADMSG;
}
