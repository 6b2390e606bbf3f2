// SPDX-License-Identifier: ISC
/*
 * The supervisor's side of the control socket (ipc/control.h).
 *
 * A client that connects gets a slot and a time limit.  Its first record says
 * what it is.  A plain request (status, redial, hangup) has its answer at once
 * and is closed.  A command for the session is passed on with its descriptors,
 * and the supervisor's own copies are closed.  A hook stays: its answer may
 * come later, and the end of its connection is reported (hooks.c).
 *
 * Nothing that a client does can hold the loop: sockets are non-blocking, an
 * answer that does not fit is lost, and a record is read only as a whole.
 *
 * Descriptors that a client has sent need care, whether we take them or not.
 * If the last one of a TCP socket is closed, the kernel waits for as long as
 * SO_LINGER says, in close(2) of the connection and even in recv(2), and it is
 * the client who has set that.  So a record of the group's with descriptors is
 * not read at all, and connections of the group's are closed elsewhere.
 */
#include "supervise/control_server.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "ipc/descriptors.h"
#include "ipc/mux.h"
#include "ipc/message.h"

/* Writes a path in the folder of the sockets, "NAME.END". */
static int path_of(char *out, size_t size, const char *peer, const char *end)
{
	char folder[80];

	if (control_folder(folder, sizeof(folder)) < 0)
		return -ENOENT;
	return (size_t)snprintf(out, size, "%s/%s.%s", folder, peer, end) < size
		       ? 0
		       : -ENAMETOOLONG;
}

/*
 * Closes a socket that may have descriptors of the group's in its queue.  A
 * process that ends does not wait for SO_LINGER, so the last copy of the socket
 * is left to one that ends once we have closed ours.  It is no child of ours:
 * nobody has to reap it.
 */
