// SPDX-License-Identifier: ISC
#include "supervise/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/loop.h"

void progress_start(struct progress *p)
{
	const char *term = getenv("TERM");

	p->terminal = isatty(STDOUT_FILENO);
	p->colour = p->terminal && !getenv("NO_COLOR") && term &&
		    strcmp(term, "dumb") != 0;
	p->since = loop_now();
}

void progress_step(struct progress *p, const char *name, const char *text)
{
	int64_t now = loop_now();
	long long ms = (long long)(now - p->since);
	const char *style = !p->colour		  ? ""
			    : !strcmp(name, "up") ? "\033[1;32m"
						  : "\033[1m";

	/* How long this step took, that is since the one before. */
	p->since = now;
	if (!p->terminal) {
		log_info("%s: %s (%lld ms)", name, text, ms);
		return;
	}
	printf("%s%-9s%s %-52s %6lld ms\n", style, name,
	       p->colour ? "\033[0m" : "", text, ms);
	fflush(stdout);
}
