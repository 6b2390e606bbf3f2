// SPDX-License-Identifier: ISC
#include "verbs/verbs.h"

#include "base/child.h"
#include "base/log.h"

#define HANGUP_MAX 30000 /* ms; longer than all deadlines of a link's end */

/* A call may follow at once, so the peer must be free when this returns. */
static int run_hangup(const struct verb_args *args)
{
	struct control_status answer;
	int code = verb_ask_supervisor(&verb_hangup, args, CONTROL_HANGUP,
				       &answer);

	if (code || child_wait_other(answer.pid, HANGUP_MAX))
		return code;
	log_error("%s: still hanging up after %d seconds", args->operand[0],
		  HANGUP_MAX / 1000);
	return 1;
}

static const char help[] =
	"Ends the link and the supervisor of the peer, and waits for the\n"
	"end.  SIGTERM to sshdial call does the same.\n";

const struct verb verb_hangup = {
	.name = "hangup",
	.summary = "end a link and its supervisor",
	.help = help,
	.operand = {"NAME"},
	.run = run_hangup,
};