static void close_elsewhere(int fd)
{
	int closed[2] = {-1, -1};
	pid_t pid = pipe2(closed, O_CLOEXEC) < 0 ? -1 : fork();
	char byte;

	if (!pid) {
		if (fork())
			_exit(0);
		close(closed[1]);
		_exit(read(closed[0], &byte, 1) != 0); /* until its end */
	}
	close(fd);
	if (closed[0] >= 0) {
		close(closed[0]);
		close(closed[1]);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void client_close(struct control_client *k)
{
	struct control *c = k->control;

	if (!c)
		return;
	loop_unwatch(&k->watch);
	loop_timer_stop(&k->limit);
	if (k->ours)
		close(k->fd);
	else
		close_elsewhere(k->fd);
	k->control = NULL;
	if (k->hook)
		c->call.hook_ended(c->arg, k);
}

static void on_limit(struct timer *t)
{
	client_close(t->arg);
}

static void end_text(char *text, size_t size)
{
	text[size - 1] = 0;
}

/* A client that speaks another version is told ours, and nothing else. */
static void on_plain(struct control_client *k, const struct control_request *q)
{
	struct control_status a;

	memset(&a, 0, sizeof(a));
	if (q->version == CONTROL_VERSION && q->verb >= CONTROL_STATUS &&
	    q->verb <= CONTROL_HANGUP)
		k->control->call.plain(k->control->arg,
				       (enum control_verb)q->verb, &a);
	a.magic = CONTROL_MAGIC;
	a.version = CONTROL_VERSION;
	send(k->fd, &a, sizeof(a), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void control_answer_hook(struct control_client *k,
			 struct control_hook_answer *answer)
{
	answer->magic = CONTROL_MAGIC;
	answer->version = CONTROL_VERSION;
	send(k->fd, answer, sizeof(*answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* True if it is a hook, whose connection stays open. */
static bool on_hook(struct control_client *k, struct control_hook *q)
{
	struct control *c = k->control;

	if (!k->root || q->head.version != CONTROL_VERSION ||
	    (q->head.verb != CONTROL_HOOK_ASK &&
	     q->head.verb != CONTROL_HOOK_DONE) ||
	    q->event >= CONTROL_EVENTS)
		return false;
	end_text(q->interface, sizeof(q->interface));
	end_text(q->local, sizeof(q->local));
	end_text(q->remote, sizeof(q->remote));
	end_text(q->text, sizeof(q->text));
	k->hook = true;
	loop_timer(c->loop, &k->limit, CONTROL_HOOK_LIFE, on_limit, k);
	c->call.hook(c->arg, k, q);
	return true;
}

/* Members of the group may see, redial and hang up, but run nothing at the far
 * end. */
static void deny_mux_command(const struct control_client *k)
{
	mux_report_send(k->fd, MUX_DENIED, 0,
			"control-group does not allow commands at the far "
			"end; without --shared the connection is your own");
}

static void on_mux_command(struct control_client *k,
			   const struct control_mux *q, const int *received,
			   size_t n)
{
	struct control *c = k->control;
	int fd[MESSAGE_DESCRIPTORS] = {k->fd};
	char why[200];

	if (!k->ours) {
		deny_mux_command(k);
		return;
	}
	if (q->head.version != CONTROL_VERSION || q->head.verb != CONTROL_MUX ||
	    q->request > FAR_SHELL || q->len > sizeof(q->command) ||
	    memchr(q->command, 0, q->len) || n != MESSAGE_DESCRIPTORS - 1)
		return;
	memcpy(fd + 1, received, n * sizeof(int));
	if (c->call.mux(c->arg, q, fd, why, sizeof(why)) < 0)
		mux_report_send(k->fd, MUX_REFUSED, 0, "%s", why);
}

/* True if the next record has descriptors, which stay in the queue. */
static bool descriptors_come(int fd)
{
	char byte;
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};

	return recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT) >= 0 &&
	       m.msg_flags & MSG_CTRUNC;
}

/* Descriptors that come with a record that has no use for them are closed. */
static void on_request(struct watch *w, uint32_t events)
{
	struct control_client *k = w->arg;
	union {
		struct control_request head; /* begins what all have */
		struct control_hook hook;
		struct control_mux mux;
	} q;
	int received[DESCRIPTORS_SENT_MAX];
	size_t passed;
	ssize_t n;
	bool stays = false;

	(void)events;
	if (!k->ours && descriptors_come(k->fd)) {
		/* With the record unread, a close would take the answer away:
		 * the limit closes it, or a client that needs the slot. */
		deny_mux_command(k);
		loop_unwatch(&k->watch);
		return;
	}
	n = descriptors_receive(k->fd, &q, sizeof(q), received, &passed);
	if (n == -EAGAIN)
		return;
	if (n >= (ssize_t)sizeof(q.head) && q.head.magic == CONTROL_MAGIC) {
		if (n == sizeof(q.head))
			on_plain(k, &q.head);
		else if (n == sizeof(q.hook))
			stays = on_hook(k, &q.hook);
		else if (n == sizeof(q.mux))
			on_mux_command(k, &q.mux, received, passed);
	}
	descriptors_close(received, passed);
	if (!stays)
		client_close(k);
}

/* Notes who has connected, and false if nobody may.  If the socket has a
 * group, its mode has let only the members in. */
static bool client_allowed(const struct control *c, struct control_client *k)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(k->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	log_debug("control: process %d of user %d asks", (int)who.pid,
		  (int)who.uid);
	k->pid = who.pid;
	k->root = !who.uid;
	k->ours = !who.uid || who.uid == geteuid();
	return k->ours || c->group != (gid_t)-1;
}

/* A slot for a client, or NULL.  The group cannot keep us and root out. */
static struct control_client *client_slot(struct control *c, bool ours)
{
	struct control_client *oldest = NULL;

	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *k = &c->client[i];

		if (!k->control)
			return k;
		if (!k->ours && (!oldest || k->limit.at < oldest->limit.at))
			oldest = k;
	}
	if (!ours || !oldest)
		return NULL;
	client_close(oldest);
	return oldest;
}

static void on_connection(struct watch *w, uint32_t events);

static void on_pause_over(struct timer *t)
{
	struct control *c = t->arg;

	loop_watch(c->loop, &c->watch, c->fd, EPOLLIN, on_connection, c);
}

static void on_connection(struct watch *w, uint32_t events)
{
	struct control *c = w->arg;
	struct control_client new = {.control = c}, *k;

	(void)events;
	new.fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (new.fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		if (!c->out_of_descriptors)
			log_warn("control: nobody can be heard now: %m");
		c->out_of_descriptors = true;
		/* The connection stays in the socket's queue, and the socket
		 * readable: wait a while, or the loop spins. */
		loop_unwatch(&c->watch);
		loop_timer(c->loop, &c->pause, CONTROL_PAUSE, on_pause_over, c);
		return;
	}
	c->out_of_descriptors = false;
	k = client_allowed(c, &new) ? client_slot(c, new.ours) : NULL;
	if (!k) {
		if (new.ours)
			close(new.fd);
		else
			close_elsewhere(new.fd);
		return;
	}
	*k = new;
	loop_timer(c->loop, &k->limit, CONTROL_LIMIT, on_limit, k);
	loop_watch(c->loop, &k->watch, k->fd, EPOLLIN, on_request, k);
}

/* The folder may be there already, but only as one of ours.  If others may
 * ask, they have to get there, whatever our umask is. */
static int make_folder(const char *folder)
{
	struct stat st;

	if (!mkdir(folder, 0755))
		return chmod(folder, 0755) < 0 ? -errno : 0;
	if (errno != EEXIST || lstat(folder, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() || !st.st_uid ? 0 : -EPERM;
}

/*
 * Takes the peer's lock: -EBUSY if another supervisor has it.  The file is
 * never removed.  A lock file that its owner removes can be open in a second
 * process, which then locks a file that no third one will ever find.
 */
static int lock_peer(struct control *c, const char *peer)
{
	char folder[80], path[108];
	int rc = control_folder(folder, sizeof(folder));

	if (!rc)
		rc = path_of(c->path, sizeof(c->path), peer, "sock");
	if (!rc)
		rc = path_of(path, sizeof(path), peer, "lock");
	if (!rc)
		rc = make_folder(folder);
	if (rc)
		return rc;
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lock < 0)
		return -errno;
	if (!flock(c->lock, LOCK_EX | LOCK_NB))
		return 0;
	rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(c->lock);
	c->lock = -1;
	return rc;
}

static int listen_at_socket(struct control *c, const struct conf *conf)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const char *name = conf->control_group;
	mode_t before;
	int rc;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", c->path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (c->fd < 0)
		return -errno;
	unlink(c->path); /* of a killed supervisor: the lock is ours */
	before = umask(0177);
	rc = bind(c->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(before);
	/* Without its group a socket is still good for us and root. */
	if (!rc && name) {
		struct group *g = getgrnam(name);

		if (!g)
			log_warn("control-group: there is no group %s", name);
		else if (chown(c->path, (uid_t)-1, g->gr_gid) < 0 ||
			 chmod(c->path, 0660) < 0)
			log_warn("control-group %s: %s", name, strerror(errno));
		else
			c->group = g->gr_gid;
	}
	if (!rc && listen(c->fd, CONTROL_CLIENTS) < 0)
		rc = -errno;
	return rc;
}

static void close_socket(struct control *c)
{
	if (c->fd < 0)
		return;
	loop_unwatch(&c->watch);
	loop_timer_stop(&c->pause);
	unlink(c->path);
	if (c->group == (gid_t)-1)
		close(c->fd);
	else
		close_elsewhere(c->fd); /* somebody may be in its queue */
	c->fd = -1;
}

int control_open(struct control *c, struct loop *l, const struct conf *conf,
		 const struct control_calls *call, void *arg)
{
	int rc;

	*c = (struct control){.loop = l,
			      .call = *call,
			      .arg = arg,
			      .fd = -1,
			      .lock = -1,
			      .group = (gid_t)-1};
	rc = lock_peer(c, conf->name);
	if (rc < 0)
		return rc;
	rc = listen_at_socket(c, conf);
	if (!rc)
		rc = loop_watch(l, &c->watch, c->fd, EPOLLIN, on_connection, c);
	if (rc < 0)
		close_socket(c); /* the lock stays */
	return rc;
}

bool control_remove_socket(const char *peer)
{
	struct control c = {0};
	char folder[80];
	bool removed;

	/* A folder or a lock that is not there is not made for this. */
	if (control_folder(folder, sizeof(folder)) < 0 ||
	    path_of(c.path, sizeof(c.path), peer, "sock") < 0 ||
	    access(c.path, F_OK) < 0 || lock_peer(&c, peer) < 0)
		return false;
	removed = !unlink(c.path);
	close(c.lock);
	return removed;
}

void control_close(struct control *c)
{
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		client_close(&c->client[i]);
	close_socket(c);
	if (c->lock >= 0)
		close(c->lock);
	c->lock = -1;
}
