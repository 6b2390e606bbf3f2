// SPDX-License-Identifier: ISC
/*
 *   queued -> opening -> starting -> open -> closing
 *
 * The client hears MUX_BEGUN before the server is asked to start the
 * command; where it does not hear that any more, the command is not started.
 */
#include "session/mux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ipc/descriptors.h"
#include "ipc/mux.h"
#include "session/connection.h"

struct mux_command {
	struct connection *c; /* NULL: free */
	enum far_request request;
	char command[MESSAGE_COMMAND_MAX + 1];
	int client; /* its connection to the control socket */
	struct watch client_watch;
	bool gone; /* the client */
	bool begun;
	bool told; /* how it ended */
	int err;
	struct watch err_watch;
	bool err_writable;
	uint64_t seen; /* as in struct connection, for standard error */
	uint64_t out;  /* bytes of output when it was set */
	struct pump errors;
};

/* Watches of the loop point into it. */
static struct mux_command pool[SHARED_MAX];
static struct forward the_shared = {.text = "exec --shared"};
static struct mux_command *opening;
static bool taking, used;

void mux_start(struct session *s)
{
	the_shared.s = s;
	taking = true;
}

bool mux_used(void)
{
	return used;
}

unsigned int mux_open_now(void)
{
	return the_shared.open;
}

uint64_t mux_moved(void)
{
	return the_shared.received + the_shared.sent;
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

static struct mux_command *free_one(void)
{
	for (size_t i = 0; i < SHARED_MAX; i++)
		if (!pool[i].c)
			return &pool[i];
	return NULL;
}

/* The client says nothing more: whatever comes is its end. */
static void on_client(struct watch *w, uint32_t events)
{
	struct mux_command *h = w->arg;

	(void)events;
	h->gone = true;
	loop_unwatch(w);
}

static void on_err(struct watch *w, uint32_t events)
{
	struct mux_command *h = w->arg;

	(void)events;
	h->err_writable = true;
}

static int watch_all(struct mux_command *h)
{
	struct loop *l = &the_shared.s->loop;
	int rc = connection_watch(h->c);

	if (!rc)
		rc = loop_watch(l, &h->client_watch, h->client,
				EPOLLIN | EPOLLRDHUP, on_client, h);
	if (!rc)
		rc = loop_watch(l, &h->err_watch, h->err,
				EPOLLOUT | (uint32_t)EPOLLET, on_err, h);
	return rc;
}

/* Why a command cannot be taken at all, or NULL. */
static const char *refusal(const struct session *s, enum mux_word *word)
{
	*word = MUX_REFUSED;
	if (!taking || failure_is_set(&s->f))
		return "the session is not ready for it";
	if (s->plan->job != SESSION_LINE || !s->transport->forced)
		return NULL;
	*word = MUX_DENIED;
	return "the key's line at the server has a forced command "
	       "(authorized_keys, command=), which runs in the place of any "
	       "other and may end this link";
}

void mux_take(struct session *s, const struct message *m,
	      const int *descriptors)
{
	enum mux_word word;
	const char *why = refusal(s, &word);
	struct mux_command *h = why ? NULL : free_one();

	if (!is_socket(descriptors[0], SOCK_SEQPACKET) ||
	    !is_socket(descriptors[1], SOCK_STREAM) ||
	    !is_socket(descriptors[2], SOCK_STREAM)) {
		descriptors_close(descriptors, MESSAGE_DESCRIPTORS);
		return;
	}
	used = true;
	if (h)
		h->c = connection_take(&the_shared, false);
	if (!h || !h->c) {
		mux_report_send(descriptors[0], word, 0, "%s",
				why ? why : "too many commands run");
		descriptors_close(descriptors, MESSAGE_DESCRIPTORS);
		return;
	}
	h->request = (enum far_request)m->mux.request;
	memcpy(h->command, m->mux.command, m->mux.len);
	h->command[m->mux.len] = 0;
	h->client = descriptors[0];
	h->err = descriptors[2];
	h->gone = h->begun = h->told = false;
	h->seen = 0;
	h->c->fd = descriptors[1];
	h->c->shared = h;
	h->c->state = CONNECTION_QUEUED;
	if (watch_all(h) < 0)
		connection_close(h->c);
}

/* ---- its end ---- */

void mux_over(struct connection *c)
{
	struct mux_command *h = c->shared;
	const char *why = the_shared.s->f.text;

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
	h->c = NULL;
	c->shared = NULL;
}

void mux_stop(void)
{
	taking = false;
	opening = NULL;
}

/* ---- its start ---- */

static struct mux_command *next_queued(void)
{
	struct mux_command *first = NULL;

	for (size_t i = 0; i < SHARED_MAX; i++) {
		struct mux_command *h = &pool[i];

		if (!h->c || h->c->state != CONNECTION_QUEUED)
			continue;
		if (h->gone)
			connection_close(h->c);
		else if (!first || h->c->order < first->c->order)
			first = h;
	}
	return first;
}

static void on_late(struct timer *t)
{
	struct connection *c = t->arg;

	c->late = true;
}

static void begin_open(struct mux_command *h)
{
	struct session *s = the_shared.s;
	int64_t limit = s->conf->connect_timeout;

	opening = h;
	h->c->state = CONNECTION_OPENING;
	if (limit > OPEN_LIMIT)
		limit = OPEN_LIMIT;
	loop_timer(&s->loop, &h->c->timer, limit, on_late, h->c);
}

static void open_failed(struct mux_command *h, int error)
{
	const char *why = error == -ETIMEDOUT
				  ? "the server did not open a channel in "
				    "time"
				  : "the server refused a channel "
				    "(MaxSessions of sshd)";

	h->told = true;
	mux_report_send(h->client, MUX_REFUSED, 0, "%s", why);
	connection_close(h->c);
}

/* The point of no return. */
static void opened(struct mux_command *h)
{
	struct connection *c = h->c;

	loop_timer_stop(&c->timer);
	c->late = false;
	h->begun = true;
	if (mux_report_send(h->client, MUX_BEGUN, 0, "%s", "") < 0) {
		h->told = true;
		connection_close(c);
		return;
	}
	log_debug("exec --shared: %.200s",
		  h->request == FAR_SHELL ? "the account's shell" : h->command);
	c->state = CONNECTION_STARTING;
}

bool mux_open(void)
{
	struct session *s = the_shared.s;

	for (;;) {
		struct mux_command *h = opening ? opening : next_queued();
		int rc;

		if (!h)
			return true;
		if (!opening)
			begin_open(h);
		rc = channel_try_open(&h->c->channel, s->transport,
				      connection_size());
		if (rc == -EAGAIN && h->c->late &&
		    !channel_cancel_open(s->transport, &s->channel))
			rc = -ETIMEDOUT;
		if (rc == -EAGAIN)
			return false;
		opening = NULL;
		if (rc < 0)
			open_failed(h, rc);
		else
			opened(h);
	}
}

/* What is unread of one stream hides the other's end: it is asked again. */
static ssize_t from_channel(void *ctx, void *buf, size_t len)
{
	struct mux_command *h = ctx;
	ssize_t n = connection_read(h->c, &h->seen, channel_read_err,
				    &h->c->channel, buf, len);

	if (n >= 0)
		h->c->seen = 0;
	return n;
}

static ssize_t to_client(void *ctx, const void *buf, size_t len)
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
		the_shared.received += (uint64_t)n;
	return n < 0 ? -errno : n;
}

