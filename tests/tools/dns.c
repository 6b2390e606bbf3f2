// SPDX-License-Identifier: ISC
/*
 * dns keeper | dns set KEEPER PEER INTERFACE [server A|search D|all|pppd]...
 *            | dns undo KEEPER PEER INTERFACE
 * The functions of names/dns.h, without a link.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "names/dns.h"

static int usage(void)
{
	fprintf(stderr, "dns: read its source\n");
	return 2;
}

static int said(int rc, const struct failure *f)
{
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", reason_name(f->reason), f->text);
	return rc < 0;
}

int main(int argc, char **argv)
{
	static const char *server[64], *search[64];
	struct dns_wish w = {.server = server, .search = search};
	struct failure f = {0};
	enum dns_keeper k;

	if (argc == 2 && !strcmp(argv[1], "keeper")) {
		puts(dns_keeper_name(dns_keeper()));
		return 0;
	}
	if (argc < 5 || argc > 60 || !dns_keeper_of(argv[2], &k))
		return usage();
	if (!strcmp(argv[1], "undo"))
		return said(dns_undo(k, argv[3], argv[4], &f), &f);
	w.peer = argv[3];
	w.interface = argv[4];
	for (int i = 5; i < argc; i++) {
		if (!strcmp(argv[i], "all"))
			w.all = true;
		else if (!strcmp(argv[i], "pppd"))
			w.scripts_ran = true;
		else if (!strcmp(argv[i], "server") && argv[i + 1])
			server[w.servers++] = argv[++i];
		else if (!strcmp(argv[i], "search") && argv[i + 1])
			search[w.searches++] = argv[++i];
		else
			return usage();
	}
	return said(dns_set(k, &w, &f), &f);
}
