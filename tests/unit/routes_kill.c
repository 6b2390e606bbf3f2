/* SPDX-License-Identifier: ISC */
/* The ledger where things go wrong: kills, a full disk, files not of ours. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "route/apply.h"
#include "route/ledger.h"
#include <cmocka.h> /* behind failure.h, whose fail() is another */
#include "routes_common.h"

/* ---- death at the n-th step ---- */

/*
 * The calls that change anything, or write down what is to be changed: the
 * process that has armed the counter is killed at the n-th of them, before it
 * or after half of it.  It asks its parent to: memory checkers take SIGKILL
 * for an exit where a process kills itself.
 */
static long left_to_live; /* 0: for ever */
static int killer = -1;

static void step(void)
{
	if (left_to_live && !--left_to_live) {
		syscall(SYS_write, killer, "", 1);
		for (;;)
			pause();
	}
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	step();
	return syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	if (left_to_live == 1)
		syscall(SYS_write, fd, buf, len / 2);
	step();
	return syscall(SYS_write, fd, buf, len);
}

int renameat(int from, const char *old, int to, const char *new)
{
	step();
	return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int at, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, at, name, flags);
}

int ftruncate(int fd, off_t len)
{
	step();
	return (int)syscall(SYS_ftruncate, fd, len);
}

/* ---- kills, a full disk, ledgers that are not ours ---- */

/* A whole life of a link. */
static void live(const struct conf *c)
{
	struct failure f = {0};

	routes_set(c, link_on("ppp0"), AF_INET, &f);
	routes_set(c, link_on("ppp0"), AF_INET6, &f);
	routes_undo("office", NULL, ROUTES_INET, &f);
	routes_undo("office", NULL, ROUTES_HELD, &f);
	routes_set(c, link_on("ppp0"), AF_INET, &f);
	routes_undo("office", NULL, ROUTES_OPEN, &f);
	routes_undo("office", NULL, ROUTES_ALL, &f);
	_exit(failure_is_set(&f) ? 1 : 0);
}

/* True where it was killed. */
static bool killed_at(const struct conf *c, long n)
{
	int status, fd[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		left_to_live = n;
		killer = fd[1];
		live(c);
	}
	close(fd[1]);
	if (read(fd[0], &byte, 1) == 1)
		kill(pid, SIGKILL);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

static void kill_at_each(const char *text)
{
	static char before[TEXT], after[TEXT];
	struct conf *c = conf_of("office", text);
	static char bare[TEXT];
	long n = 1;

	snapshot(bare);
	add_link("ppp0", 1);
	snapshot(before);
	for (; killed_at(c, n); n++) {
		if (n % 3 == 1) /* the next start goes on from there */
			sets(c, "ppp0", AF_INET);
		undoes("office", ROUTES_ALL);
		if (strcmp(before, snapshot(after)) != 0)
			fail_msg("killed at %ld, left\n%s", n, after);
		says("find " LEDGER_FOLDER " -type f ! -name .office.undo.lock",
		     "");
	}
	print_message("killed at %ld places\n", n - 1);
	assert_true(n > 10);
	assert_string_equal(before, snapshot(after));
	/* once more, and the interface is gone as well */
	assert_true(killed_at(c, 8));
	remove_link("ppp0");
	undoes("office", ROUTES_ALL);
	assert_string_equal(bare, snapshot(after));
}

static void test_killed_open(void **state)
{
	(void)state;
	kill_at_each(FULL "route 10.0.0.0/8\nlocal-address6 fd66::1/64\n");
}

static void test_killed_closed(void **state)
{
	(void)state;
	kill_at_each(CLOSED);
}

static void test_full_disk(void **state)
{
	static char text[20000], before[TEXT], after[TEXT];
	struct conf *c;
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), SERVER);
	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "route 10.%d.%d.0/24\n", i / 100,
				      i % 100);
	c = conf_of("office", text);
	add_link("ppp0", 1);
	snapshot(before);
	assert_int_equal(umount(RUNSTATEDIR), 0);
	mount_run("mode=755,size=8k");
	assert_true(refused_set(c, "ppp0", AF_INET, "office.undo: No space"));
	assert_string_equal(before, snapshot(after));
	assert_int_equal(access(LEDGER, F_OK), -1);
}

static bool is_refused(void)
{
	struct conf *c = conf_of("office", SERVER "route 10.0.0.0/8\n");
	struct failure f = {0};

	return refused_set(c, "ppp0", AF_INET, LEDGER) &&
	       routes_undo("office", NULL, ROUTES_ALL, &f) < 0 &&
	       strstr(f.text, LEDGER) && routes_left("office");
}

static void test_hostile(void **state)
{
	static char before[TEXT], after[TEXT];
	struct conf *c = conf_of("office", SERVER "route 10.0.0.0/8\n");

	(void)state;
	add_link("ppp0", 1);
	run("ip route add 172.16.0.0/12 dev ppp0 proto 83");
	snapshot(before);
#define EVIL "route 4 172.16.0.0/12 dev ppp0 7 metric 0 table 254"
	run("mkdir " LEDGER_FOLDER " && echo 'slot 0\n" EVIL "' >/run/evil");
	run("sed -i \"s/ppp0 7/ppp0 $(ip -o link show ppp0 | cut -d: -f1)/\" "
	    "/run/evil && chmod 600 /run/evil");
	run("ln -s /run/evil " LEDGER);
	assert_true(is_refused());
	run("ln -f /run/evil " LEDGER);
	assert_true(is_refused());
	run("rm " LEDGER "; cp -p /run/evil " LEDGER "; chown 1 " LEDGER);
	assert_true(is_refused());
	run("chown 0 " LEDGER "; chmod 620 " LEDGER);
	assert_true(is_refused());
	run("chmod 600 " LEDGER "; chmod 777 " LEDGER_FOLDER);
	assert_true(is_refused());
	run("chmod 755 " LEDGER_FOLDER "; rm " LEDGER "; mkfifo " LEDGER);
	assert_true(is_refused());
	run("rm " LEDGER "; mkdir -m 700 " LEDGER);
	assert_true(is_refused());
	run("rmdir " LEDGER "; dd if=/dev/zero of=" LEDGER
	    " bs=1 count=1 seek=9M status=none; chmod 600 " LEDGER);
	assert_true(is_refused());
	assert_string_equal(before, snapshot(after));
	run("rm " LEDGER);
	/* rubbish in a file of ours is skipped, the rest is undone */
	run("{ head -c 300 /dev/urandom; echo; cat /run/evil; "
	    "echo 'route 4 10.0.0.0/8 dev'; printf 'rule 4'; } >" LEDGER
	    "; chmod 600 " LEDGER);
	sets(c, "ppp0", AF_INET);
	says("ip route show proto 83 | sed 's/ *$//'",
	     "10.0.0.0/8 dev ppp0 scope link\n");
	undoes("office", ROUTES_ALL);
	assert_false(routes_left("office"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_killed_open),
		ON_MACHINE(test_killed_closed),
		ON_MACHINE(test_full_disk),
		ON_MACHINE(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