static int shut_err(void *ctx)
{
	struct mux_command *h = ctx;

	shutdown(h->err, SHUT_WR);
	return 0;
}

static void started(struct mux_command *h)
{
	pump_init(&h->errors, (struct pump_source){from_channel, h},
		  (struct pump_sink){to_client, shut_err, h});
	h->err_writable = true;
	connection_open(h->c);
}

void mux_begin(void)
{
	for (size_t i = 0; i < SHARED_MAX; i++) {
		struct mux_command *h = &pool[i];
		int rc;

		if (!h->c || h->c->state != CONNECTION_STARTING)
			continue;
		if (h->gone) {
			connection_close(h->c);
			continue;
		}
		rc = channel_try_start(&h->c->channel, h->request, h->command);
		if (rc == -EAGAIN)
			continue;
		if (!rc) {
			started(h);
			continue;
		}
		h->told = true;
		mux_report_send(h->client, MUX_LOST, 0, "the server %s",
				rc == -ECONNREFUSED
					? "refused the command"
					: "did not answer for the command");
		connection_close(h->c);
	}
}

/* ---- while it runs ---- */

static bool pump_over(const struct pump *p)
{
	return p->state == PUMP_DONE || p->state == PUMP_FAILED;
}

static void far_ended(struct mux_command *h)
{
	char sig[32];
	int status = channel_exit_status(&h->c->channel, sig, sizeof(sig));

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

bool mux_move(struct connection *c)
{
	struct mux_command *h = c->shared;
	const struct pump *down = &c->buffers->down, *errors = &h->errors;
	uint64_t before = h->errors.bytes, out = down->bytes + down->ring.used;
	bool more;

	if (out != h->out)
		h->seen = 0;
	h->out = out;
	more = pump_run(&h->errors);
	more |= h->errors.bytes != before;
	if (h->gone || down->state == PUMP_FAILED ||
	    errors->state == PUMP_FAILED) {
		connection_close(c);
		return true;
	}
	if (!pump_over(down) || !pump_over(errors) ||
	    !channel_is_closed(&c->channel))
		return more;
	far_ended(h);
	connection_close(c);
	return true;
}
