// SPDX-License-Identifier: ISC
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "session/session.h"
#include "verbs/verbs.h"

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
	if (!strcmp(name, SESSION_PROGRAM))
		return session_main();
	if (!strcmp(name, "sshdial-exec"))
		return verb_run(&verb_exec, argc, argv);
	return verbs_main(argc, argv);
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
