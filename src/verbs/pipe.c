// SPDX-License-Identifier: ISC
/*
 * A call under a pppd that runs already, as its pty command: our standard input
 * and output are its line, so that there is no pppd to start.
 */
#include "verbs/verbs.h"

#include "base/log.h"
#include "supervise/supervisor.h"

static int run_pipe(const struct verb_args *args)
{
	struct failure end = {0};
	struct conf c;

	if (verb_load_peer(&c, args->operand[0]))
		return 2;
	if (!c.ppp) {
		log_error("ppp: \"no\" is for sshdial call; pipe is started "
			  "by pppd");
		conf_free(&c);
		return 2;
	}
	supervise_pipe(&c, &end);
	conf_free(&c);
	return verb_report_end(&end);
}

static const char help[] =
	"Dials the peer NAME and carries PPP between the far pppd and\n"
	"standard input and output.  This is for the pty option of pppd, in\n"
	"/etc/ppp/peers/NAME:\n"
	"\n"
	"    pty \"sshdial pipe NAME\"\n";

const struct verb verb_pipe = {
	.name = "pipe",
	.summary = "the same, for the pty option of pppd",
	.help = help,
	.operand = {"NAME"},
	.run = run_pipe,
};
