// SPDX-License-Identifier: ISC
#include <stdio.h>
#include "supervise/supervisor.h"
#include "verbs/verbs.h"

static const char words[] = "call NAME";
static const char help[] =
	"Dials the peer NAME (/etc/sshdial/NAME.conf), starts pppd on the\n"
	"line and stays until the link ends.  On a terminal each step is\n"
	"shown as it happens.  SIGTERM and Ctrl-C end the link in good\n"
	"order.\n";

int verb_call(int argc, char **argv)
{
	struct failure end = {.reason = REASON_ASKED};
	struct conf c;

	if (asked_for_help(argc, argv, words, help))
		return 0;
	if (argc != 2)
		return usage_error(words, "call takes the name of a peer",
				   NULL);
	if (load_peer(&c, argv[1]))
		return 2;
	supervise_call(&c, NULL, &end);
	conf_free(&c);
	return report(&end);
}
