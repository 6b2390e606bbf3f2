/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_CONTROL_H
#define SSHDIAL_SUPERVISE_CONTROL_H

#include "base/loop.h"
#include "ipc/control.h"

/* The supervisor's side of the control socket. */

struct control;

struct control_client {
	struct control *control; /* NULL: nobody */
	struct watch watch;
	struct timer limit;
	bool ours; /* root's or the user's */
	bool root;
	int fd;
};

typedef void control_fn(void *arg, enum control_verb verb,
			struct control_status *answer);
typedef void control_hook_fn(void *arg, const struct control_hook *q,
			     struct control_hook_answer *answer);

/* Hands it on with the client's connection and its two sockets.  0, or -1 with
 * why. */
typedef int control_shared_fn(void *arg, const struct control_shared *q,
			      const int *descriptors, char *why, size_t size);

struct control_calls {
	control_fn *fn; /* carries the verb out, fills the answer */
	control_hook_fn *hook;
	control_shared_fn *shared;
};

struct control {
	struct loop *loop;
	struct control_calls call;
	void *arg;
	int fd, lock;
	gid_t group; /* who else may ask, or -1 */
	char path[108], lock_path[108];
	struct watch watch;
	struct timer pause;
	bool short_of; /* descriptors, and that was said */
	struct control_client client[CONTROL_CLIENTS];
};

/*
 * Takes the peer's lock and opens its socket; a socket that a dead supervisor
 * left is replaced, and a lock without anybody at the socket, as a check has
 * it, is waited for, up to CONTROL_WAIT ms.  0; -EBUSY: the peer is being
 * called; or -errno, also where there is no folder for it (an ordinary user
 * without XDG_RUNTIME_DIR): then there is just no socket, and the lock where
 * it was got.
 */
int control_open(struct control *c, struct loop *l, const struct conf *conf,
		 const struct control_calls *call, void *arg);
void control_close(struct control *c);

/* Removes the lock and the socket that a killed supervisor of this user has
 * left; nothing where somebody calls the peer. */
void control_clear(const char *peer);

#endif
