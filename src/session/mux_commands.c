// SPDX-License-Identifier: ISC
/*
 *   queued -> opening -> starting -> open -> closing
 *
 * The client hears MUX_BEGUN before the server is asked to start the command;
 * if it does not hear that any more, the command is not started.  From there
 * on the client hears how the command ended, or that nobody knows: it never
 * runs a command a second time that may have run.
 *
 * Standard output and error have one channel, but a socket and a pump each.
 * What is unread of one of them hides the end of the other in libssh2, so each
 * is asked again when the other has moved.
 */
#include "session/mux_commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ipc/descriptors.h"
#include "ipc/mux.h"
#include "session/session_state.h"

static const struct stream_user mux_user;

void mux_commands_start(struct mux_commands *x, struct session *s,
			struct streams *streams)
{
	x->s = s;
	x->streams = streams;
	x->group.user = &mux_user;
	x->taking = true;
	snprintf(x->group.name, sizeof(x->group.name), "exec --shared");
}

void mux_commands_stop(struct mux_commands *x)
{
	x->taking = false;
	x->opening = NULL;
}

static struct mux_command *command_of(const struct stream *st)
{
	struct mux_commands *x = (struct mux_commands *)st->group;

	for (size_t i = 0; i < MUX_COMMANDS_MAX; i++)
		if (x->pool[i].stream == st)
			return &x->pool[i];
	return NULL;
}

/* ---- from the parent ---- */

static bool is_socket(int fd, int type)
{
	int domain = 0, is = 0;
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &len) &&
	       domain == AF_UNIX && is == type;
}

/* The client says nothing more: whatever comes is its end. */
static void on_client(struct watch *w, uint32_t events)
{
	struct mux_command *h = w->arg;

	(void)events;
	h->gone = true;
	loop_unwatch(w);
}

static void on_err_writable(struct watch *w, uint32_t events)
{
	struct mux_command *h = w->arg;

	(void)events;
	h->err_writable = true;
}

/* Why a command cannot be taken at all, or NULL. */
static const char *refusal(const struct mux_commands *x,
			   const struct session *s, enum mux_word *word)
{
	*word = MUX_REFUSED;
	if (!x->taking || failure_is_set(&s->f))
		return "the session is not ready for it";
	if (s->plan->job != SESSION_LINE || !s->transport->forced)
		return NULL;
	*word = MUX_DENIED;
	return "the key's line at the server has a forced command "
	       "(authorized_keys, command=), which runs in the place of any "
	       "other and may end this link";
}

void mux_commands_take(struct mux_commands *x, struct session *s,
		       const struct message *m, const int *descriptors)
{
	enum mux_word word;
	const char *why = refusal(x, s, &word);
	struct mux_command *h = NULL;
	struct stream *st = NULL;

	if (!is_socket(descriptors[0], SOCK_SEQPACKET) ||
	    !is_socket(descriptors[1], SOCK_STREAM) ||
	    !is_socket(descriptors[2], SOCK_STREAM)) {
		descriptors_close(descriptors, MESSAGE_DESCRIPTORS);
		return;
	}
	x->used = true;
	for (size_t i = 0; !why && !h && i < MUX_COMMANDS_MAX; i++)
		if (!x->pool[i].stream)
			h = &x->pool[i];
	if (h)
		st = stream_take(x->streams, &x->group);
	if (!st) {
		mux_report_send(descriptors[0], word, 0, "%s",
				why ? why : "too many commands run");
		descriptors_close(descriptors, MESSAGE_DESCRIPTORS);
		return;
	}
	h->stream = st;
	h->request = (enum far_request)m->mux.request;
	memcpy(h->command, m->mux.command, m->mux.len);
	h->command[m->mux.len] = 0;
	h->client = descriptors[0];
	h->err = descriptors[2];
	h->gone = h->late = h->starting = h->begun = h->told = false;
	h->err_empty_at = 0;
	st->fd = descriptors[1];
	st->queued = true;
	if (stream_watch(st) < 0 ||
	    loop_watch(st->set->loop, &h->client_watch, h->client,
		       EPOLLIN | EPOLLRDHUP, on_client, h) < 0 ||
	    loop_watch(st->set->loop, &h->err_watch, h->err,
		       EPOLLOUT | (uint32_t)EPOLLET, on_err_writable, h) < 0)
		stream_close(st);
}

/* ---- its start ---- */

static struct mux_command *next_queued_command(struct mux_commands *x)
{
	struct mux_command *first = NULL;

	for (size_t i = 0; i < MUX_COMMANDS_MAX; i++) {
		struct mux_command *h = &x->pool[i];

		if (!h->stream || !h->stream->queued)
			continue;
		if (h->gone)
			stream_close(h->stream);
		else if (!first || h->stream->order < first->stream->order)
			first = h;
	}
	return first;
}

static void on_command_open_limit(struct timer *t)
{
	struct mux_command *h = t->arg;

	h->late = true;
}

/* Closes a command that cannot run any more, after a word to its client. */
static void end_command(struct mux_command *h, enum mux_word word,
			const char *why)
{
	h->told = true;
	mux_report_send(h->client, word, 0, "%s", why);
	stream_close(h->stream);
}

