/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_CONTROL_SERVER_H
#define SSHDIAL_SUPERVISE_CONTROL_SERVER_H

#include "base/loop.h"
#include "ipc/control.h"

/* The supervisor's side of the control socket. */

struct control;

struct control_client {
	struct control *control; /* NULL: the slot is free */
	struct watch watch;
	struct timer limit;
	bool ours; /* root's or the user's */
	bool root;
	bool hook; /* has asked as a hook; stays until its event is over */
	pid_t pid;
	int fd;
};

typedef void control_fn(void *arg, enum control_verb verb,
			struct control_status *answer);

/* A hook asks or reports.  The answer may be given at once or later, by
 * control_answer_hook(), until the connection has ended. */
typedef void control_hook_fn(void *arg, struct control_client *k,
			     const struct control_hook *q);
typedef void control_hook_ended_fn(void *arg, struct control_client *k);

/* Passes a command on to the session with the client's connection and its two
 * sockets.  0, or -1 with the reason in `why`. */
typedef int control_mux_fn(void *arg, const struct control_mux *q,
			   const int *descriptors, char *why, size_t size);

struct control_calls {
	control_fn *plain; /* carries the verb out, fills the answer */
	control_hook_fn *hook;
	control_hook_ended_fn *hook_ended;
	control_mux_fn *mux;
};

struct control {
	struct loop *loop;
	struct control_calls call;
	void *arg;
	int fd, lock;
	gid_t group; /* whose members may ask as well, or -1 */
	char path[108];
	struct watch watch;
	struct timer pause;
	bool out_of_descriptors; /* and that was logged */
	struct control_client client[CONTROL_CLIENTS];
};

/*
 * Takes the peer's lock and opens its socket.  The lock decides which
 * supervisor owns the peer; it is a file beside the socket, which stays when
 * the supervisor ends.  A socket that a killed supervisor has left is replaced.
 *
 * 0; -EBUSY: the peer is being called; or -errno, also if there is no folder
 * for it (an ordinary user without XDG_RUNTIME_DIR).  Then there is no socket,
 * and c->lock is the lock, or -1.
 */
int control_open(struct control *c, struct loop *l, const struct conf *conf,
		 const struct control_calls *call, void *arg);

/* Closes all connections, removes the socket and gives up the lock. */
void control_close(struct control *c);

/*
 * Removes the socket that a killed supervisor of this user has left.  Nothing
 * happens while the peer is being called.  True if there was one.
 */
bool control_remove_socket(const char *peer);

/* Answers a hook; magic and version are filled in. */
void control_answer_hook(struct control_client *k,
			 struct control_hook_answer *answer);

#endif
