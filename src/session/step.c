// SPDX-License-Identifier: ISC
/* The steps of a session, for its parent. */
#include <string.h>
#include "session/session_state.h"

#define STEP_MS 10000 /* for the parent to make room for a step */

int session_send_step(struct session *s, struct message *m)
{
	int rc;

	m->host = (uint32_t)s->host;
	rc = message_send_patiently(s->control, m, STEP_MS);
	if (!rc)
		return 0;
	loop_quit(&s->loop);
	return fail(&s->f, REASON_INTERNAL,
		    "the parent does not take a step: %s", strerror(-rc));
}

int session_step(struct session *s, enum step step)
{
	struct message m;

	message_begin(&m, step);
	return session_send_step(s, &m);
}
