/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_CAUSE_H
#define SSHDIAL_SUPERVISE_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/reason.h"

/*
 * Why a session ends, as three processes see it:
 *
 *   v->cause	    ours: the supervisor has decided that it must end
 *   v->attempt.end   the session's own word, or what its exit tells
 *   v->line.end	    pppd's exit status
 *
 * When the session has ended, cause_choose() makes one of them v->last, which
 * is what status shows, what the log says and what redial.h goes by.
 */
struct supervisor;

/* The session that runs must end, and pppd may be held.  Of several causes the
 * first one stays.  Nothing happens if no session runs. */
__attribute__((format(printf, 3, 4))) void
cause_end_session(struct supervisor *v, enum reason reason, const char *fmt,
		  ...);

/* The session that runs must end, and pppd as well: with such addresses the
 * link must not be used. */
void supervisor_drop_link(struct supervisor *v, const char *why);

/* True if the addresses of a link may be used.  If not, `why` says so in
 * words, and the link is dropped for that reason. */
bool supervisor_check_addresses(struct supervisor *v, const char *interface,
				const char *local, const char *remote,
				char *why, size_t size);

/* Fills v->last. */
void cause_choose(struct supervisor *v);

/* The session is over: raises the event for it, which depends on whether pppd
 * is to be held. */
void cause_session_over(struct supervisor *v);

#endif
