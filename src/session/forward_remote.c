// SPDX-License-Identifier: ISC
/*
 * The server is asked for one port at a time, because libssh2 can do no more.
 * A port that it does not give, which an older session of ours may still have,
 * is asked for again every RETRY_DELAY; one that it forbids is not.
 */
#include "session/forward_remote.h"

#include <errno.h>
#include <stdio.h>
#include "base/log.h"
#include "base/parse.h"

#define RETRY_DELAY  5000 /* ms until a port is asked for again */
#define PORT_OF_ROOT 1024 /* the first that is not */

struct forward_remote *forward_remote_add(struct forward_remotes *r,
					  const struct conf_forward *spec,
					  const char *text)
{
	static const struct stream_user user;
	struct forward_remote *f = &r->forward[r->n++];

	f->spec = *spec;
	f->due = true;
	f->group.user = &user;
	f->group.owner = &f->target;
	snprintf(f->group.name, sizeof(f->group.name), "%s", text);
	f->target.host = f->spec.host;
	f->target.port = f->spec.host_port;
	f->target.streams = r->streams;
	f->target.group = &f->group;
	return f;
}

static void on_retry(struct timer *t)
{
	struct forward_remote *f = t->arg;

	f->due = true;
}

static void note_listening(struct forward_remote *f)
{
	char time[24];

	if (f->unavailable_since)
		log_info("%s: port %d at the server is ours again after %s",
			 f->group.name, f->port,
			 format_duration(time, sizeof(time),
					 (loop_now() - f->unavailable_since) /
						 1000 * 1000));
	else
		log_info("%s: the server listens on port %d", f->group.name,
			 f->port);
	f->unavailable_since = 0;
}

static void note_not_listening(struct forward_remotes *r,
			       struct forward_remote *f, int error,
			       const char *why)
{
	if (error == -EACCES) {
		f->refused = true;
		log_warn("%s: the server refused it: %s (%sAllowTcpForwarding "
			 "and permitlisten of sshd)",
			 f->group.name, why,
			 f->spec.port && f->spec.port < PORT_OF_ROOT
				 ? "a port below 1024 is root's there; "
				 : "");
		return;
	}
	if (!f->unavailable_since) {
		f->unavailable_since = loop_now();
		log_warn("%s: the server does not give port %d, which another "
			 "session may still have; asking again every %d s",
			 f->group.name, f->spec.port, RETRY_DELAY / 1000);
	}
	loop_timer(r->streams->loop, &f->retry, RETRY_DELAY, on_retry, f);
}

static struct forward_remote *next_due(struct forward_remotes *r)
{
	for (int i = 0; i < r->n; i++)
		if (r->forward[i].due)
			return &r->forward[i];
	return NULL;
}

static void ask_for_ports(struct forward_remotes *r)
{
	struct forward_remote *f;
	char why[200] = "";

	while ((f = r->asking ? r->asking : next_due(r))) {
		int port = f->spec.port, rc;

		r->asking = f;
		/* libssh2 goes on with the request that it has begun, so the
		 * same one is repeated until it is answered. */
		rc = tcp_listener_open(&f->listener, r->transport, f->spec.bind,
				       &port, why, sizeof(why));
		if (rc == -EAGAIN)
			return;
		r->asking = NULL;
		f->due = false;
		f->answered = true;
		f->port = port;
		if (rc)
			note_not_listening(r, f, rc, why);
		else
			note_listening(f);
	}
}

void forward_remotes_move(struct forward_remotes *r)
{
	ask_for_ports(r);
	for (int i = 0; i < r->n; i++) {
		struct forward_remote *f = &r->forward[i];
		struct channel ch;

		while (f->listener.ssh && streams_may_accept(r->streams) &&
		       !tcp_listener_accept(&f->listener, &ch)) {
			struct stream *st =
				stream_accept(r->streams, &f->group, &ch);

			if (st)
				target_connect(&f->target, st);
		}
	}
}

bool forward_remotes_ready(const struct forward_remotes *r)
{
	for (int i = 0; i < r->n; i++)
		if (!r->forward[i].answered)
			return false;
	return true;
}

void forward_remote_write_stats(const struct forward_remote *f,
				struct forward_stats *n)
{
	*n = (struct forward_stats){
		.received = f->group.received,
		.sent = f->group.sent,
		.open = f->group.open,
		.port = (uint32_t)f->port,
		.state = f->unavailable_since ? FORWARD_UNAVAILABLE
			 : f->refused	      ? FORWARD_REFUSED
			 : f->listener.ssh    ? FORWARD_UP
					      : FORWARD_DOWN,
	};
}

void forward_remotes_stop(struct forward_remotes *r)
{
	for (int i = 0; i < r->n; i++)
		target_stop(&r->forward[i].target);
}
