/* SPDX-License-Identifier: ISC */
/* Programs of the system: how they start, what they say, how they end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/loop.h"
#include <cmocka.h>
#include "pidfd.h"

#define LONG 20000 /* ms: longer than any test here takes */

static char logged[4096];

static void note(enum log_level level, const char *text, size_t len)
{
	(void)level;
	if (strlen(logged) > sizeof(logged) - 300)
		return;
	snprintf(strchr(logged, '\0'), 200, "%.*s|", (int)len, text);
}

/* Valgrind makes of posix_spawn(3) a fork that cannot tell its parent that
 * there was nothing to execute. */
static void skip_in_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "vgpreload"))
		skip();
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* ---- child_start(), child_wait() ---- */

static int start_shell(struct child *c, const char *script)
{
	char *copy = strdup(script);
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, copy, NULL};
	char *env[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	const struct child_program p = {
		"/bin/sh",
		argv,
		env,
		{CHILD_NULL, CHILD_OUTPUT, CHILD_OUTPUT, CHILD_CLOSED}};
	int rc = child_start(c, &p);

	free(copy);
	return rc;
}

/* Runs a script; its output, cut to 4095 bytes, goes to text. */
static bool run(const char *script, int limit, char text[4096], int *status)
{
	const struct child_sink sink = {.text = text, .size = 4096};
	int before = open_descriptors();
	struct child c;
	bool in_time;

	assert_int_equal(start_shell(&c, script), 0);
	in_time = child_wait(&c, limit, &sink, status);
	assert_int_equal(c.pid, 0);
	assert_int_equal(open_descriptors(), before);
	return in_time;
}

static void output_is_larger_than_a_pipe(void **state)
{
	char text[4096];
	int status;

	(void)state;
	assert_true(run("yes 1234567 | head -c 1000000; exit 5", LONG, text,
			&status));
	assert_int_equal(WEXITSTATUS(status), 5);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_memory_equal(text, "1234567\n1234567\n", 16);
}

static void no_output(void **state)
{
	char text[4096] = "x";
	int status;

	(void)state;
	assert_true(run("exit 0", LONG, text, &status));
	assert_int_equal(status, 0);
	assert_string_equal(text, "");
	/* It closes its output long before it ends. */
	assert_true(
		run("exec >&- 2>&-; sleep 0.3; exit 4", LONG, text, &status));
	assert_int_equal(WEXITSTATUS(status), 4);
	/* The last words come with the end. */
	assert_true(run("sleep 0.2; echo last", LONG, text, &status));
	assert_string_equal(text, "last\n");
}

/* We sleep while it does: no looks at intervals. */
static void nothing_is_polled(void **state)
{
	struct rusage before, after;
	char text[4096];
	int status;

	(void)state;
	skip_in_valgrind();
	getrusage(RUSAGE_SELF, &before);
	assert_true(run("exec >&- 2>&-; sleep 2", LONG, text, &status));
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_nvcsw - before.ru_nvcsw < 40);
}

static void a_grandchild_keeps_the_pipe_open(void **state)
{
	int64_t start = loop_now();
	char text[4096];
	int status;

	(void)state;
	assert_true(run("sleep 5 & echo $!", LONG, text, &status));
	assert_int_equal(status, 0);
	assert_true(loop_now() - start < 4000);
	assert_true(atoi(text) > 1);
	assert_int_equal(kill(atoi(text), SIGKILL), 0); /* it was left alone */
	/* One that goes on writing does not keep us either. */
	start = loop_now();
	assert_true(run("timeout 8 yes &", LONG, text, &status));
	assert_true(loop_now() - start < 4000);
}

static bool is_gone(pid_t pid)
{
	char path[64], folder[64];

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	for (int i = 0; i < 100 && readlink(path, folder, 64) >= 0; i++)
		usleep(20000);
	return readlink(path, folder, sizeof(folder)) < 0;
}

static void a_deadline_ends_all_of_them(void **state)
{
	int64_t start = loop_now(), took;
	char text[4096];
	int status;

	(void)state;
	assert_false(run("sleep 300 & echo $!; wait", 300, text, &status));
	took = loop_now() - start;
	assert_in_range(took, 300, 300 + CHILD_GRACE + 5000);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_true(is_gone(atoi(text)));
}

static void one_that_ignores_sigterm(void **state)
{
	int64_t start = loop_now();
	char text[4096];
	int status;

	(void)state;
	assert_false(run("trap '' TERM; sleep 300 & echo $!; "
			 "while :; do echo x; done",
			 300, text, &status));
	assert_true(loop_now() - start >= 300 + CHILD_GRACE);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(is_gone(atoi(text)));
	/* Its leader obeys, and somebody in its group does not. */
	assert_false(run("(trap '' TERM; exec sleep 300) & echo $!; sleep 300",
			 300, text, &status));
	assert_true(is_gone(atoi(text)));
}

