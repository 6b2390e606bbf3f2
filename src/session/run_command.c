// SPDX-License-Identifier: ISC
/*
 * The session from the start of the far command to its end.
 *
 *   exec   in -> up -> channel      channel -> down -> out
 *                                   channel's error -> errors -> err
 *   line   line -> up -> channel    channel -> (text: log) -> down -> line
 *
 * On a line, bytes before the far pppd's first frame are what a shell or an
 * error printed there: they go to the log.  Nothing is sent before that frame,
 * because pppd throws away what comes while it sets up its terminal; but a far
 * pppd that waits for us (silent) gets our first bytes after SEND_DELAY.
 * Nothing goes down to the line before the local pppd has set it up, which the
 * parent tells (line_ready).
 *
 * The command is over when both of its outputs have been handed over and the
 * server has closed the channel; then its exit status is known.  If the server
 * does not close the channel of a line CLOSE_DELAY after the end of output, it
 * counts as closed.  Local failures (nobody reads the output any more, pppd has
 * left the line) end the session at once; the end of the connection does only
 * when all that came before has been handed over.
 */
#include <errno.h>
#include <string.h>
#include "base/pppd_status.h"
#include "io/preamble.h"
#include "io/pumps.h"
#include "session/carried.h"
#include "session/session_state.h"

#define LINE_WINDOW	(1024 * 1024)
#define LINE_HIGH_WATER 65536
#define HOP_HIGH_WATER	32768 /* of each connection around a line's */
#define EXEC_WINDOW	(2 * 1024 * 1024)
#define EXEC_HIGH_WATER 262144
#define SEND_DELAY	1000 /* ms */
#define CLOSE_DELAY	2000 /* ms between the end of output and the close */

#define NO_STATUS                                                              \
	"the server closed the command's channel without an exit status; how " \
	"the command ends is not known"

struct command_run {
	struct session *s;
	struct local_io in, out, err;
	struct pumps pumps;
	struct pump up, down, errors;
	struct timer send_timer, close_timer;
	struct log_text text, err_text;
	uint8_t head[4096]; /* output that is not known to be a frame yet */
	size_t head_len;
	bool line;
	bool frame_seen; /* the far pppd has sent its first frame */
	bool sending;	 /* the pump `up' runs */
	bool output_over;
	bool close_overdue; /* the close did not follow the output's end */
};

static struct command_run the_command_run;

/* ---- the far command's end ---- */

/* The exit statuses of pppd(8), seen from the other side of the link. */
static int explain_far_pppd(struct failure *f, int status, const char *meaning)
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

