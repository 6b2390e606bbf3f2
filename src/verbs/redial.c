// SPDX-License-Identifier: ISC
#include "verbs/verbs.h"

static int run_redial(const struct verb_args *args)
{
	struct control_status answer;

	return verb_ask_supervisor(&verb_redial, args, CONTROL_REDIAL, &answer);
}

static const char help[] =
	"Drops the session of the peer and dials at once, no matter how\n"
	"long the wait would have been.  SIGHUP to sshdial call does the\n"
	"same.\n";

const struct verb verb_redial = {
	.name = "redial",
	.summary = "drop the session of a peer and dial at once",
	.help = help,
	.operand = {"NAME"},
	.run = run_redial,
};
