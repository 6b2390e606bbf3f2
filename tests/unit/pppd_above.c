/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "line/pppd_above.h"
#include <cmocka.h>
#include "conf/users.h"

/* Processes above the one that asks, from the top: a name and two users. */
struct above {
	const char *name;
	uid_t real, effective;
};

/* What the process at the bottom gets: the index of the one that is found,
 * whose user it is as well, or -1. */
static int found_below(const struct above *a, int n, const char *name)
{
	static struct pppd_above p;
	pid_t chain[8] = {0};
	int status, i = 0;
	pid_t pid = fork();

	if (pid > 0) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		return (int)(signed char)WEXITSTATUS(status);
	}
	for (; i < n; i++) {
		const gid_t groups[] = {30, 31, 4000000};

		chain[i] = getpid();
		prctl(PR_SET_NAME, a[i].name);
		if (fork()) {
			if (setgroups(3, groups) < 0 || setgid(20) < 0 ||
			    setresuid(a[i].real, a[i].effective, 0) < 0)
				_exit(100);
			wait(&status);
			_exit(WEXITSTATUS(status));
		}
	}
	usleep(200000); /* until those above have their users */
	prctl(PR_SET_NAME, "sh");
	if (pppd_above_find(&p, name) == -ENOENT)
		_exit((unsigned char)-1);
	for (i = 0; i < n; i++)
		if (chain[i] == p.pid && a[i].real == p.user && p.groups == 4 &&
		    p.group[0] == 20 && p.group[3] == 4000000)
			_exit(i);
	_exit(101);
}

static void test_found(void **state)
{
	const struct above roots[] = {{"pppd", 0, 0}, {"sh", 0, 0}},
			   users[] = {{"pppd", 1000, 0}},
			   below[] = {{"pppd", 0, 0}, {"pppd", 1000, 0}},
			   other[] = {{"pppd-2.5.2-of-op", 1001, 0}};

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(found_below(roots, 2, NULL), 0);
	assert_int_equal(found_below(users, 1, NULL), 0);
	assert_int_equal(found_below(below, 2, NULL), 1);
	assert_int_equal(found_below(other, 1, NULL), -1);
	assert_int_equal(found_below(other, 1, "/opt/pppd-2.5.2-of-opt"), 0);
}

/* Whatever the environment says. */
static void test_none(void **state)
{
	const struct above none[] = {{"sh", 0, 0}, {"xpppd", 0, 0}},
			   fake[] = {{"pppd", 1000, 1000}},
			   between[] = {{"pppd", 0, 0}, {"sh", 1000, 1000}},
			   named[] = {{"pppd", 0, 0}, {"pppd", 1000, 1000}},
			   su[] = {{"pppd", 0, 0}, {"su", 1000, 0}};

	(void)state;
	if (geteuid())
		skip();
	setenv("ORIG_UID", "0", 1);
	setenv("PPPD_PID", "1", 1);
	assert_int_equal(found_below(none, 2, NULL), -1);
	assert_int_equal(found_below(none, 2, "pppd"), -1);
	assert_int_equal(found_below(none, 2, "/usr/sbin/"), -1);
	assert_int_equal(found_below(fake, 1, NULL), -1);
	/* An orphan that a user's process has got is not root's pppd's. */
	assert_int_equal(found_below(between, 2, NULL), -1);
	assert_int_equal(found_below(named, 2, NULL), -1);
	assert_int_equal(found_below(su, 2, NULL), -1);
}

static void test_users(void **state)
{
	const gid_t root[] = {0}, two[] = {5, 0};
	struct conf c;

	(void)state;
	assert_int_equal(conf_defaults(&c, "office"), 0);
	assert_true(conf_users_allow(&c, 0, NULL, 0));
	assert_false(conf_users_allow(&c, 1000, root, 1));
	free(c.users);
	c.users = strdup("root");
	assert_true(conf_users_allow(&c, 1000, root, 1));
	assert_true(conf_users_allow(&c, 1000, two, 2));
	assert_false(conf_users_allow(&c, 1000, two, 1));
	assert_false(conf_users_allow(&c, 1000, NULL, 0));
	free(c.users);
	c.users = strdup("no-such-group");
	assert_false(conf_users_allow(&c, 1000, two, 2));
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
