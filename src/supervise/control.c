/* SPDX-License-Identifier: ISC */
#include "supervise/control.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/log.h"

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

static int path_of(char *out, size_t size, const char *peer, const char *end)
{
	char folder[80];

	if (control_folder(folder, sizeof(folder)) < 0)
		return -ENOENT;
	return (size_t)snprintf(out, size, "%s/%s.%s", folder, peer, end) < size
		       ? 0
		       : -ENAMETOOLONG;
}

/* ---- the supervisor's side ---- */

static void client_close(struct control_client *k)
{
	loop_unwatch(&k->watch);
	loop_timer_stop(&k->limit);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

static void on_limit(struct timer *t)
{
	client_close(t->arg);
}

static void on_request(struct watch *w, uint32_t events)
{
	struct control_client *k = w->arg;
	struct control_request q;
	struct control_status a;
	ssize_t n = recv(k->fd, &q, sizeof(q), MSG_TRUNC);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == sizeof(q) && q.magic == CONTROL_MAGIC &&
	    q.version == CONTROL_VERSION && q.verb >= CONTROL_STATUS &&
	    q.verb <= CONTROL_HANGUP) {
		memset(&a, 0, sizeof(a));
		k->control->fn(k->control->arg, (enum control_verb)q.verb, &a);
		a.magic = CONTROL_MAGIC;
		a.version = CONTROL_VERSION;
		send(k->fd, &a, sizeof(a), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	client_close(k);
}

static bool may_ask(const struct control *c, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	log_debug("control: process %d of user %d asks", (int)who.pid,
		  (int)who.uid);
	/* With a group, the socket's mode has let only its members in. */
	return !who.uid || who.uid == geteuid() || c->group != (gid_t)-1;
}

static void on_connection(struct watch *w, uint32_t events)
{
	struct control *c = w->arg;
	struct control_client *k = NULL;
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (int i = 0; i < CONTROL_CLIENTS && !k; i++)
		if (c->client[i].fd < 0)
			k = &c->client[i];
	if (!k || !may_ask(c, fd)) {
		close(fd);
		return;
	}
	k->control = c;
	k->fd = fd;
	loop_timer(c->loop, &k->limit, CONTROL_LIMIT, on_limit, k);
	loop_watch(c->loop, &k->watch, fd, EPOLLIN, on_request, k);
}

/* The lock says who is the one; the file is left and taken again. */
static int take_lock(struct control *c)
{
	c->lock = open(c->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		       0600);
	if (c->lock < 0)
		return -errno;
	if (!flock(c->lock, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

static int set_group(struct control *c, const char *name)
{
	struct group *g = getgrnam(name);

	if (!g)
		return -EINVAL;
	if (chown(c->path, (uid_t)-1, g->gr_gid) < 0 || chmod(c->path, 0660))
		return -errno;
	c->group = g->gr_gid;
	return 0;
}

static int listen_there(struct control *c, const struct conf *conf)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	mode_t before;
	int rc;

	strcpy(sa.sun_path, c->path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (c->fd < 0)
		return -errno;
	unlink(c->path); /* a dead supervisor's: the lock is ours */
	before = umask(0177);
	rc = bind(c->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(before);
	if (!rc && conf->control_group)
		rc = set_group(c, conf->control_group);
	if (!rc && listen(c->fd, CONTROL_CLIENTS) < 0)
		rc = -errno;
	return rc;
}

int control_open(struct control *c, struct loop *l, const struct conf *conf,
		 control_fn *fn, void *arg)
{
	char folder[80];
	int rc = control_folder(folder, sizeof(folder));

	*c = (struct control){.loop = l,
			      .fn = fn,
			      .arg = arg,
			      .fd = -1,
			      .lock = -1,
			      .group = (gid_t)-1};
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	if (rc < 0)
		return rc;
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	rc = path_of(c->path, sizeof(c->path), conf->name, "sock");
	if (!rc)
		rc = path_of(c->lock_path, sizeof(c->lock_path), conf->name,
			     "lock");
	if (!rc)
		rc = take_lock(c);
	if (rc < 0) {
		if (c->lock >= 0)
			close(c->lock);
		c->lock = -1;
		return rc;
	}
	rc = listen_there(c, conf);
	if (!rc)
		rc = loop_watch(l, &c->watch, c->fd, EPOLLIN, on_connection, c);
	if (rc < 0)
		control_close(c);
	return rc;
}

void control_close(struct control *c)
{
	loop_unwatch(&c->watch);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		client_close(&c->client[i]);
	if (c->fd >= 0) {
		unlink(c->path);
		close(c->fd);
	}
	if (c->lock >= 0) {
		unlink(c->lock_path);
		close(c->lock);
	}
	c->fd = -1;
	c->lock = -1;
}

/* ---- the client's side ---- */

static int exchange(int fd, enum control_verb verb,
		    struct control_status *answer)
{
	struct control_request q = {CONTROL_MAGIC, CONTROL_VERSION,
				    (uint16_t)verb};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (send(fd, &q, sizeof(q), MSG_NOSIGNAL) < 0)
		return -errno;
	if (poll(&p, 1, CONTROL_LIMIT) <= 0)
		return -ETIMEDOUT;
	n = recv(fd, answer, sizeof(*answer), MSG_TRUNC);
	if (n < 0)
		return -errno;
	if (!n)
		return -EACCES;
	return n == sizeof(*answer) && answer->magic == CONTROL_MAGIC &&
			       answer->version == CONTROL_VERSION
		       ? 0
		       : -EPROTO;
}

int control_ask(const char *peer, enum control_verb verb,
		struct control_status *answer)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int rc = path_of(sa.sun_path, sizeof(sa.sun_path), peer, "sock");
	int fd;

	/* A member of the control group looks where root's sockets are. */
	if (rc < 0 || (geteuid() && access(sa.sun_path, F_OK)))
		rc = (size_t)snprintf(sa.sun_path, sizeof(sa.sun_path),
				      RUNSTATEDIR "/sshdial/%s.sock",
				      peer) < sizeof(sa.sun_path)
			     ? 0
			     : -ENAMETOOLONG;
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		rc = errno == ECONNREFUSED ? -ENOENT : -errno;
	else
		rc = exchange(fd, verb, answer);
	close(fd);
	return rc;
}