static int explain_line_end(struct command_run *r, int status, const char *sig)
{
	struct failure *f = &r->s->f;
	const char *meaning;

	if (status < 0 && !sig[0])
		return fail(
			f, r->frame_seen ? REASON_FAR_ENDED : REASON_FAR_FAILED,
			NO_STATUS);
	if (r->frame_seen && status < 0)
		return fail(f, REASON_FAR_ENDED,
			    "the far pppd was killed by SIG%s", sig);
	pppd_status_reason(f->status, false, &meaning);
	if (r->frame_seen)
		return explain_far_pppd(f, status, meaning);
	if (status == 127 || status == 126)
		return fail(f, REASON_FAR_NOT_FOUND,
			    "the far command was not found or cannot be run "
			    "(status %d): %.200s",
			    status, r->s->plan->command);
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

static void report_far_end(struct command_run *r)
{
	struct failure *f = &r->s->f;
	char sig[32] = "";
	int status = r->close_overdue ? 0
				      : channel_exit_status(&r->s->channel, sig,
							    sizeof(sig));

	f->status = status < 0 ? 255 : status;
	if (r->line)
		explain_line_end(r, status, sig);
	else if (status < 0 && !sig[0])
		fail(f, REASON_FAR_FAILED, NO_STATUS);
	else if (status < 0)
		fail(f, REASON_FAR_FAILED,
		     "the far command was killed by SIG%s", sig);
	else
		fail(f, REASON_ASKED, "the far command ended with status %d",
		     status);
	loop_quit(&r->s->loop);
}

static void on_close_delay(struct timer *t)
{
	struct command_run *r = t->arg;

	r->close_overdue = true;
}

/* ---- moving bytes ---- */

/* Discards what pppd wrote while the line was held: it would come late. */
static void start_sending(struct command_run *r)
{
	if (!r->sending && r->s->plan->stale)
		local_io_discard(&r->in);
	r->sending = true;
	r->pumps.end[0].reader = &r->up;
}

static void on_send_delay(struct timer *t)
{
	start_sending(t->arg);
}

/* Looks for the first frame; text before it goes to the log. */
static void skip_preamble(struct command_run *r)
{
	while (!r->frame_seen && !r->output_over) {
		ssize_t n = channel_read(&r->s->channel, r->head + r->head_len,
					 sizeof(r->head) - r->head_len);
		size_t text;
		bool frame;

		if (n < 0)
			return;
		r->head_len += (size_t)n;
		text = preamble_text(r->head, r->head_len, &frame);
		if (!n) {
			text = r->head_len;
			r->output_over = true;
		}
		log_text_add(&r->text, r->head, text);
		r->head_len -= text;
		memmove(r->head, r->head + text, r->head_len);
		if (!frame || !n)
			continue;
		/* From here on the pumps carry frames, this one first. */
		r->frame_seen = true;
		start_sending(r);
		loop_timer_stop(&r->send_timer);
		pump_put(&r->down, r->head, r->head_len);
		r->head_len = 0;
		log_text_end(&r->text);
		session_step(r->s, STEP_FRAME);
	}
}

static uint64_t bytes_moved(const struct command_run *r)
{
	return transport_moved(r->s->transport) + r->up.bytes + r->down.bytes +
	       r->errors.bytes + carried_bytes();
}

static bool move_command(void *arg)
{
	struct command_run *r = arg;
	struct transport *t = r->s->transport;
	uint64_t before = bytes_moved(r);
	uint8_t buf[2048]; /* text from the far command's standard error */
	ssize_t n;
	bool more = false;

	transport_turn(t);
	channel_receive_packets(&r->s->channel);
	if (!r->line)
		more |= pump_run(&r->errors);
	while (r->line &&
	       (n = channel_read_err(&r->s->channel, buf, sizeof(buf))) > 0)
		log_text_add(&r->err_text, buf, (size_t)n);
	if (r->line && !r->frame_seen)
		skip_preamble(r);
	else if (!r->line || r->s->line_ready)
		more |= pump_run(&r->down);
	if (r->sending)
		more |= pump_run(&r->up);
	keepalive_turn(&r->s->keepalive);
	more |= carried_move(r->s);
	transport_turn(t);
	return more || bytes_moved(r) != before;
}

/* ---- what it means ---- */

static int check_line(struct command_run *r)
{
	bool gone = r->pumps.hangup || r->up.state == PUMP_DONE ||
		    (r->up.state == PUMP_FAILED && !r->up.failed_sink) ||
		    (r->down.state == PUMP_FAILED && r->down.failed_sink);

	if (gone)
		return fail(&r->s->f, REASON_LINE_CLOSED,
			    "the local pppd closed the line");
	if (r->frame_seen)
		r->output_over = pump_is_over(&r->down);
	return 0;
}

static int check_streams(struct command_run *r)
{
	struct failure *f = &r->s->f;

	if (pumps_check_local(&r->up, false, "standard input", f) ||
	    pumps_check_local(&r->down, true, "standard output", f) ||
	    pumps_check_local(&r->errors, true, "standard error", f))
		return -1;
	r->output_over = pump_is_over(&r->down) && pump_is_over(&r->errors);
	return 0;
}

/* After the end of the connection: libssh2 has no more of what came before. */
static bool all_output_read(const struct command_run *r)
{
	if (r->line)
		return !r->frame_seen || !r->s->line_ready ||
		       r->down.state != PUMP_OPEN;
	return pump_is_over(&r->down) && pump_is_over(&r->errors);
}

static void check_command_end(struct command_run *r)
{
	struct session *s = r->s;
	bool cut;

	if (failure_is_set(&s->f) ||
	    (r->line ? check_line(r) : check_streams(r)) < 0) {
		loop_quit(&s->loop);
		return;
	}
	/* If the output broke off, the exit status does not count. */
	cut = (r->down.state == PUMP_FAILED && !r->down.failed_sink) ||
	      (!r->line && r->errors.state == PUMP_FAILED &&
	       !r->errors.failed_sink);
	if (r->output_over && !cut &&
	    (r->close_overdue || channel_is_closed(&s->channel))) {
		/*
		 * X11 windows of other programs may still be open when the
		 * command has ended: the session stays for them, as ssh(1)
		 * does.  No pings then: a server is not asked about a channel
		 * that is closed.
		 */
		if (carried_windows() && !transport_is_over(s->transport))
			keepalive_stop(&s->keepalive);
		else
			report_far_end(r);
		return;
	}
	if (s->transport->broken ||
	    (s->transport->rx == TRANSPORT_RX_EOF && all_output_read(r))) {
		transport_fail(s->transport, REASON_LINK_LOST,
			       "the connection to the server is lost", &s->f);
		loop_quit(&s->loop);
		return;
	}
	if (r->line && r->down.state != PUMP_OPEN && !r->close_timer.armed)
		loop_timer(&s->loop, &r->close_timer, CLOSE_DELAY,
			   on_close_delay, r);
}

static void check_command_finished(void *arg, bool more)
{
	struct command_run *r = arg;
	struct session_stats *n = r->s->stats;

	(void)more;
	check_command_end(r);
	carried_write_stats(r->s);
	if (!n)
		return;
	n->down = r->down.bytes;
	n->up = r->up.bytes;
}

static int watch_command_transport(void *arg)
{
	struct command_run *r = arg;

	return transport_watch(r->s->transport);
}

/* ---- start ---- */

int session_open_local_io(struct session *s)
{
	const struct session_plan *p = s->plan;
	struct command_run *r = &the_command_run;
	int rc;

	r->s = s;
	r->line = p->job == SESSION_LINE;
	if (r->line) {
		rc = local_io_line(&r->in, p->in);
		if (!rc)
			rc = local_io_line(&r->out, p->out);
	} else {
		rc = local_io_stdio(&r->in, p->in, false);
		if (!rc)
			rc = local_io_stdio(&r->out, p->out, true);
		if (!rc)
			rc = local_io_stdio(&r->err, p->err, true);
	}
	if (rc < 0)
		return fail(&s->f, REASON_LOCAL_IO, "%s: %s",
			    r->line ? "the line" : "standard streams",
			    strerror(-rc));
	return 0;
}

void session_restore_local_io(void)
{
	local_io_restore(&the_command_run.in);
	local_io_restore(&the_command_run.out);
	local_io_restore(&the_command_run.err);
}

static void open_pumps(struct command_run *r)
{
	struct channel *ch = &r->s->channel;
	bool line = r->line;

	pump_init(&r->up, (struct pump_source){local_io_read, &r->in},
		  (struct pump_sink){channel_write,
				     line ? NULL : channel_send_eof, ch});
	pump_init(&r->down, (struct pump_source){channel_read, ch},
		  (struct pump_sink){local_io_write,
				     line ? NULL : local_io_close, &r->out});
	pump_init(&r->errors, (struct pump_source){channel_read_err, ch},
		  (struct pump_sink){local_io_write, local_io_close, &r->err});
	r->pumps = (struct pumps){
		.loop = &r->s->loop,
		.arg = r,
		.f = &r->s->f,
		.move = move_command,
		.check_finished = check_command_finished,
		.update_watches = watch_command_transport,
		.watch_hangup = line,
	};
	/* A line is one descriptor; nothing is read before start_sending(). */
	if (r->in.fd == r->out.fd) {
		pumps_add(&r->pumps, &r->in, NULL, &r->down);
	} else {
		pumps_add(&r->pumps, &r->in, NULL, NULL);
		pumps_add(&r->pumps, &r->out, NULL, &r->down);
	}
	if (!line) {
		pumps_add(&r->pumps, &r->err, NULL, &r->errors);
		start_sending(r);
	}
}

void session_run_command(struct session *s)
{
	struct command_run *r = &the_command_run;
	struct transport *t = s->transport;

	log_text_init(&r->text, LOG_INFO, "far output");
	log_text_init(&r->err_text, LOG_INFO, "far error");
	t->high_water = r->line ? LINE_HIGH_WATER : EXEC_HIGH_WATER;
	/* Bytes in a hop's ring are ahead of the line's next packet. */
	for (size_t i = 0; r->line && i < s->last; i++)
		s->transports[i].high_water = HOP_HIGH_WATER;
	if (channel_open(&s->channel, t, r->line ? LINE_WINDOW : EXEC_WINDOW,
			 &s->f) < 0 ||
	    (s->plan->display && carried_ask_x11(s) < 0) ||
	    channel_start(&s->channel, s->plan->request, s->plan->command,
			  &s->f) < 0)
		return;
	loop_timer_stop(&s->deadline);
	if (session_step(s, STEP_EXEC) < 0)
		return;
	open_pumps(r);
	keepalive_start(&s->keepalive, &s->loop, &s->channel, s->conf, &s->f);
	if (r->line) {
		loop_timer(&s->loop, &r->send_timer, SEND_DELAY, on_send_delay,
			   r);
		carried_start(s);
	}
	pumps_run(&r->pumps);
	carried_stop();
	log_text_end(&r->text);
	log_text_end(&r->err_text);
	if (!t->broken)
		channel_close(&s->channel);
}
