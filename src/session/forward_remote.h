/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_FORWARD_REMOTE_H
#define SSHDIAL_SESSION_FORWARD_REMOTE_H

#include "conf/forward_spec.h"
#include "ipc/stats.h"
#include "session/target.h"
#include "ssh/tcp_channel.h"

/* `forward-remote': ports at the server, whose connections go to a host
 * here. */
struct forward_remote {
	struct stream_group group;
	struct conf_forward spec;
	struct target target;
	struct tcp_listener listener;
	struct timer retry;
	int port;		   /* at the server, once it listens */
	bool due;		   /* to be asked for */
	bool answered;		   /* once, for better or worse */
	bool refused;		   /* for good */
	int64_t unavailable_since; /* loop_now(); 0: not */
};

struct forward_remotes {
	struct streams *streams;
	struct transport *transport;
	struct forward_remote *asking; /* the server for a port, or NULL */
	int n;
	struct forward_remote forward[CONF_FORWARDS_MAX];
};

/* Adds one; text is its line of the configuration. */
struct forward_remote *forward_remote_add(struct forward_remotes *r,
					  const struct conf_forward *spec,
					  const char *text);

/* Asks for ports and takes connections that have come; once a turn. */
void forward_remotes_move(struct forward_remotes *r);

/* True once the server has answered for every port. */
bool forward_remotes_ready(const struct forward_remotes *r);

/* Its numbers, for the parent. */
void forward_remote_write_stats(const struct forward_remote *f,
				struct forward_stats *n);

/* Ends lookups that are under way. */
void forward_remotes_stop(struct forward_remotes *r);

#endif
