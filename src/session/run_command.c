// SPDX-License-Identifier: ISC
/*
 * The session once the command runs at the far end.
 *
 *   exec   in -> up -> channel      channel -> down -> out
 *                                   channel's error -> err
 *   line   line -> up -> channel    channel -> (text: log) -> down -> line
 *
 * On a line nothing goes up before the far pppd's first frame, as its
 * setting up of the tty would throw it away, nor longer than UP_DELAY; and
 * nothing goes down before the local pppd has set up the line.
 */
#include <errno.h>
#include <string.h>
#include "base/pppd_status.h"
#include "io/preamble.h"
#include "io/pumps.h"
#include "session/carried.h"
#include "session/state.h"

#define LINE_WINDOW	(1024 * 1024)
#define LINE_HIGH_WATER 65536
#define HOP_HIGH_WATER	32768 /* of each connection around a line's */
#define EXEC_WINDOW	(2 * 1024 * 1024)
#define EXEC_HIGH_WATER 262144
#define UP_DELAY	1000 /* ms for a far pppd that waits for us */
#define CLOSE_DELAY	2000 /* ms between the end of output and the close */

#define NO_STATUS                                                              \
	"the server closed the command's channel without an exit status; how " \
	"the command ends is not known"

struct run {
	struct session *s;
	struct local_io in, out, err;
	struct pumps pumps;
	struct pump up, down, errors;
	struct timer up_timer, close_timer;
	struct log_text text, err_text;
	uint8_t head[4096]; /* output that is not known to be a frame yet */
	size_t head_len;
	bool line;
	bool framed; /* the far pppd has spoken */
	bool up_open;
	bool output_over;
	bool late; /* the close did not follow the output's end */
};

static struct run the_run;

/* ---- the far command's end ---- */

/* 11 and 19 of pppd(8), seen from the far side. */
static int far_pppd_ended(struct failure *f, int status, const char *meaning)
{
	if (status == 11)
		return fail(f, REASON_PPP_AUTH,
			    "PPP authentication failed: the far pppd refused "
			    "our name or secret (status 11)");
	if (status == 19)
		return fail(f, REASON_PPP_AUTH,
			    "PPP authentication failed: the far pppd's name "
			    "or secret was refused here (status 19)");
	return fail(f, REASON_FAR_ENDED,
		    "the far pppd ended with status %d (%s)", status, meaning);
}

static int line_ended(struct run *c, int status, const char *sig)
{
	struct failure *f = &c->s->f;
	const char *meaning;

	f->status = status < 0 ? 255 : status;
	if (status < 0 && !sig[0])
		return fail(f, c->framed ? REASON_FAR_ENDED : REASON_FAR_FAILED,
			    NO_STATUS);
	if (c->framed && status < 0)
		return fail(f, REASON_FAR_ENDED,
			    "the far pppd was killed by SIG%s", sig);
	pppd_status_reason(f->status, false, &meaning);
	if (c->framed)
		return far_pppd_ended(f, status, meaning);
	if (status == 127 || status == 126)
		return fail(f, REASON_FAR_NOT_FOUND,
			    "the far command was not found or cannot be run "
			    "(status %d): %.200s",
			    status, c->s->plan->command);
	if (status < 0)
		return fail(f, REASON_FAR_FAILED,
			    "the far command was killed by SIG%s before the "
			    "first PPP frame",
			    sig);
	return fail(f, REASON_FAR_FAILED,
		    "the far command ended with status %d before the first "
		    "PPP frame (from pppd that means: %s)",
		    status, meaning);
}

static int exec_ended(struct run *c, int status, const char *sig)
{
	struct failure *f = &c->s->f;

	f->status = status < 0 ? 255 : status;
	if (status < 0 && !sig[0])
		return fail(f, REASON_FAR_FAILED, NO_STATUS);
	if (status < 0)
		return fail(f, REASON_FAR_FAILED,
			    "the far command was killed by SIG%s", sig);
	return fail(f, REASON_ASKED, "the far command ended with status %d",
		    status);
}

static void far_ended(struct run *c)
{
	char sig[32] = "";
	int status =
		c->late ? 0
			: channel_exit_status(&c->s->channel, sig, sizeof(sig));

	if (c->line)
		line_ended(c, status, sig);
	else
		exec_ended(c, status, sig);
	loop_quit(&c->s->loop);
}

static void on_close_delay(struct timer *t)
{
	struct run *c = t->arg;

	c->late = true;
}

/* ---- moving bytes ---- */

static void log_far_error(struct run *c)
{
	uint8_t buf[2048];
	ssize_t n;

	while ((n = channel_read_err(&c->s->channel, buf, sizeof(buf))) > 0)
		log_text_add(&c->err_text, buf, (size_t)n);
}