/* The point of no return. */
static void begin_command(struct mux_command *h)
{
	loop_timer_stop(&h->stream->timer);
	h->begun = true;
	if (mux_report_send(h->client, MUX_BEGUN, 0, "%s", "") < 0) {
		h->told = true;
		stream_close(h->stream);
		return;
	}
	log_debug("exec --shared: %.200s",
		  h->request == FAR_SHELL ? "the account's shell" : h->command);
	h->starting = true;
}

bool mux_commands_open_channels(struct mux_commands *x)
{
	for (;;) {
		struct mux_command *h =
			x->opening ? x->opening : next_queued_command(x);
		struct session *s = x->s;
		int64_t limit;
		int rc;

		if (!h)
			return true;
		if (!x->opening) {
			x->opening = h;
			h->stream->queued = false;
			limit = s->conf->connect_timeout < STREAM_OPEN_LIMIT
					? s->conf->connect_timeout
					: STREAM_OPEN_LIMIT;
			loop_timer(&s->loop, &h->stream->timer, limit,
				   on_command_open_limit, h);
		}
		rc = channel_try_open(&h->stream->channel, s->transport,
				      streams_channel_size(x->streams));
		if (rc == -EAGAIN && h->late &&
		    !channel_cancel_open(s->transport, &s->channel))
			rc = -ETIMEDOUT;
		if (rc == -EAGAIN)
			return false;
		x->opening = NULL;
		if (!rc)
			begin_command(h);
		else
			end_command(h, MUX_REFUSED,
				    rc == -ETIMEDOUT
					    ? "the server did not open a "
					      "channel in time"
					    : "the server refused a channel "
					      "(MaxSessions of sshd)");
	}
}

static ssize_t read_error(void *ctx, void *buf, size_t len)
{
	struct mux_command *h = ctx;
	ssize_t n = stream_read(h->stream, &h->err_empty_at, channel_read_err,
				&h->stream->channel, buf, len);

	/* Standard output behind it may be next. */
	if (n >= 0)
		h->stream->empty_at = 0;
	return n;
}

static ssize_t write_error(void *ctx, const void *buf, size_t len)
{
	struct mux_command *h = ctx;
	ssize_t n;

	if (!h->err_writable)
		return -EAGAIN;
	do {
		n = send(h->err, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		h->err_writable = false;
	if (n > 0)
		h->stream->group->received += (uint64_t)n;
	return n < 0 ? -errno : n;
}

static int shut_error(void *ctx)
{
	struct mux_command *h = ctx;

	shutdown(h->err, SHUT_WR);
	return 0;
}

void mux_commands_launch(struct mux_commands *x)
{
	for (size_t i = 0; i < MUX_COMMANDS_MAX; i++) {
		struct mux_command *h = &x->pool[i];
		int rc;

		if (!h->stream || !h->starting)
			continue;
		if (h->gone) {
			stream_close(h->stream);
			continue;
		}
		rc = channel_try_start(&h->stream->channel, h->request,
				       h->command);
		if (rc == -EAGAIN)
			continue;
		h->starting = false;
		if (rc) {
			end_command(h, MUX_LOST,
				    rc == -ECONNREFUSED
					    ? "the server refused the command"
					    : "the server did not answer for "
					      "the command");
			continue;
		}
		pump_init(&h->errors, (struct pump_source){read_error, h},
			  (struct pump_sink){write_error, shut_error, h});
		h->err_writable = true;
		stream_open(h->stream);
	}
}

/* ---- while it runs ---- */

static void report_end(struct mux_command *h)
{
	char sig[32];
	int status = channel_exit_status(&h->stream->channel, sig, sizeof(sig));

	h->told = true;
	if (status < 0 && !sig[0])
		mux_report_send(h->client, MUX_LOST, 0,
				"the server closed the command's channel "
				"without an exit status; how the command ends "
				"is not known");
	else if (status < 0)
		mux_report_send(h->client, MUX_KILLED, 0, "%s", sig);
	else
		mux_report_send(h->client, MUX_ENDED, status, "%s", "");
}

static bool move_error(struct stream *st)
{
	struct mux_command *h = command_of(st);
	const struct pump *down = &st->pumps->down, *errors = &h->errors;
	uint64_t before = errors->bytes, out = down->bytes + down->ring.used;
	bool more;

	/* The same the other way: output has moved. */
	if (out != h->out)
		h->err_empty_at = 0;
	h->out = out;
	more = pump_run(&h->errors);
	more |= errors->bytes != before;
	if (h->gone || down->state == PUMP_FAILED ||
	    errors->state == PUMP_FAILED) {
		stream_close(st);
		return true;
	}
	if (!pump_is_over(down) || !pump_is_over(errors) ||
	    !channel_is_closed(&st->channel))
		return more;
	report_end(h);
	stream_close(st);
	return true;
}

static void release_client(struct stream *st)
{
	struct mux_command *h = command_of(st);
	const struct mux_commands *x = (struct mux_commands *)st->group;
	const char *why = x->s->f.text;

	if (!h->told && h->begun)
		mux_report_send(
			h->client, MUX_LOST, 0,
			"the session that carried the command has ended "
			"(%s); how the command ends is not known",
			why[0] ? why : "connection lost");
	else if (!h->told)
		mux_report_send(h->client, MUX_REFUSED, 0, "%s",
				why[0] ? why : "the session has ended");
	loop_unwatch(&h->client_watch);
	loop_unwatch(&h->err_watch);
	close(h->client);
	close(h->err);
	h->stream = NULL;
}

static const struct stream_user mux_user = {
	.on_move = move_error,
	.on_close = release_client,
};
