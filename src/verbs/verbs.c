// SPDX-License-Identifier: ISC
#include "verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include "base/util.h"

/* The commands, in the order of sshdial(8); each file of this room has one. */
static const struct verb *const verbs[] = {
	&verb_call,   &verb_pipe,  &verb_exec, &verb_status, &verb_redial,
	&verb_hangup, &verb_check, &verb_hook, &verb_trust,
};

#define VERBS COUNT(verbs)

static const char usage[] = "usage: sshdial COMMAND [OPTION...] NAME...\n";

static void print_help(FILE *out)
{
	fprintf(out,
		"%s"
		"       sshdial COMMAND --help\n\n"
		"PPP over SSH.  NAME is a peer, described by "
		"/etc/sshdial/NAME.conf.\n\n",
		usage);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-7s %s\n", verbs[i]->name, verbs[i]->summary);
	fprintf(out, "\nThe manual pages are sshdial(8) and "
		     "sshdial.conf(5).\n");
}

int verbs_main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		verb_print_version();
		return 0;
	}
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(argv[1], verbs[i]->name))
			return verb_run(verbs[i], argc - 1, argv + 1);
	if (argv[1][0] == '-')
		fprintf(stderr, "sshdial: unknown option \"%s\"\n%s", argv[1],
			usage);
	else
		fprintf(stderr,
			"sshdial: unknown command \"%s\"; sshdial --help lists "
			"them\n",
			argv[1]);
	return 2;
}
