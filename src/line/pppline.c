// SPDX-License-Identifier: ISC
/*
 * The life of a pppd of ours, in the order in which things happen:
 *
 *   open   a pty.  pppd will get its slave, sessions its master.
 *   start  pppd, once the first session has logged in.
 *   log    pppd's log alone tells what it does: interface, line set up, LCP up,
 *          addresses, going down.
 *   drop   Between two sessions pppd stays and goes on writing: echo requests,
 *          and what the kernel sends to the interface.  All of it is read and
 *          dropped; otherwise it would come in a burst to the next session.
 *   end    SIGTERM: pppd terminates LCP, if a session still carries its frames.
 *          If that takes too long, the master is closed, which is a modem's
 *          hangup to pppd.  If it still lives after the time for its scripts,
 *          SIGKILL.
 *
 * A pppd that is ending does not delay the next call: a new pty is opened at
 * once, and the new pppd starts when the old one has been reaped (`wanted`).
 *
 * With `pipe`, pppd is our parent, and standard input and output are the line.
 * Nothing is started or killed then.
 */
#include "line/pppline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/pppd_status.h"
#include "base/util.h"
#include "line/pppd.h"
#include "line/pty.h"

#define KILL_MS 8000 /* that pppd's scripts may take after a hangup */

void pppline_init(struct pppline *p)
{
	p->in = p->pipe ? STDIN_FILENO : -1;
	p->out = p->pipe ? STDOUT_FILENO : -1;
	p->slave = -1;
	/* They are the same pty then, and only one of them can be watched. */
	if (p->pipe && isatty(p->in))
		p->out = p->in;
}

bool pppline_alive(const struct pppline *p)
{
	return p->pipe ? p->in >= 0 : p->pid > 0 && !p->ending && !p->down;
}

static void close_slave(struct pppline *p)
{
	if (p->slave >= 0)
		close(p->slave);
	p->slave = -1;
}

static void hang_up(struct pppline *p)
{
	loop_unwatch(&p->idle_watch);
	if (p->in >= 0 && !p->pipe)
		close(p->in);
	p->in = -1;
	p->out = -1;
	close_slave(p);
}

int pppline_open(struct pppline *p, struct failure *f)
{
	int rc;

	if (pppline_alive(p))
		return 0;
	if (p->pipe)
		return fail(f, REASON_LINE_CLOSED, "pppd closed the line");
	hang_up(p);
	rc = pty_open(&p->in, &p->slave);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "cannot open a pty: %s",
			    strerror(-rc));
	p->out = p->in;
	return 0;
}

/* ---- pppd's log ---- */

static void copy_value(char *to, size_t size, const char *value)
{
	snprintf(to, size, "%.*s", (int)size - 1, value);
}

/* Handles the line that is in p->text, if there is one. */
static void flush_log_line(struct pppline *p)
{
	char line[sizeof(p->text) * 4], value[64];
	enum pppd_event e;

	if (!p->used)
		return;
	log_printable(line, sizeof(line), p->text, p->used);
	p->used = 0;
	e = pppd_parse_log(line, value, sizeof(value));
	/* With traces, each event is shown as a step of the call already. */
	if ((p->trace && e != PPPD_OTHER) || e == PPPD_DEBUG ||
	    e == PPPD_LCP_UP)
		log_debug("pppd: %s", line);
	else
		log_info("pppd: %s", line);
	switch (e) {
	case PPPD_INTERFACE:
		copy_value(p->interface, sizeof(p->interface), value);
		break;
	case PPPD_CONNECT:
		p->fn(p, PPPLINE_READY);
		break;
	case PPPD_LCP_UP:
		if (!p->lcp)
			p->fn(p, PPPLINE_LCP);
		p->lcp = true;
		break;
	case PPPD_LOCAL:
		p->down = false;
		copy_value(p->local, sizeof(p->local), value);
		break;
	case PPPD_REMOTE:
		copy_value(p->remote, sizeof(p->remote), value);
		p->fn(p, PPPLINE_UP);
		break;
	case PPPD_DOWN:
		p->down = true;
		break;
	default:
		break;
	}
}

static void read_log(struct pppline *p)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(p->pppd.output, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n')
				flush_log_line(p);
			else if (p->used < sizeof(p->text))
				p->text[p->used++] = buf[i];
		}
	}
	if (n == 0)
		loop_unwatch(&p->log_watch);
}

static void on_log(struct watch *w, uint32_t events)
{
	(void)events;
	read_log(w->arg);
}

/* ---- start and end ---- */

