/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/util.h"

static char dir[64], file[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sshdial-util.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/file", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void write_file(const void *bytes, size_t len, mode_t mode)
{
	int fd;

	unlink(file);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, len), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Reads the file; where that works, checks its content. */
static int reads(enum file_trust trust, size_t max, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	int r = file_read(file, trust, max, &text, &len);

	if (r) {
		assert_null(text);
		return r;
	}
	assert_int_equal(len, strlen(expected));
	assert_string_equal(text, expected);
	free(text);
	return 0;
}

static const char *explained(enum file_trust trust, int error)
{
	static char out[400];

	return file_explain(file, trust, error, out, sizeof(out));
}

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(reads(FILE_ANY, 9, ""), -ENOENT);
	write_file("", 0, 0600);
	assert_int_equal(reads(FILE_ANY, 0, ""), 0);
	write_file("hello", 5, 0600);
	assert_int_equal(reads(FILE_SECRET, 5, "hello"), 0);
	assert_int_equal(reads(FILE_SECRET, 4, ""), -EFBIG);
	assert_non_null(strstr(explained(FILE_ANY, -EFBIG), "too large"));
	unlink(file);
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		int guarded, secret;
	} cases[] = {
		{0600, 0, 0},		{0400, 0, 0},
		{0640, 0, -EPERM},	{0644, 0, -EPERM},
		{0601, 0, -EPERM},	{0664, -EPERM, -EPERM},
		{0602, -EPERM, -EPERM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file("x", 1, cases[i].mode);
		assert_int_equal(reads(FILE_ANY, 9, "x"), 0);
		assert_int_equal(reads(FILE_GUARDED, 9, "x"), cases[i].guarded);
		assert_int_equal(reads(FILE_SECRET, 9, "x"), cases[i].secret);
	}
	write_file("x", 1, 0664);
	assert_non_null(strstr(explained(FILE_GUARDED, -EPERM),
			       "writable by group or others (mode 0664); "
			       "run chmod go-w /tmp/sshdial-util."));
	assert_non_null(strstr(explained(FILE_SECRET, -EPERM),
			       "accessible by group or others (mode 0664); "
			       "run chmod go= /tmp/sshdial-util."));
	unlink(file);
}

static void test_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("x", 1, 0600);
	assert_int_equal(chown(file, 12345, -1), 0);
	assert_int_equal(reads(FILE_ANY, 9, "x"), 0);
	assert_int_equal(reads(FILE_GUARDED, 9, "x"), -EPERM);
	assert_non_null(strstr(explained(FILE_GUARDED, -EPERM),
			       "belongs to user 12345, not to root"));
	unlink(file);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(reads(FILE_ANY, 9, ""), -EINVAL);
	unlink(file);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(reads(FILE_ANY, 9, ""), -EINVAL);
	assert_non_null(strstr(explained(FILE_ANY, -EINVAL), "regular"));
	rmdir(file);
	assert_int_equal(symlink("/dev/zero", file), 0);
	assert_int_equal(reads(FILE_ANY, 9, ""), -EINVAL);
	unlink(file);
	assert_int_equal(symlink("file", file), 0);
	assert_int_equal(reads(FILE_ANY, 9, ""), -ELOOP);
	unlink(file);
}

static void test_nonblock(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_nonblock(fds[0], true), 0);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_nonblock(fds[0], false), 0);
	assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fd_nonblock(fds[1], true), -EBADF);
}

/* A full pipe whose reader is slow. */
static void test_write_all(void **state)
{
	static char big[1 << 20], got[1 << 20];
	size_t used = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_nonblock(fds[1], true), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(fd_write_all(fds[1], big, sizeof(big)) ? 1 : 0);
	close(fds[1]);
	while ((n = read(fds[0], got + used, sizeof(got) - used)) > 0)
		used += n;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(used, sizeof(big));
	assert_memory_equal(got, big, sizeof(big));
	close(fds[0]);
	assert_int_equal(fd_write_all(fds[0], "x", 1), -EBADF);
}

static void test_expand(void **state)
{
	char out[33];

	(void)state;
	setenv("HOME", "/home/tester", 1);
	assert_int_equal(path_expand("~/.ssh/id", out, sizeof(out)), 0);
	assert_string_equal(out, "/home/tester/.ssh/id");
	assert_int_equal(path_expand("/etc/x", out, sizeof(out)), 0);
	assert_string_equal(out, "/etc/x");
	assert_int_equal(path_expand("~root/x", out, sizeof(out)), 0);
	assert_string_equal(out, "~root/x");
	assert_int_equal(path_expand("~/2345678901234567890", out, 33), 0);
	assert_int_equal(path_expand("~/2345678901234567890", out, 32),
			 -ENAMETOOLONG);
	unsetenv("HOME");
	if (geteuid() == 0) {
		assert_int_equal(path_expand("~/x", out, sizeof(out)), 0);
		assert_string_equal(out, "/root/x");
	}
}

static void test_wipe(void **state)
{
	char secret[] = "secret";

	(void)state;
	wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		assert_int_equal(secret[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_nonblock),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
