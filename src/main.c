// SPDX-License-Identifier: ISC
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "verbs/verbs.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verb[] = {
	{"call", verb_call, "dial a peer and keep the link"},
	{"pipe", verb_pipe, "the same for pppd's pty option"},
	{"exec", verb_exec, "run a command at the far end"},
	{"status", verb_status, "show the peers that are being called"},
	{"redial", verb_redial, "drop a session and dial at once"},
	{"hangup", verb_hangup, "end a link and its supervisor"},
	{"check", verb_check, "probe a peer's configuration"},
	{"hook", verb_hook, "for pppd's script folders only"},
	{"trust", verb_trust, "show and store a server's host key"},
};

static void print_help(FILE *out)
{
	fprintf(out,
		"usage: sshdial COMMAND NAME...\n"
		"       sshdial COMMAND --help\n\n"
		"PPP over SSH; NAME is a peer, /etc/sshdial/NAME.conf\n\n");
	for (size_t i = 0; i < sizeof(verb) / sizeof(verb[0]); i++)
		fprintf(out, "  %-7s %s\n", verb[i].name, verb[i].help);
	fprintf(out, "\nsshdial(8) and sshdial.conf(5) have the rest.\n");
}

/* Descriptors 0 to 2 exist from here on, so that no socket takes their
 * place. */
static void open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int run(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;

	name = name ? name + 1 : argc ? argv[0] : "";
	if (!strcmp(name, "sshdial-exec"))
		return verb_exec_as_ssh(argc, argv);
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("sshdial %s\n", VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof(verb) / sizeof(verb[0]); i++)
		if (!strcmp(argv[1], verb[i].name))
			return verb[i].run(argc - 1, argv + 1);
	fprintf(stderr,
		"sshdial: unknown command \"%s\"; sshdial --help lists them\n",
		argv[1]);
	return 2;
}

/* What stdio still holds is a part of what was asked for. */
static int flushed(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		fprintf(stderr, "sshdial: standard output: %s\n",
			strerror(errno));
	return code ? code : 1;
}

int main(int argc, char **argv)
{
	open_standard();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* a caller may have it ignored */
	return flushed(run(argc, argv));
}
