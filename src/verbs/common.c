// SPDX-License-Identifier: ISC
#include "verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include "base/log.h"

int usage_error(const char *words, const char *problem, const char *word)
{
	fprintf(stderr, "sshdial: %s%s%s%s\nusage: sshdial %s\n", problem,
		word ? " \"" : "", word ? word : "", word ? "\"" : "", words);
	return 2;
}

bool asked_for_help(int argc, char **argv, const char *words, const char *help)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("sshdial %s\n", VERSION);
		return true;
	}
	if (argc < 2 || (strcmp(argv[1], "--help") && strcmp(argv[1], "-h")))
		return false;
	printf("usage: sshdial %s\n\n%s", words, help);
	return true;
}

int load_peer(struct conf *c, const char *name)
{
	struct conf_error e;

	if (conf_load(c, name, &e) < 0) {
		log_error("%s", e.text);
		return 2;
	}
	log_open(name, (enum log_level)c->log_level);
	return 0;
}

int report(const struct failure *f)
{
	if (f->reason != REASON_ASKED)
		log_error("%s: %s", reason_name(f->reason), f->text);
	else
		log_info("%s", f->text);
	return reason_exit_code(f->reason);
}