static void what_cannot_be_executed_has_its_error(void **state)
{
	static const struct {
		const char *path;
		int error;
	} want[] = {{"/nonexistent", -ENOENT},
		    {"nonexistent-of-no-path", -ENOENT},
		    {"/etc/passwd", -EACCES},
		    {"/", -EACCES}};
	char *argv[] = {(char[]){"x"}, NULL};
	int before = open_descriptors();

	(void)state;
	skip_in_valgrind();
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct child_program p = {
			want[i].path,
			argv,
			argv + 1,
			{CHILD_NULL, CHILD_OUTPUT, CHILD_NULL, CHILD_CLOSED}};
		struct child c;

		assert_int_equal(child_start(&c, &p), want[i].error);
		assert_int_equal(c.pid, 0);
		assert_int_equal(c.pidfd, -1);
		assert_int_equal(c.output, -1);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	assert_int_equal(open_descriptors(), before);
}

/* For a loop: the pidfd tells, and not before the end. */
static void a_pidfd_is_readable_at_the_end(void **state)
{
	struct pollfd p = {.events = POLLIN};
	struct child c;

	(void)state;
	assert_int_equal(start_shell(&c, "exec sleep 300"), 0);
	p.fd = c.pidfd;
	assert_int_equal(poll(&p, 1, 100), 0);
	child_kill(&c, SIGTERM);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(WTERMSIG(child_finish(&c)), SIGTERM);
}

/* ---- child_run() ---- */

static void runs_a_program(void **state)
{
	static const char *const paths[] = {"/nowhere", "/bin/sh", NULL};
	const char *sh = child_find(paths);
	const char *argv[] = {sh, "-c", NULL, NULL};
	struct failure f = {0};

	(void)state;
	assert_string_equal(sh, "/bin/sh");
	argv[2] = "read a && [ \"$a\" = in ] && ! read a && [ \"$PATH\" ] &&"
		  " [ -z \"$HOME\" ] && [ $(ls /proc/self/fd | wc -l) = 4 ]";
	assert_int_equal(child_run(argv, "in\n", LONG, &f), 0);
	argv[2] = "printf 'a\\033b\\nc\\n'; exit 3";
	assert_int_equal(child_run(argv, "", LONG, &f), -1);
	assert_string_equal(f.text, "/bin/sh ended with status 3: a\\x1bb");
	f = (struct failure){0};
	argv[2] = "kill -9 $$";
	assert_int_equal(child_run(argv, "", LONG, &f), -1);
	assert_string_equal(f.text, "/bin/sh was killed by signal 9 (Killed)");
	f = (struct failure){0};
	argv[2] = "trap '' TERM; while :; do echo x; done";
	assert_int_equal(child_run(argv, "", 1000, &f), -1);
	assert_string_equal(f.text, "/bin/sh did not end within 1 s and was "
				    "killed: x");
	f = (struct failure){0};
	skip_in_valgrind();
	argv[0] = "/nowhere";
	assert_int_equal(child_run(argv, "", LONG, &f), -1);
	assert_string_equal(f.text, "/nowhere: No such file or directory");
}

/* ---- child_run_shell() ---- */

static int run_command(const char *text, int limit, struct failure *f)
{
	char *env[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"WHO=me"},
		       NULL};

	*f = (struct failure){0};
	logged[0] = '\0';
	return child_run_shell("up", text, env, limit, f);
}

static void runs_a_command(void **state)
{
	struct failure f;
	int fd = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(run_command("echo \"$WHO\" $HOME; echo b >&2; exit 0",
				     LONG, &f),
			 0);
	assert_string_equal(logged, "up: me|up: b|");
	assert_int_equal(
		run_command("cat; test -t 0 || test -z \"$(cat)\"", LONG, &f),
		0);
	/* Whatever is open here, it has three; the fourth is that of ls. */
	assert_int_equal(run_command("ls /proc/self/fd | wc -l", LONG, &f), 0);
	assert_string_equal(logged, "up: 4|");
	close(fd);
	assert_int_equal(run_command("exit 3", LONG, &f), -1);
	assert_string_equal(f.text, "the command `up' ended with status 3");
	assert_int_equal(run_command("kill -9 $$", LONG, &f), -1);
	assert_string_equal(f.text, "the command `up' was killed by signal 9 "
				    "(Killed)");
	assert_int_equal(run_command("/nonexistent", LONG, &f), -1);
	assert_string_equal(f.text, "the command `up' ended with status 127");
	assert_int_equal(run_command("exec yes", 1000, &f), -1);
	assert_string_equal(f.text, "the command `up' did not end within 1 s "
				    "and was killed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_larger_than_a_pipe),
		cmocka_unit_test(no_output),
		cmocka_unit_test(nothing_is_polled),
		cmocka_unit_test(a_grandchild_keeps_the_pipe_open),
		cmocka_unit_test(a_deadline_ends_all_of_them),
		cmocka_unit_test(one_that_ignores_sigterm),
		cmocka_unit_test(what_cannot_be_executed_has_its_error),
		cmocka_unit_test(a_pidfd_is_readable_at_the_end),
		cmocka_unit_test(runs_a_program),
		cmocka_unit_test(runs_a_command),
	};

	log_open(NULL, LOG_INFO);
	log_to(note);
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