/* Discards what pppd wrote while the line was held: it would come late. */
static void open_up(struct run *c)
{
	if (!c->up_open && c->s->plan->stale)
		local_io_discard(&c->in);
	c->up_open = true;
	c->pumps.end[0].reader = &c->up;
}

static void on_up_delay(struct timer *t)
{
	open_up(t->arg);
}

static void first_frame(struct run *c)
{
	c->framed = true;
	open_up(c);
	loop_timer_stop(&c->up_timer);
	pump_put(&c->down, c->head, c->head_len);
	c->head_len = 0;
	log_text_end(&c->text);
	session_step(c->s, STEP_FRAME);
}

/* Looks for the first frame; what stands before it is text for the log. */
static void read_head(struct run *c)
{
	while (!c->framed && !c->output_over) {
		ssize_t n = channel_read(&c->s->channel, c->head + c->head_len,
					 sizeof(c->head) - c->head_len);
		size_t text;
		bool frame;

		if (n < 0)
			return;
		c->head_len += (size_t)n;
		text = preamble_text(c->head, c->head_len, &frame);
		if (!n) {
			text = c->head_len;
			c->output_over = true;
		}
		log_text_add(&c->text, c->head, text);
		c->head_len -= text;
		memmove(c->head, c->head + text, c->head_len);
		if (frame && n)
			first_frame(c);
	}
}

static uint64_t work_done(const struct run *c)
{
	return transport_moved(c->s->transport) + c->up.bytes + c->down.bytes +
	       c->errors.bytes + carried_bytes();
}

static bool move_once(void *arg)
{
	struct run *c = arg;
	struct transport *t = c->s->transport;
	uint64_t before = work_done(c);
	bool more = false;

	transport_turn(t);
	channel_receive_packets(&c->s->channel);
	if (c->line)
		log_far_error(c);
	else
		more |= pump_run(&c->errors);
	if (c->line && !c->framed)
		read_head(c);
	else if (!c->line || c->s->line_ready)
		more |= pump_run(&c->down);
	if (c->up_open)
		more |= pump_run(&c->up);
	keepalive_turn(&c->s->keepalive);
	more |= carried_move(c->s);
	transport_turn(t);
	return more || work_done(c) != before;
}

/* ---- what it means ---- */

static int check_line(struct run *c)
{
	bool gone = c->pumps.hangup || c->up.state == PUMP_DONE ||
		    (c->up.state == PUMP_FAILED && !c->up.failed_sink) ||
		    (c->down.state == PUMP_FAILED && c->down.failed_sink);

	if (gone)
		return fail(&c->s->f, REASON_LINE_CLOSED,
			    "the local pppd closed the line");
	if (c->framed)
		c->output_over = pump_is_over(&c->down);
	return 0;
}

static int check_streams(struct run *c)
{
	struct failure *f = &c->s->f;

	if (pumps_check_local(&c->up, false, "standard input", f) ||
	    pumps_check_local(&c->down, true, "standard output", f) ||
	    pumps_check_local(&c->errors, true, "standard error", f))
		return -1;
	c->output_over = pump_is_over(&c->down) && pump_is_over(&c->errors);
	return 0;
}

/* The far end's bytes broke off: whatever its status says, it is not all. */
static bool source_lost(const struct run *c)
{
	return (c->down.state == PUMP_FAILED && !c->down.failed_sink) ||
	       (!c->line && c->errors.state == PUMP_FAILED &&
		!c->errors.failed_sink);
}

/* libssh2 has no more of what had come before the connection ended. */
static bool all_taken(const struct run *c)
{
	if (c->line)
		return !c->framed || !c->s->line_ready ||
		       c->down.state != PUMP_OPEN;
	return pump_is_over(&c->down) && pump_is_over(&c->errors);
}

/*
 * X11 windows of other programs may still be open when the command has ended:
 * the session stays for them, as ssh(1) does.  No pings then: a server is not
 * asked about a channel that is closed.
 */
static bool x11_clients_open(struct run *c)
{
	if (!carried_windows() || transport_is_over(c->s->transport))
		return false;
	keepalive_stop(&c->s->keepalive);
	return true;
}

