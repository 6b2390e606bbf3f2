// SPDX-License-Identifier: ISC
#include "supervise/snapshot.h"

#include <stdio.h>
#include <unistd.h>
#include "supervise/supervisor_state.h"

/* Cuts off text that does not fit. */
static void copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)size - 1, text);
}

void snapshot_fill(const struct supervisor *v, struct control_status *s)
{
	int64_t now = loop_now();

	s->pipe = v->line.pipe;
	s->pid = getpid();
	s->session_pid = v->attempt.running ? v->attempt.pid : 0;
	s->pppd_pid = v->line.pid;
	copy_text(s->peer, sizeof(s->peer), v->conf->name);
	copy_text(s->state, sizeof(s->state), link_state_name(v->state));
	copy_text(s->interface, sizeof(s->interface), v->line.interface);
	copy_text(s->local, sizeof(s->local), v->line.local);
	copy_text(s->remote, sizeof(s->remote), v->line.remote);
	copy_text(s->server, sizeof(s->server), v->server);
	s->since = now - v->since;
	s->up = v->up_at ? now - v->up_at : -1;
	s->next_try = v->next.timer.armed ? v->next.timer.at - now : -1;
	s->received = v->earlier.received + v->stats->down;
	s->sent = v->earlier.sent + v->stats->up;
	s->rtt_us = v->stats->rtt_us;
	s->sessions = v->redial.sessions;
	copy_text(s->hook, sizeof(s->hook), v->hooks.failed);
	if (failure_is_set(&v->last)) {
		copy_text(s->reason, sizeof(s->reason),
			  reason_name(v->last.reason));
		copy_text(s->text, sizeof(s->text), v->last.text);
	}
	s->forwards = (uint32_t)conf_forwards(v->conf);
	for (uint32_t i = 0; i < s->forwards; i++) {
		/* The session writes the numbers; the texts are ours. */
		const struct forward_stats *n = &v->stats->forward[i];
		struct control_forward *f = &s->forward[i];
		char text[CONF_VALUE_MAX + 16];

		f->received = n->received;
		f->sent = n->sent;
		f->open = n->open;
		f->port = (uint16_t)n->port;
		f->state = v->up_at ? (uint16_t)n->state : FORWARD_DOWN;
		copy_text(
			f->text, sizeof(f->text),
			conf_forward_text(v->conf, (int)i, text, sizeof(text)));
	}
}
