/* SPDX-License-Identifier: ISC */
/* The client's side of the control socket. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/parse.h"
#include "ipc/descriptors.h"
#include "ipc/control.h"

#define ROOTS RUNSTATEDIR "/sshdial"
#define USERS RUNSTATEDIR "/user" /* systemd's XDG_RUNTIME_DIR */

static void end_status(struct control_status *a)
{
	a->peer[sizeof(a->peer) - 1] = 0;
	a->state[sizeof(a->state) - 1] = 0;
	a->interface[sizeof(a->interface) - 1] = 0;
	a->local[sizeof(a->local) - 1] = 0;
	a->remote[sizeof(a->remote) - 1] = 0;
	a->server[sizeof(a->server) - 1] = 0;
	a->reason[sizeof(a->reason) - 1] = 0;
	a->text[sizeof(a->text) - 1] = 0;
	a->hook[sizeof(a->hook) - 1] = 0;
	for (int i = 0; i < CONF_FORWARDS_MAX; i++)
		a->forward[i].text[sizeof(a->forward[i].text) - 1] = 0;
}

static void end_answer(struct control_hook_answer *a)
{
	a->server[sizeof(a->server) - 1] = 0;
	a->say[sizeof(a->say) - 1] = 0;
	a->text[sizeof(a->text) - 1] = 0;
}

/* The answers all begin as a request does: with magic and version. */
static int exchange(int fd, const void *q, size_t q_size, void *answer,
		    size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct control_request head;
	ssize_t n;

	if (send(fd, q, q_size, MSG_NOSIGNAL) < 0)
		return errno == EPIPE || errno == ECONNRESET ? -EBUSY : -errno;
	if (poll(&p, 1, CONTROL_LIMIT) <= 0)
		return -ETIMEDOUT;
	n = recv(fd, answer, size, MSG_TRUNC);
	if (n < 0)
		return errno == ECONNRESET ? -EBUSY : -errno;
	if (!n)
		return -EBUSY;
	if (n != (ssize_t)size)
		return -EPROTO;
	memcpy(&head, answer, sizeof(head));
	return head.magic == CONTROL_MAGIC && head.version == CONTROL_VERSION
		       ? 0
		       : -EPROTO;
}

/* No supervisor, or one that is too busy to accept: neither may hold us. */
static int connect_there(const struct sockaddr_un *sa)
{
	struct timeval limit = {.tv_sec = CONTROL_LIMIT / 1000};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)sa, sizeof(*sa)))
		return fd;
	error = errno;
	close(fd);
	switch (error) {
	case EAGAIN:
		return -ETIMEDOUT;
	default:
		return -error;
	}
}

static int socket_of(struct sockaddr_un *sa, const char *folder,
		     const char *peer)
{
	size_t n = (size_t)snprintf(sa->sun_path, sizeof(sa->sun_path),
				    "%s/%s.sock", folder, peer);

	sa->sun_family = AF_UNIX;
	return n < sizeof(sa->sun_path) ? 0 : -ENAMETOOLONG;
}

/* What goes there is not for another user, whoever made the socket. */
static bool roots_or_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       (!who.uid || who.uid == geteuid());
}

/* Our own supervisor of a peer, or root's: its socket, or as control_ask(). */
static int connect_to(const char *peer)
{
	struct sockaddr_un sa = {0};
	char folder[80];
	int rc = control_folder(folder, sizeof(folder));

	if (!rc)
		rc = socket_of(&sa, folder, peer);
	/* A member of the control group looks where root's sockets are. */
	if (rc < 0 || (geteuid() && access(sa.sun_path, F_OK)))
		rc = socket_of(&sa, ROOTS, peer);
	if (!rc)
		rc = connect_there(&sa);
	return rc == -ECONNREFUSED ? -ENOENT : rc;
}

int control_ask(const char *peer, enum control_verb verb,
		struct control_status *answer)
{
	struct control_request q = {CONTROL_MAGIC, CONTROL_VERSION,
				    (uint16_t)verb};
	int rc, fd = connect_to(peer);

