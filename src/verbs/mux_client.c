// SPDX-License-Identifier: ISC
/*
 * The client's side of `exec --shared'.  The session gets sockets, never our
 * standard streams: it could not open them anew, and must not set them
 * non-blocking.  We copy between the two.
 */
#include "verbs/mux_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/loop.h"
#include "ipc/mux.h"
#include "io/pump.h"
#include "io/local_io.h"
#include "ipc/control.h"
#include "verbs/verbs.h"

#define BEGIN_LIMIT 20000 /* ms; a session that works has answered before */
#define BUSY_TRIES  5
#define BUSY_PAUSE  100 /* ms */
#define ROUNDS_MAX  8

struct relay {
	struct loop loop;
	int news_fd;
	struct watch news_watch, data_watch, errs_watch;
	struct watch in_watch, out_watch, err_watch;
	struct local_io in, out, err;
	struct local_io data, errs; /* sockets, to the session */
	struct pump up, down, errors;
	struct timer soon;
	struct mux_report news; /* how the command ended, */
	bool over;		/* once that is known */
	struct failure f;	/* of our own streams */
	int signo;
};

static struct relay the_relay;

/* ---- before the command has begun ---- */

enum verdict { BEGUN, NOT_RUN, BUSY, NO };

/*
 * Nobody can begin it after this: what is told to us fails.  So it has begun
 * only where that was told before.
 */
static bool withdraw(int fd)
{
	struct mux_report n;

	shutdown(fd, SHUT_RDWR);
	while (mux_report_receive(fd, &n, MSG_DONTWAIT) == 1)
		if (n.word == MUX_BEGUN)
			return false;
	return true;
}

/* text: what to say */
static enum verdict wait_for_begin(int fd, char *text, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct mux_report n = {.word = MUX_REFUSED};
	int rc = poll(&p, 1, BEGIN_LIMIT);

	if (rc > 0)
		rc = mux_report_receive(fd, &n, MSG_DONTWAIT);
	if (rc == 1 && n.word == MUX_BEGUN)
		return BEGUN;
	if (rc == 1 && n.word == MUX_DENIED) {
		snprintf(text, size, "%s", n.text);
		return NO;
	}
	if (!withdraw(fd)) {
		snprintf(text, size,
			 "the session was too slow; how the "
			 "command ends is not known");
		return NO;
	}
	snprintf(text, size, "%s",
		 rc == 1 ? n.text : "the session gave no answer");
	/* A supervisor with too many clients closes without a word. */
	return p.revents && rc != 1 ? BUSY : NOT_RUN;
}

/* Our ends of the sockets, and those for the session. */
static int make_sockets(struct relay *r, int theirs[2])
{
	int data[2], errs[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, errs) < 0) {
		close(data[0]);
		close(data[1]);
		return -errno;
	}
	r->data = (struct local_io){
		.fd = data[0], .given = data[0], .socket = true};
	r->errs = (struct local_io){
		.fd = errs[0], .given = errs[0], .socket = true};
	theirs[0] = data[1];
	theirs[1] = errs[1];
	return 0;
}

static const char *explain(int error)
{
	switch (error) {
	case -ENOENT:
		return "nobody calls it";
	case -EMSGSIZE:
		return "the command is too long for that";
	default:
		return strerror(-error);
	}
}

static enum verdict ask_once(struct relay *r, const char *peer,
			     enum far_request request, const char *command,
			     char *text, size_t size)
{
	enum verdict v = NOT_RUN;
	int theirs[2] = {-1, -1}, rc = make_sockets(r, theirs);

	if (!rc) {
		r->news_fd =
			control_share(peer, (uint16_t)request, command, theirs);
		close(theirs[0]);
		close(theirs[1]);
		rc = r->news_fd < 0 ? r->news_fd : 0;
		if (!rc)
			v = wait_for_begin(r->news_fd, text, size);
		if (!rc && v != BEGUN)
			close(r->news_fd);
		if (v != BEGUN) {
			close(r->data.fd);
			close(r->errs.fd);
		}
	}
	if (rc)
		snprintf(text, size, "%s", explain(rc));
	return v;
}

/* ---- while it runs ---- */

static ssize_t from_session(void *ctx, void *buf, size_t len)
{
	ssize_t n = local_io_read(ctx, buf, len);

	/* It has closed, and not read all of our input. */
	return n == -ECONNRESET ? 0 : n;
}

static int shut_socket(void *ctx)
{
	struct local_io *e = ctx;

	shutdown(e->fd, SHUT_WR);
	return 0;
}

