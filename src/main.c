// SPDX-License-Identifier: ISC
/*
 * One program in three roles, told by the name that it was started under:
 *
 * sshdial COMMAND	commands, of which call and pipe are supervisors
 * sshdial-exec		`sshdial exec`, for programs that start ssh(1)
 * sshdial-session	the session process, which the other two execute
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "session/session.h"
#include "verbs/verbs.h"

/* Opens those of descriptors 0 to 2 that are missing, or a socket would take
 * their place and get what is meant for standard output. */
static void open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int run_role(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;

	name = name ? name + 1 : argc ? argv[0] : "";
	if (!strcmp(name, SESSION_PROGRAM))
		return session_main();
	if (!strcmp(name, "sshdial-exec"))
		return verb_run(&verb_exec, argc, argv);
	return verbs_main(argc, argv);
}

int main(int argc, char **argv)
{
	int code;

	open_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* it may have been ignored */
	code = run_role(argc, argv);
	/* Output that cannot be written is a failure, also if the rest went
	 * well. */
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		fprintf(stderr, "sshdial: standard output: %s\n",
			strerror(errno));
	return code ? code : 1;
}
