/* SPDX-License-Identifier: ISC */
/* How pppd is checked and started: a script stands in for it. */
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
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "line/pppd.h"
#include "line/pty.h"
#include <cmocka.h>
#include "pidfd.h"

static char script[] = "/tmp/sshdial-pppd-XXXXXX";
static struct conf c;

static int setup(void **state)
{
	(void)state;
	memset(&c, 0, sizeof(c));
	strcpy(c.name, "office");
	c.pppd = script;
	c.ipv6 = true;
	c.log_level = LOG_INFO;
	return 0;
}

/* Puts a shell script in pppd's place. */
static void stand_in(const char *text)
{
	int fd = open(script, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", text) > 0);
	close(fd);
}

static enum reason check(const char *text, char *why, size_t size)
{
	stand_in(text);
	return pppd_check(&c, false, why, size);
}

static void checks_by_a_dry_run(void **state)
{
	char why[512];

	(void)state;
	assert_int_equal(check("for last; do :; done; test -t 0 && test -t 1 "
			       "&& test \"$last\" = dryrun",
			       why, sizeof(why)),
			 REASON_NONE);
	assert_string_equal(why, "");
	assert_int_equal(
		check("yes x | head -c 1000000 >&2; exit 0", why, sizeof(why)),
		REASON_NONE);
	assert_int_equal(check("sleep 10 & exit 0", why, sizeof(why)),
			 REASON_NONE); /* a child with the log open */
}

static void says_why_not(void **state)
{
	char why[512];

	(void)state;
	assert_int_equal(check("echo \"Plugin x loaded.\" >&3; echo \"pppd: "
			       "unrecognized option 'x'\" >&2; echo usage >&2; "
			       "exit 2",
			       why, sizeof(why)),
			 REASON_PPPD_OPTIONS);
	assert_string_equal(
		why, "pppd refuses its options: unrecognized option 'x'");
	assert_int_equal(check("echo a\033b >&2; exit 1", why, sizeof(why)),
			 REASON_PPPD_OPTIONS);
	assert_string_equal(why, "pppd refuses its options: a\\x1bb");
	assert_int_equal(check("echo 'pppd: The remote system is required to "
			       "authenticate itself' >&2; exit 1",
			       why, sizeof(why)),
			 REASON_PPPD_OPTIONS);
	assert_non_null(strstr(why, "itself: root can put noauth into"));
	assert_int_equal(check("exit 3", why, sizeof(why)),
			 REASON_PPPD_PRIVILEGE);
	assert_int_equal(
		check("echo no /dev/ppp >&3; echo pppd: mknod >&2; exit 4", why,
		      sizeof(why)),
		REASON_NO_KERNEL_PPP);
	assert_non_null(strstr(why, "(no /dev/ppp): modprobe ppp_async"));
	assert_int_equal(check("exit 77", why, sizeof(why)), REASON_PPPD_ENDED);
	assert_non_null(strstr(why, "status 77"));
	assert_int_equal(check("kill -9 $$", why, sizeof(why)),
			 REASON_PPPD_ENDED);
	assert_non_null(strstr(why, "signal 9"));
}

/* Valgrind makes of posix_spawn(3) a fork that cannot tell its parent that
 * there was nothing to execute. */
static void skip_in_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "vgpreload"))
		skip();
}

static void no_pppd_to_run(void **state)
{
	char why[512];

	(void)state;
	skip_in_valgrind();
	c.pppd = (char[]){"/nonexistent/pppd"};
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_NO_PPPD);
	assert_non_null(strstr(why, "install the package ppp"));
	c.pppd = (char[]){"/"};
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_PPPD_PRIVILEGE);
}

/* All that the log gives until its end. */
static const char *read_log(int fd)
{
	static char text[8192];
	size_t n = 0;
	ssize_t r;

	do {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		assert_true(poll(&p, 1, 10000) > 0);
		r = read(fd, text + n, sizeof(text) - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	} while (r > 0 || (r < 0 && errno == EAGAIN));
	text[n] = '\0';
	return text;
}

static void starts_with_nothing_inherited(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	int master, slave;
	sigset_t set, old;
	char want[64], got[32] = "";
	const char *said, *ignored;
	struct child pppd;
	pid_t pid;

	(void)state;
	skip_in_valgrind(); /* it has descriptors of its own */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	setenv("SECRET", "x", 1);
	stand_in("cat /proc/self/status | grep -E '^Sig(Blk|Ign)' >&3\n"
		 "echo $(ls /proc/self/fd) >&2\n"
		 "cut -d' ' -f1,5 /proc/$$/stat >&3\n"
		 "env >&3\n"
		 "echo line\n");
	assert_int_equal(pty_open(&master, &slave), 0);
	assert_int_equal(pppd_start(&c, false, false, slave, &pppd), 0);
	pid = pppd.pid;
	assert_true(pid > 0);
	assert_true(fcntl(pppd.output, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(pppd.output, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(pppd.pidfd, F_GETFD) & FD_CLOEXEC);
	close(slave);
	said = read_log(pppd.output);
	assert_int_equal(child_finish(&pppd), 0);
	assert_int_equal(read(master, got, sizeof(got)), 5);
	assert_string_equal(got, "line\n");

	assert_non_null(strstr(said, "SigBlk:\t0000000000000000\n"));
	/* glibc leaves 32 and 33, its own, ignored. */
	ignored = strstr(said, "SigIgn:\t");
	assert_non_null(ignored);
	assert_int_equal(strtoull(ignored + 8, NULL, 16) & 0x7fffffff, 0);
	assert_non_null(strstr(said, "\n0 1 2 3 4\n")); /* 4: that of ls */
	snprintf(want, sizeof(want), "%d %d\n", pid, pid);
	assert_non_null(strstr(said, want));
	assert_non_null(strstr(said, "PATH="));
	assert_null(strstr(said, "SECRET"));
	close(master);
	close(leak);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void start_fails_at_once(void **state)
{
	struct child pppd;
	int master, slave;

	(void)state;
	skip_in_valgrind();
	assert_int_equal(pty_open(&master, &slave), 0);
	c.pppd = (char[]){"/nonexistent/pppd"};
	assert_int_equal(pppd_start(&c, true, false, slave, &pppd), -ENOENT);
	c.pppd = (char[]){"/etc/passwd"};
	assert_int_equal(pppd_start(&c, true, false, slave, &pppd), -EACCES);
	assert_int_equal(pppd.pidfd, -1);
	assert_int_equal(pppd.output, -1);
	assert_int_equal(pppd.pid, 0);
	close(master);
	close(slave);
}

static int make_script(void **state)
{
	int fd = mkstemp(script);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_script(void **state)
{
	(void)state;
	return unlink(script);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(checks_by_a_dry_run), TEST(says_why_not),
		TEST(no_pppd_to_run),	   TEST(starts_with_nothing_inherited),
		TEST(start_fails_at_once),
	};

	return cmocka_run_group_tests_name("pppd_run", tests, make_script,
					   remove_script);
}