static void check_end(struct run *c)
{
	struct session *s = c->s;

	if (failure_is_set(&s->f) ||
	    (c->line ? check_line(c) : check_streams(c)) < 0) {
		loop_quit(&s->loop);
		return;
	}
	if (c->output_over && !source_lost(c) &&
	    (c->late || channel_is_closed(&s->channel))) {
		if (!x11_clients_open(c))
			far_ended(c);
		return;
	}
	if (s->transport->broken ||
	    (s->transport->rx == TRANSPORT_RX_EOF && all_taken(c))) {
		transport_fail(s->transport, REASON_LINK_LOST,
			       "the connection to the server is lost", &s->f);
		loop_quit(&s->loop);
		return;
	}
	if (c->line && c->down.state != PUMP_OPEN && !c->close_timer.armed)
		loop_timer(&s->loop, &c->close_timer, CLOSE_DELAY,
			   on_close_delay, c);
}

static void check_finished(void *arg, bool more)
{
	struct run *c = arg;
	struct session_stats *n = c->s->stats;

	(void)more;
	check_end(c);
	carried_write_stats(c->s);
	if (!n)
		return;
	n->down = c->down.bytes;
	n->up = c->up.bytes;
}

static int watch_transport(void *arg)
{
	struct run *c = arg;

	return transport_watch(c->s->transport);
}

/* ---- start ---- */

int session_open_local_io(struct session *s)
{
	const struct session_plan *p = s->plan;
	struct run *c = &the_run;
	int rc;

	c->s = s;
	c->line = p->job == SESSION_LINE;
	if (c->line) {
		rc = local_io_line(&c->in, p->in);
		if (!rc)
			rc = local_io_line(&c->out, p->out);
	} else {
		rc = local_io_stdio(&c->in, p->in, false);
		if (!rc)
			rc = local_io_stdio(&c->out, p->out, true);
		if (!rc)
			rc = local_io_stdio(&c->err, p->err, true);
	}
	if (rc < 0)
		return fail(&s->f, REASON_LOCAL_IO, "%s: %s",
			    c->line ? "the line" : "standard streams",
			    strerror(-rc));
	return 0;
}

void session_restore_local_io(void)
{
	local_io_restore(&the_run.in);
	local_io_restore(&the_run.out);
	local_io_restore(&the_run.err);
}

static void open_pumps(struct run *c)
{
	struct channel *ch = &c->s->channel;
	bool line = c->line;

	pump_init(&c->up, (struct pump_source){local_io_read, &c->in},
		  (struct pump_sink){channel_write,
				     line ? NULL : channel_send_eof, ch});
	pump_init(&c->down, (struct pump_source){channel_read, ch},
		  (struct pump_sink){local_io_write,
				     line ? NULL : local_io_close, &c->out});
	pump_init(&c->errors, (struct pump_source){channel_read_err, ch},
		  (struct pump_sink){local_io_write, local_io_close, &c->err});
	c->pumps = (struct pumps){
		.loop = &c->s->loop,
		.arg = c,
		.f = &c->s->f,
		.move = move_once,
		.check_finished = check_finished,
		.update_watches = watch_transport,
		.watch_hangup = line,
	};
	/* A line is one descriptor; nothing is read before open_up(). */
	if (c->in.fd == c->out.fd) {
		pumps_add(&c->pumps, &c->in, NULL, &c->down);
	} else {
		pumps_add(&c->pumps, &c->in, NULL, NULL);
		pumps_add(&c->pumps, &c->out, NULL, &c->down);
	}
	if (!line) {
		pumps_add(&c->pumps, &c->err, NULL, &c->errors);
		open_up(c);
	}
}

void session_run_command(struct session *s)
{
	struct run *c = &the_run;
	struct transport *t = s->transport;

	log_text_init(&c->text, LOG_INFO, "far output");
	log_text_init(&c->err_text, LOG_INFO, "far error");
	t->high_water = c->line ? LINE_HIGH_WATER : EXEC_HIGH_WATER;
	/* What waits there is ahead of the line's next packet. */
	for (size_t i = 0; c->line && i < s->last; i++)
		s->transports[i].high_water = HOP_HIGH_WATER;
	if (channel_open(&s->channel, t, c->line ? LINE_WINDOW : EXEC_WINDOW,
			 &s->f) < 0 ||
	    (s->plan->display && carried_ask_x11(s) < 0) ||
	    channel_start(&s->channel, s->plan->request, s->plan->command,
			  &s->f) < 0)
		return;
	loop_timer_stop(&s->deadline);
	if (session_step(s, STEP_EXEC) < 0)
		return;
	open_pumps(c);
	keepalive_start(&s->keepalive, &s->loop, &s->channel, s->conf, &s->f);
	if (c->line) {
		loop_timer(&s->loop, &c->up_timer, UP_DELAY, on_up_delay, c);
		carried_start(s);
	}
	pumps_run(&c->pumps);
	carried_stop();
	log_text_end(&c->text);
	log_text_end(&c->err_text);
	if (!t->broken)
		channel_close(&s->channel);
}
