// SPDX-License-Identifier: ISC
/*
 * The client's side of the control socket, for commands and for hooks.
 *
 * A command connects to the supervisor of its own user or, if there is none,
 * to root's.  It sends one record and waits for one answer, or it passes its
 * descriptors on and stays connected.  A hook, which runs as root, connects to
 * the supervisor of the user who has started pppd, and stays connected.
 *
 * Anyone may make a socket in a folder of their own, so the kernel is asked
 * who listens (SO_PEERCRED) before something is sent that matters.
 */
#include "ipc/control.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/parse.h"
#include "ipc/descriptors.h"

#define ROOTS RUNSTATEDIR "/sshdial"
#define USERS RUNSTATEDIR "/user" /* systemd's XDG_RUNTIME_DIR */

int control_folder(char *out, size_t size)
{
	const char *user = getenv("XDG_RUNTIME_DIR");

	if (!geteuid())
		snprintf(out, size, "%s/sshdial", RUNSTATEDIR);
	else if (user && user[0] == '/')
		snprintf(out, size, "%s/sshdial", user);
	else
		return -ENOENT;
	return 0;
}

/* Texts from another process end within their arrays. */
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

/*
 * Sends a record and receives the answer, which begins as a request does: with
 * magic and version.  0; -EPIPE: the supervisor closed instead; or -errno.
 */
static int exchange(int fd, const void *q, size_t q_size, void *answer,
		    size_t size, int limit)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct control_request head;
	ssize_t n;

	if (send(fd, q, q_size, MSG_NOSIGNAL) < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (poll(&p, 1, limit) <= 0)
		return -ETIMEDOUT;
	n = recv(fd, answer, size, MSG_TRUNC);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (!n)
		return -EPIPE;
	if (n != (ssize_t)size)
		return -EPROTO;
	memcpy(&head, answer, sizeof(head));
	return head.magic == CONTROL_MAGIC && head.version == CONTROL_VERSION
		       ? 0
		       : -EPROTO;
}

/* A supervisor that is too busy to accept must not hold us: -ETIMEDOUT after
 * CONTROL_LIMIT ms, or at once without `wait`. */
static int connect_to_socket(const struct sockaddr_un *sa, bool wait)
{
	struct timeval limit = {.tv_sec = CONTROL_LIMIT / 1000};
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK);
	int fd = socket(AF_UNIX, type, 0);
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)sa, sizeof(*sa)))
		return fd;
	error = errno;
	close(fd);
	return error == EAGAIN ? -ETIMEDOUT : -error;
}

static int socket_of(struct sockaddr_un *sa, const char *folder,
		     const char *peer)
{
	size_t n = (size_t)snprintf(sa->sun_path, sizeof(sa->sun_path),
				    "%s/%s.sock", folder, peer);

	sa->sun_family = AF_UNIX;
	return n < sizeof(sa->sun_path) ? 0 : -ENAMETOOLONG;
}

/* Connects to our own supervisor of a peer, or to root's; errors as of
 * control_ask(). */
static int connect_to(const char *peer)
{
	struct sockaddr_un sa = {0};
	char folder[80];
	int rc = control_folder(folder, sizeof(folder));

	if (!rc)
		rc = socket_of(&sa, folder, peer);
	/* Without a supervisor of our own, a member of control-group asks
	 * root's. */
	if (rc < 0 || (geteuid() && access(sa.sun_path, F_OK)))
		rc = socket_of(&sa, ROOTS, peer);
	if (!rc)
		rc = connect_to_socket(&sa, true);
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
	rc = exchange(fd, &q, sizeof(q), answer, sizeof(*answer),
		      CONTROL_LIMIT);
	close(fd);
	if (!rc)
		end_status(answer);
	return rc == -EPIPE ? -EBUSY : rc;
}

int control_run_command(const char *peer, uint16_t request, const char *command,
			const int *descriptors)
{
	struct control_mux q = {
		.head = {CONTROL_MAGIC, CONTROL_VERSION, CONTROL_MUX},
		.request = request};
	size_t len = strlen(command);
	struct ucred who;
	socklen_t who_len = sizeof(who);
	int rc, fd;

	if (len > sizeof(q.command))
		return -EMSGSIZE;
	q.len = (uint16_t)len;
	memcpy(q.command, command, len);
	fd = connect_to(peer);
	if (fd < 0)
		return fd;
	/* The command and our descriptors are for a listener that is root or
	 * our own user, no matter who made the socket. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) < 0 ||
	    (who.uid && who.uid != geteuid()))
		rc = -EACCES;
	else
		rc = descriptors_send(fd, &q, sizeof(q), descriptors, 2);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* The socket of this very user's supervisor. */
static int socket_of_user(struct sockaddr_un *sa, const char *peer, uid_t uid)
{
	char folder[80];

	snprintf(folder, sizeof(folder), USERS "/%u/sshdial",
		 (unsigned int)uid);
	return socket_of(sa, uid ? folder : ROOTS, peer);
}

int control_hook_open(const char *peer, uid_t uid, pid_t *pid)
{
	struct sockaddr_un sa = {0};
	struct ucred who;
	socklen_t len = sizeof(who);
	int rc = socket_of_user(&sa, peer, uid);
	int fd = rc < 0 ? rc : connect_to_socket(&sa, true);

	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		rc = -errno;
	else if (who.uid != uid)
		rc = -EACCES;
	else
		*pid = who.pid;
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

int control_hook_ask(int fd, enum control_verb verb, struct control_hook *q,
		     struct control_hook_answer *answer, int limit)
{
	int rc;

	q->head.magic = CONTROL_MAGIC;
	q->head.version = CONTROL_VERSION;
	q->head.verb = (uint16_t)verb;
	rc = exchange(fd, q, sizeof(*q), answer, sizeof(*answer), limit);
	if (rc) /* nothing of half an answer is used */
		memset(answer, 0, sizeof(*answer));
	answer->server[sizeof(answer->server) - 1] = 0;
	answer->say[sizeof(answer->say) - 1] = 0;
	answer->text[sizeof(answer->text) - 1] = 0;
	return rc;
}

bool control_called_by(const char *peer, uid_t uid)
{
	struct sockaddr_un sa = {0};
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof(who);
	struct stat st;
	int fd;

	if (socket_of_user(&sa, peer, uid) < 0)
		return false;
	fd = connect_to_socket(&sa, false);
	/* A supervisor that is too busy cannot be asked; the file's owner is
	 * who has bound the socket. */
	if (fd == -ETIMEDOUT)
		return !lstat(sa.sun_path, &st) && st.st_uid == uid;
	if (fd < 0)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		who.uid = (uid_t)-1;
	close(fd);
	return who.uid == uid;
}

bool control_called(const char *peer, bool (*counts)(void *arg, uid_t uid),
		    void *arg)
{
	bool called = control_called_by(peer, 0);
	DIR *d = opendir(USERS);
	struct dirent *e;
	int64_t uid;

	while (d && !called && (e = readdir(d)))
		if (parse_int(e->d_name, 1, UINT32_MAX - 1, &uid) &&
		    (!counts || counts(arg, (uid_t)uid)))
			called = control_called_by(peer, (uid_t)uid);
	if (d)
		closedir(d);
	return called;
}