	if (fd < 0)
		return fd;
	rc = exchange(fd, &q, sizeof(q), answer, sizeof(*answer));
	close(fd);
	if (!rc)
		end_status(answer);
	return rc;
}

int control_share(const char *peer, uint16_t request, const char *command,
		  const int *descriptors)
{
	struct control_shared q = {
		.head = {CONTROL_MAGIC, CONTROL_VERSION, CONTROL_SHARED},
		.request = request};
	size_t len = strlen(command);
	int rc, fd;

	if (len > sizeof(q.command))
		return -EMSGSIZE;
	q.len = (uint16_t)len;
	memcpy(q.command, command, len);
	fd = connect_to(peer);
	if (fd < 0)
		return fd;
	rc = roots_or_ours(fd)
		     ? descriptors_send(fd, &q, sizeof(q), descriptors, 2)
		     : -EACCES;
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* One supervisor, which has to be root's or `uid's. */
static int ask_one(const char *folder, const char *peer, uid_t uid,
		   const struct control_hook *q,
		   struct control_hook_answer *answer, uid_t *whose)
{
	struct sockaddr_un sa = {0};
	struct ucred who;
	socklen_t len = sizeof(who);
	int rc = socket_of(&sa, folder, peer);
	int fd = rc < 0 ? rc : connect_there(&sa);

	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		rc = -errno;
	else if (who.uid && who.uid != uid)
		rc = -EACCES;
	else
		rc = exchange(fd, q, sizeof(*q), answer, sizeof(*answer));
	close(fd);
	if (rc < 0)
		return rc;
	end_answer(answer);
	*whose = who.uid;
	return 0;
}

int control_hook(const char *peer, enum control_verb verb,
		 struct control_hook *q, struct control_hook_answer *answer,
		 uid_t *whose)
{
	char folder[80];
	int roots, users;
	bool ends;

	q->head.magic = CONTROL_MAGIC;
	q->head.version = CONTROL_VERSION;
	q->head.verb = (uint16_t)verb;
	memset(answer, 0, sizeof(*answer));
	roots = ask_one(ROOTS, peer, 0, q, answer, whose);
	ends = !roots && answer->verdict == CONTROL_NOT_OURS &&
	       (q->event == CONTROL_IP_DOWN || q->event == CONTROL_IPV6_DOWN);
	if (!q->starter ||
	    (!ends && roots != -ENOENT && roots != -ECONNREFUSED))
		return roots;
	snprintf(folder, sizeof(folder), USERS "/%u/sshdial", q->starter);
	users = ask_one(folder, peer, q->starter, q, answer, whose);
	return !users || roots == -ENOENT ? users : roots;
}

bool control_there(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = -ENAMETOOLONG;

	if ((size_t)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path) <
	    sizeof(sa.sun_path))
		fd = connect_there(&sa);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -ETIMEDOUT;
}

/* One who is too busy to accept is known by the file alone. */
static bool called_at(const char *folder, const char *peer, uid_t uid)
{
	struct sockaddr_un sa = {0};
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof(who);
	struct stat st;
	int fd;

	if (socket_of(&sa, folder, peer) < 0)
		return false;
	fd = connect_there(&sa);
	if (fd == -ETIMEDOUT)
		return !lstat(sa.sun_path, &st) && st.st_uid == uid;
	if (fd < 0)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		who.uid = (uid_t)-1;
	close(fd);
	return who.uid == uid;
}

bool control_called_by(const char *peer, uid_t uid)
{
	char folder[80];

	snprintf(folder, sizeof(folder), USERS "/%u/sshdial",
		 (unsigned int)uid);
	return called_at(uid ? folder : ROOTS, peer, uid);
}

bool control_called(const char *peer)
{
	bool called = control_called_by(peer, 0);
	DIR *d = opendir(USERS);
	struct dirent *e;
	int64_t uid;

	while (d && !called && (e = readdir(d)))
		if (parse_int(e->d_name, 1, UINT32_MAX - 1, &uid))
			called = control_called_by(peer, (uid_t)uid);
	if (d)
		closedir(d);
	return called;
}