static void on_pppd_end(struct watch *w, uint32_t events)
{
	struct pppline *p = w->arg;
	struct failure f = {0};
	const char *text;
	enum reason r;
	int status;

	(void)events;
	/* The last lines of pppd are still in the pipe. */
	read_log(p);
	flush_log_line(p);
	loop_unwatch(&p->log_watch);
	loop_unwatch(&p->end_watch);
	status = child_finish(&p->pppd);
	p->pid = 0;
	loop_timer_stop(&p->term_timer);
	loop_timer_stop(&p->kill_timer);
	if (p->slave >= 0 && !p->wanted) {
		/* The pty of the next session is open already, and nobody
		 * waits for this pppd. */
		p->ending = false;
		return;
	}
	p->end = (struct failure){0};
	if (WIFSIGNALED(status)) {
		fail(&p->end, p->ending ? REASON_ASKED : REASON_PPPD_ENDED,
		     "pppd was killed by signal %d (%s)", WTERMSIG(status),
		     strsignal(WTERMSIG(status)));
	} else {
		r = pppd_status_reason(WEXITSTATUS(status), p->ending, &text);
		fail(&p->end, r, "%spppd ended with status %d: %s",
		     r == REASON_PPP_AUTH ? "PPP authentication failed: " : "",
		     WEXITSTATUS(status), text);
	}
	if (!p->wanted) {
		p->ending = false;
		p->fn(p, PPPLINE_ENDED);
	} else if (pppline_start(p, &f) < 0) {
		p->end = f;
		p->fn(p, PPPLINE_ENDED);
	}
}

int pppline_start(struct pppline *p, struct failure *f)
{
	int rc;

	if (p->pipe || pppline_alive(p))
		return 0;
	p->wanted = p->pid > 0;
	if (p->wanted)
		return 0;
	p->ending = false;
	p->down = false;
	p->interface[0] = p->local[0] = p->remote[0] = 0;
	p->lcp = false;
	p->end = (struct failure){0};
	rc = pppd_start(p->conf, !geteuid(), p->trace, p->slave, &p->pppd);
	if (rc < 0)
		return fail(f, REASON_NO_PPPD, "cannot start %s: %s",
			    p->conf->pppd, strerror(-rc));
	p->pid = p->pppd.pid;
	close_slave(p);
	loop_watch(p->loop, &p->log_watch, p->pppd.output, EPOLLIN, on_log, p);
	loop_watch(p->loop, &p->end_watch, p->pppd.pidfd, EPOLLIN, on_pppd_end,
		   p);
	return 0;
}

static void on_term_late(struct timer *t)
{
	struct pppline *p = t->arg;

	hang_up(p);
	p->fn(p, PPPLINE_HUNG_UP);
}

static void on_kill_late(struct timer *t)
{
	struct pppline *p = t->arg;

	log_warn("pppd does not end, and is killed");
	pppline_kill(p);
}

void pppline_kill(struct pppline *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
}

void pppline_end(struct pppline *p, int64_t term_ms)
{
	p->wanted = false;
	if (p->pipe || !p->pid) {
		hang_up(p);
		return;
	}
	p->ending = true;
	kill(p->pid, SIGTERM);
	if (term_ms > 0)
		loop_timer(p->loop, &p->term_timer, term_ms, on_term_late, p);
	else
		hang_up(p);
	if (!p->kill_timer.armed)
		loop_timer(p->loop, &p->kill_timer, term_ms + KILL_MS,
			   on_kill_late, p);
}

static void drop_input(struct watch *w, uint32_t events)
{
	struct pppline *p = w->arg;
	char buf[4096];
	ssize_t n = 0;

	(void)events;
	for (int i = 0; i < 16 && (n = read(p->in, buf, sizeof(buf))) > 0; i++)
		;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	/* The other side is closed.  The pidfd tells the end of our pppd. */
	loop_unwatch(w);
	if (p->pipe) {
		fail(&p->end, REASON_LINE_CLOSED, "pppd closed the line");
		hang_up(p);
		p->fn(p, PPPLINE_ENDED);
	}
}

void pppline_drop_input(struct pppline *p, bool on)
{
	if (!on || p->in < 0) {
		loop_unwatch(&p->idle_watch);
		return;
	}
	fd_nonblock(p->in, true);
	loop_watch(p->loop, &p->idle_watch, p->in, EPOLLIN, drop_input, p);
}

void pppline_close(struct pppline *p)
{
	loop_timer_stop(&p->term_timer);
	loop_timer_stop(&p->kill_timer);
	hang_up(p);
}
