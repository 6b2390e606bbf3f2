// SPDX-License-Identifier: ISC
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "supervise/supervisor.h"
#include "verbs/verbs.h"

static const char words[] = "pipe NAME";
static const char help[] =
	"Dials the peer NAME and carries PPP between its far pppd and\n"
	"standard input and output.  For pppd's pty option, in\n"
	"/etc/ppp/peers/NAME:\n"
	"\n"
	"    pty \"sshdial pipe NAME\"\n";

int verb_pipe(int argc, char **argv)
{
	struct failure end = {0};
	struct conf c;

	if (asked_for_help(argc, argv, words, help))
		return 0;
	if (argc != 2)
		return usage_error(words, "pipe takes the name of a peer",
				   NULL);
	if (load_peer(&c, argv[1]))
		return 2;
	if (!c.ppp) {
		log_error("ppp: \"no\" is for sshdial call; here pppd has "
			  "started us");
		conf_free(&c);
		return 2;
	}
	supervise_pipe(&c, &end);
	conf_free(&c);
	return report(&end);
}
