// SPDX-License-Identifier: ISC
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "supervise/attempt.h"
#include "verbs/verbs.h"

static const char words[] = "exec [-l USER] NAME [--] COMMAND...";
static const char help[] =
	"Runs a command at the far end of the peer NAME, with standard input,\n"
	"output and error joined, and ends with its exit status; with 255\n"
	"where sshdial itself failed.  sshdial-exec takes the same words\n"
	"as ssh would from rsync -e, CVS_RSH and the like.\n";

/* A channel request is one packet, and libssh2 takes no larger ones. */
#define COMMAND_MAX 32000

/* The words of the command line after the options were taken. */
struct request {
	const char *user;
	char peer[64];
	char user_at[128]; /* of USER@NAME */
	char command[COMMAND_MAX];
};

static int add_word(struct request *r, const char *word)
{
	size_t used = strlen(r->command);
	int n = snprintf(r->command + used, sizeof(r->command) - used, "%s%s",
			 used ? " " : "", word);

	return (size_t)n < sizeof(r->command) - used ? 0 : -E2BIG;
}

static int set_peer(struct request *r, const char *word)
{
	const char *at = strrchr(word, '@');
	size_t user = at ? (size_t)(at - word) : 0;
	const char *name = at ? at + 1 : word;

	if (user >= sizeof(r->user_at) || strlen(name) >= sizeof(r->peer))
		return -EINVAL;
	if (at) {
		memcpy(r->user_at, word, user);
		r->user = r->user_at;
	}
	snprintf(r->peer, sizeof(r->peer), "%s", name);
	return 0;
}

/*
 * Options may stand before and behind the name, as for ssh(1): rsync writes
 * "-l USER NAME CMD", cvs writes "NAME -l USER CMD".
 */
static int parse_words(struct request *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-l") && i + 1 < argc)
			r->user = argv[++i];
		else if (r->peer[0] &&
			 (argv[i][0] != '-' || !strcmp(argv[i], "--")))
			break;
		else if (argv[i][0] == '-')
			return usage_error(words, "unknown option", argv[i]);
		else if (set_peer(r, argv[i]) < 0)
			return usage_error(words, "no name of a peer", argv[i]);
	}
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	for (; i < argc; i++)
		if (add_word(r, argv[i]) < 0)
			return usage_error(words, "the command is too long",
					   NULL);
	if (!r->peer[0] || !r->command[0])
		return usage_error(words, "exec takes a peer and a command",
				   NULL);
	return 0;
}

static void on_step(struct attempt *a, enum step step, const char *text)
{
	static bool detached;

	(void)a;
	(void)step;
	log_debug("%s", text);
	/*
	 * The session has the streams now: a pipe that it closes must not
	 * stay open through us.
	 */
	if (!detached) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		detached = true;
		if (null >= 0) {
			dup2(null, STDIN_FILENO);
			dup2(null, STDOUT_FILENO);
			close(null);
		}
	}
}

static int far_command(const struct conf *c, const char *command)
{
	static struct auth_secrets secrets;
	struct session_plan plan = {
		.job = SESSION_EXEC,
		.command = command,
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
	};
	struct attempt a = {
		.conf = c,
		.on_step = on_step,
		.on_hostkey = attempt_accept_hostkey,
	};

	if (auth_load(&secrets, c, true, &a.end) == 0)
		attempt_run(&a, &plan, &secrets);
	auth_wipe(&secrets);
	if (a.end.reason == REASON_ASKED)
		return a.end.status;
	if (a.end.reason == REASON_READER_GONE)
		log_debug("%s", a.end.text);
	else
		log_error("%s: %s", reason_name(a.end.reason), a.end.text);
	return EXEC_FAILED;
}

int verb_exec_as_ssh(int argc, char **argv)
{
	static struct request r;
	struct conf c;
	char *user;
	int status;

	if (asked_for_help(argc, argv, words, help))
		return 0;
	if (parse_words(&r, argc, argv) || load_peer(&c, r.peer))
		return EXEC_FAILED;
	user = r.user ? strdup(r.user) : NULL;
	if (user) {
		free(c.user);
		c.user = user;
	}
	status = far_command(&c, r.command);
	conf_free(&c);
	return status;
}

int verb_exec(int argc, char **argv)
{
	return verb_exec_as_ssh(argc, argv);
}
