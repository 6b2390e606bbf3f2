// SPDX-License-Identifier: ISC
/*
 * The client of a mux: `exec --shared' runs a command over the connection of a
 * session that is there already.
 *
 * 1. Two pairs of sockets are made, one for standard input and output, one for
 *    standard error.  The session gets one end of each, never our own streams:
 *    those are shared with other processes, and it would have to set them
 *    non-blocking.
 * 2. The request goes to the supervisor with these two descriptors; it passes
 *    them, and the connection that it came on, to its session.
 * 3. A report on that connection says that the command has begun, or that it
 *    will not.  A command must never run twice, so exec makes a connection of
 *    its own only if it is certain that this one has not begun: see
 *    withdraw_request().
 * 4. Bytes are copied between our streams and the sockets until a second
 *    report tells how the command ended and its output has arrived.  If there
 *    is no such report, nobody knows how it ended, and the status is 255.
 *
 * A signal ends the copying; the session sees that our ends of the sockets are
 * closed, and closes the channel of the command.
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
#include "io/pumps.h"
#include "io/local_io.h"
#include "ipc/control.h"
#include "verbs/verbs.h"

#define BEGIN_LIMIT 20000 /* ms; a session that works answers sooner */
#define BUSY_TRIES  5
#define BUSY_PAUSE  100 /* ms */

struct relay {
	struct loop loop;
	int report_fd;
	struct watch report_watch;
	struct pumps pumps;
	struct local_io in, out, err;
	struct local_io data, errs; /* sockets, to the session */
	struct pump up, down, errors;
	struct mux_report end; /* how the command ended, */
	bool ended;	       /* once that is known */
	struct failure f;      /* of our own streams */
	int signo;	       /* the signal that ended the copying, or 0 */
};

static struct relay the_relay;

/* ---- before the command has begun ---- */

enum start {
	START_BEGUN,
	START_NOT_RUN, /* another connection may be tried */
	START_BUSY,    /* not run; the same request may be tried again */
	START_FAILED,  /* it may have run, or must not */
};

/*
 * Takes the request back.  Once the connection is shut down, the session
 * cannot report that it begins, and so does not begin.  Returns false if it
 * had reported that before.
 */
static bool withdraw_request(int fd)
{
	struct mux_report n;

	shutdown(fd, SHUT_RDWR);
	while (mux_report_receive(fd, &n, MSG_DONTWAIT) == 1)
		if (n.word == MUX_BEGUN)
			return false;
	return true;
}

/* Waits for the first report.  text says why the command has not begun. */
static enum start wait_for_begin(int fd, char *text, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct mux_report n = {.word = MUX_REFUSED};
	int rc = poll(&p, 1, BEGIN_LIMIT);

	if (rc > 0)
		rc = mux_report_receive(fd, &n, MSG_DONTWAIT);
	if (rc == 1 && n.word == MUX_BEGUN)
		return START_BEGUN;
	if (rc == 1 && n.word == MUX_DENIED) {
		snprintf(text, size, "%s", n.text);
		return START_FAILED;
	}
	if (!withdraw_request(fd)) {
		snprintf(text, size,
			 "the session began the command too late; how it ends "
			 "is not known");
		return START_FAILED;
	}
	snprintf(text, size, "%s",
		 rc == 1 ? n.text : "the session gave no answer");
	/* A supervisor with too many clients closes without a report. */
	return p.revents && rc != 1 ? START_BUSY : START_NOT_RUN;
}

/* Makes both pairs; `theirs' are the ends for the session.  0 or -errno. */
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

static const char *explain_request_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "nobody calls it";
	case -EMSGSIZE:
		return "the command is too long";
	default:
		return strerror(-error);
	}
}

/* Asks once.  Unless the command has begun, all descriptors are closed again
 * and text says why. */
static enum start request_command(struct relay *r, const char *peer,
				  enum far_request request, const char *command,
				  char *text, size_t size)
{
	enum start start = START_NOT_RUN;
	int theirs[2] = {-1, -1}, rc = make_sockets(r, theirs);

	if (rc < 0) {
		snprintf(text, size, "%s", explain_request_error(rc));
		return START_NOT_RUN;
	}
	r->report_fd =
		control_run_command(peer, (uint16_t)request, command, theirs);
	close(theirs[0]);
	close(theirs[1]);
	if (r->report_fd < 0) {
		snprintf(text, size, "%s", explain_request_error(r->report_fd));
	} else {
		start = wait_for_begin(r->report_fd, text, size);
		if (start != START_BEGUN)
			close(r->report_fd);
	}
	if (start != START_BEGUN) {
		close(r->data.fd);
		close(r->errs.fd);
	}
	return start;
}

/* ---- while it runs ---- */

static ssize_t from_session(void *ctx, void *buf, size_t len)
{
	ssize_t n = local_io_read(ctx, buf, len);

	/* The session closed its end before it had read all of our input. */
	return n == -ECONNRESET ? 0 : n;
}

static int shut_session_input(void *ctx)
{
	struct local_io *e = ctx;

	shutdown(e->fd, SHUT_WR);
	return 0;
}

/* The signal is raised again once the streams are as they were. */
static void stop_by_signal(struct loop *l, int signo)
{
	struct relay *r = l->arg;

	r->signo = signo;
	loop_quit(l);
}

/* Takes the second report; the connection ends without one if the session has
 * died. */
