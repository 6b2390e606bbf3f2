/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/command.h"
#include <cmocka.h>
#include "base/log.h"
#include "base/loop.h"

static char logged[4096];

static void note(enum log_level level, const char *text, size_t len)
{
	(void)level;
	if (strlen(logged) > sizeof(logged) - 300)
		return;
	snprintf(strchr(logged, '\0'), 200, "%.*s|", (int)len, text);
}

static int run(const char *text, struct failure *f)
{
	char *env[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"WHO=me"},
		       NULL};

	*f = (struct failure){0};
	logged[0] = '\0';
	return command_run("up", text, env, f);
}

static void test_ends(void **state)
{
	struct failure f;

	(void)state;
	assert_int_equal(run("echo \"$WHO\" $HOME; echo b >&2; exit 0", &f), 0);
	assert_string_equal(logged, "up: me|up: b|");
	assert_int_equal(run("cat; test -t 0 || test -z \"$(cat)\"", &f), 0);
	assert_int_equal(run("exit 3", &f), -1);
	assert_string_equal(f.text, "the command `up' ended with status 3");
	assert_int_equal(run("kill -9 $$", &f), -1);
	assert_string_equal(f.text, "the command `up' was killed by signal 9 "
				    "(Killed)");
	assert_int_equal(run("/nonexistent", &f), -1);
	assert_string_equal(f.text, "the command `up' ended with status 127");
}

/* Its own descriptors are the standard ones, whatever is open here. */
static void test_descriptors(void **state)
{
	struct failure f;
	int fd = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(run("ls /proc/self/fd | wc -l", &f), 0);
	assert_string_equal(logged, "up: 4|"); /* and that of ls itself */
	close(fd);
}

/* What it leaves in the background is not waited for. */
static void test_background(void **state)
{
	int64_t start = loop_now();
	struct failure f;

	(void)state;
	assert_int_equal(run("sleep 5 & echo $!", &f), 0);
	assert_true(loop_now() - start < 4000);
	assert_int_equal(run("sleep 0.2", &f), 0);
}

/* One that hangs and prints all the time ends with all that it has started. */
static void test_hangs(void **state)
{
	char pid[32], path[64], folder[64];
	int64_t start = loop_now();
	struct failure f;

	(void)state;
	assert_int_equal(run("sleep 300 & echo $!; exec yes", &f), -1);
	assert_string_equal(f.text, "the command `up' did not end within 10 s "
				    "and was killed");
	assert_true(loop_now() - start >= COMMAND_LIMIT);
	assert_int_equal(sscanf(logged, "up: %31[0-9]", pid), 1);
	snprintf(path, sizeof(path), "/proc/%s/cwd", pid);
	for (int i = 0; i < 100 && !access(path, F_OK); i++)
		usleep(20000);
	assert_int_equal(readlink(path, folder, sizeof(folder)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_hangs),
	};

	log_open(NULL, LOG_INFO);
	log_to(note);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