static void on_event(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

static void on_timer(struct timer *t)
{
	(void)t;
}

static void on_signal(struct loop *l, int signo)
{
	struct relay *r = l->arg;

	r->signo = signo;
	loop_quit(l);
}

static void on_news(struct watch *w, uint32_t events)
{
	struct relay *r = w->arg;
	int rc = mux_report_receive(r->news_fd, &r->news, MSG_DONTWAIT);

	(void)events;
	if (rc == -EAGAIN)
		return;
	if (rc != 1 || r->news.word <= MUX_BEGUN) {
		r->news.word = MUX_LOST;
		snprintf(r->news.text, sizeof(r->news.text),
			 "the session that carried the command has ended; how "
			 "the command ends is not known");
	}
	r->over = true;
	loop_unwatch(w);
}

static void look_at(struct relay *r, const struct pump *p, bool sink,
		    const char *what)
{
	if (p->state != PUMP_FAILED || p->failed_sink != sink ||
	    failure_is_set(&r->f))
		return;
	if (p->error == -EPIPE)
		fail(&r->f, REASON_READER_GONE, "%s: nobody reads it any more",
		     what);
	else
		fail(&r->f, REASON_LOCAL_IO, "%s: %s", what,
		     strerror(-p->error));
}

static void want(struct relay *r, struct watch *w, const struct local_io *e,
		 uint32_t events)
{
	int rc;

	if (e->fd < 0) {
		loop_unwatch(w);
		return;
	}
	rc = loop_watch(&r->loop, w, e->fd, events, on_event, r);
	if (rc < 0 && rc != -EPERM)
		fail(&r->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
}

static void wait_for_more(struct relay *r)
{
	uint32_t data = 0;

	if (pump_wants_source(&r->down))
		data |= EPOLLIN;
	if (pump_wants_sink(&r->up))
		data |= EPOLLOUT;
	want(r, &r->data_watch, &r->data, data);
	want(r, &r->errs_watch, &r->errs,
	     pump_wants_source(&r->errors) ? (uint32_t)EPOLLIN : 0);
	want(r, &r->in_watch, &r->in,
	     pump_wants_source(&r->up) ? (uint32_t)EPOLLIN : 0);
	want(r, &r->out_watch, &r->out,
	     pump_wants_sink(&r->down) ? (uint32_t)EPOLLOUT : 0);
	want(r, &r->err_watch, &r->err,
	     pump_wants_sink(&r->errors) ? (uint32_t)EPOLLOUT : 0);
}

static void before_wait(struct loop *l)
{
	struct relay *r = l->arg;
	bool more = true;

	for (int i = 0; i < ROUNDS_MAX && more; i++) {
		more = pump_run(&r->up);
		more |= pump_run(&r->down);
		more |= pump_run(&r->errors);
	}
	look_at(r, &r->up, false, "standard input");
	look_at(r, &r->down, true, "standard output");
	look_at(r, &r->errors, true, "standard error");
	wait_for_more(r);
	if (more)
		loop_timer(l, &r->soon, 0, on_timer, r);
	if (failure_is_set(&r->f) ||
	    (r->over && pump_is_over(&r->down) && pump_is_over(&r->errors)))
		loop_quit(l);
}

static int open_streams(struct relay *r)
{
	int rc = local_io_stdio(&r->in, STDIN_FILENO, false);

	if (!rc)
		rc = local_io_stdio(&r->out, STDOUT_FILENO, true);
	if (!rc)
		rc = local_io_stdio(&r->err, STDERR_FILENO, true);
	if (rc < 0)
		return fail(&r->f, REASON_LOCAL_IO, "standard streams: %s",
			    strerror(-rc));
	pump_init(&r->up, (struct pump_source){local_io_read, &r->in},
		  (struct pump_sink){local_io_write, shut_socket, &r->data});
	pump_init(&r->down, (struct pump_source){from_session, &r->data},
		  (struct pump_sink){local_io_write, local_io_close, &r->out});
	pump_init(&r->errors, (struct pump_source){from_session, &r->errs},
		  (struct pump_sink){local_io_write, NULL, &r->err});
	return 0;
}

static int relay_run(struct relay *r, const sigset_t *mask)
{
	int rc = loop_init(&r->loop, mask, on_signal, r);

	if (!rc)
		rc = loop_watch(&r->loop, &r->news_watch, r->news_fd, EPOLLIN,
				on_news, r);
	if (rc < 0)
		return fail(&r->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	r->loop.before_wait = before_wait;
	rc = loop_run(&r->loop);
	loop_close(&r->loop);
	if (rc < 0)
		fail(&r->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
	return 0;
}

/* The session sees our end at the sockets, and ends the command's channel. */
static void relay(struct relay *r)
{
	sigset_t mask, before;

	/* Unless the session says otherwise. */
	r->news = (struct mux_report){
		.word = MUX_LOST,
		.text = "how the command ends is not known",
	};
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, NULL, &before);
	if (!open_streams(r))
		relay_run(r, &mask);
	local_io_restore(&r->in);
	local_io_restore(&r->out);
	local_io_restore(&r->err);
	close(r->news_fd);
	close(r->data.fd);
	close(r->errs.fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r->signo) {
		signal(r->signo, SIG_DFL);
		raise(r->signo);
	}
}

static int outcome(const struct relay *r)
{
	if (r->f.reason == REASON_READER_GONE)
		log_debug("%s", r->f.text);
	else if (failure_is_set(&r->f))
		log_error("%s: %s", reason_name(r->f.reason), r->f.text);
	else if (r->news.word == MUX_KILLED)
		log_error("%s: the far command was killed by SIG%s",
			  reason_name(REASON_FAR_FAILED), r->news.text);
	else if (r->news.word == MUX_LOST)
		log_error("%s: %s", reason_name(REASON_LINK_LOST),
			  r->news.text);
	else
		return r->news.status;
	return EXEC_FAILED;
}

bool shared_exec(const char *peer, enum far_request request,
		 const char *command, int *status)
{
	static const struct timespec pause = {.tv_nsec = BUSY_PAUSE * 1000000L};
	struct relay *r = &the_relay;
	char text[300] = "";
	enum verdict v;

	for (int i = 0; i < BUSY_TRIES; i++) {
		v = ask_once(r, peer, request, command, text, sizeof(text));
		if (v != BUSY)
			break;
		nanosleep(&pause, NULL);
	}
	if (v == NO) {
		log_error("%s: %s", reason_name(REASON_FAR_FAILED), text);
		*status = EXEC_FAILED;
		return true;
	}
	if (v != BEGUN) {
		log_debug("not over the session of %s: %s", peer, text);
		return false;
	}
	relay(r);
	*status = outcome(r);
	return true;
}