static void on_report(struct watch *w, uint32_t events)
{
	struct relay *r = w->arg;
	int rc = mux_report_receive(r->report_fd, &r->end, MSG_DONTWAIT);

	(void)events;
	if (rc == -EAGAIN)
		return;
	if (rc != 1 || r->end.word <= MUX_BEGUN) {
		r->end.word = MUX_LOST;
		snprintf(r->end.text, sizeof(r->end.text),
			 "the session that carried the command has ended; how "
			 "the command ends is not known");
	}
	r->ended = true;
	loop_unwatch(w);
}

static bool move_streams(void *arg)
{
	struct relay *r = arg;
	bool more = pump_run(&r->up);

	more |= pump_run(&r->down);
	more |= pump_run(&r->errors);
	return more;
}

/* The end of the command comes before the last of its output. */
static void check_outcome(void *arg, bool more)
{
	struct relay *r = arg;

	(void)more;
	if (pumps_check_local(&r->up, false, "standard input", &r->f) ||
	    pumps_check_local(&r->down, true, "standard output", &r->f) ||
	    pumps_check_local(&r->errors, true, "standard error", &r->f) ||
	    (r->ended && pump_is_over(&r->down) && pump_is_over(&r->errors)))
		loop_quit(&r->loop);
}

/* Connects our streams with the sockets and copies until the command has ended,
 * a stream of ours has failed (then r->f says why), or a signal has come. */
static void relay_run(struct relay *r, const sigset_t *mask)
{
	int rc = local_io_stdio(&r->in, STDIN_FILENO, false);

	if (!rc)
		rc = local_io_stdio(&r->out, STDOUT_FILENO, true);
	if (!rc)
		rc = local_io_stdio(&r->err, STDERR_FILENO, true);
	if (rc < 0) {
		fail(&r->f, REASON_LOCAL_IO, "standard streams: %s",
		     strerror(-rc));
		return;
	}
	/* Standard error stays open at its end: our own messages go there. */
	pump_init(&r->up, (struct pump_source){local_io_read, &r->in},
		  (struct pump_sink){local_io_write, shut_session_input,
				     &r->data});
	pump_init(&r->down, (struct pump_source){from_session, &r->data},
		  (struct pump_sink){local_io_write, local_io_close, &r->out});
	pump_init(&r->errors, (struct pump_source){from_session, &r->errs},
		  (struct pump_sink){local_io_write, NULL, &r->err});
	pumps_add(&r->pumps, &r->data, &r->down, &r->up);
	pumps_add(&r->pumps, &r->errs, &r->errors, NULL);
	pumps_add(&r->pumps, &r->in, &r->up, NULL);
	pumps_add(&r->pumps, &r->out, NULL, &r->down);
	pumps_add(&r->pumps, &r->err, NULL, &r->errors);
	rc = loop_init(&r->loop, mask, stop_by_signal, r);
	if (!rc)
		rc = loop_watch(&r->loop, &r->report_watch, r->report_fd,
				EPOLLIN, on_report, r);
	if (rc < 0) {
		fail(&r->f, REASON_INTERNAL, "epoll: %s", strerror(-rc));
		return;
	}
	r->pumps.loop = &r->loop;
	r->pumps.arg = r;
	r->pumps.f = &r->f;
	r->pumps.move = move_streams;
	r->pumps.check_finished = check_outcome;
	pumps_run(&r->pumps);
	loop_close(&r->loop);
}

/* Copies until the command has ended, then ends by the signal that came. */
static void relay_streams(struct relay *r)
{
	sigset_t mask, before;

	/* Until a report says otherwise. */
	r->end = (struct mux_report){
		.word = MUX_LOST,
		.text = "how the command ends is not known",
	};
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, NULL, &before);
	relay_run(r, &mask);
	local_io_restore(&r->in);
	local_io_restore(&r->out);
	local_io_restore(&r->err);
	close(r->report_fd);
	close(r->data.fd);
	close(r->errs.fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r->signo) {
		signal(r->signo, SIG_DFL);
		raise(r->signo);
	}
}

/* Prints what went wrong.  Returns the exit status. */
static int report_outcome(const struct relay *r)
{
	if (r->f.reason == REASON_READER_GONE)
		log_debug("%s", r->f.text);
	else if (failure_is_set(&r->f))
		log_error("%s: %s", reason_name(r->f.reason), r->f.text);
	else if (r->end.word == MUX_KILLED)
		log_error("%s: the far command was killed by SIG%s",
			  reason_name(REASON_FAR_FAILED), r->end.text);
	else if (r->end.word == MUX_LOST)
		log_error("%s: %s", reason_name(REASON_LINK_LOST), r->end.text);
	else
		return r->end.status;
	return EXEC_FAILED;
}

bool mux_client_run(const char *peer, enum far_request request,
		    const char *command, int *status)
{
	static const struct timespec pause = {.tv_nsec = BUSY_PAUSE * 1000000L};
	struct relay *r = &the_relay;
	char text[300] = "";
	enum start start;

	for (int i = 0; i < BUSY_TRIES; i++) {
		start = request_command(r, peer, request, command, text,
					sizeof(text));
		if (start != START_BUSY)
			break;
		nanosleep(&pause, NULL);
	}
	if (start == START_FAILED) {
		log_error("%s: %s", reason_name(REASON_FAR_FAILED), text);
		*status = EXEC_FAILED;
		return true;
	}
	if (start != START_BEGUN) {
		log_debug("not over the session of %s: %s", peer, text);
		return false;
	}
	relay_streams(r);
	*status = report_outcome(r);
	return true;
}
