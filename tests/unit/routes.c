/* SPDX-License-Identifier: ISC */
/*
 * route/apply.h on a kernel: a network of its own, with two interfaces in the
 * place of ppp0 and ppp1, and a /run of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "route/apply.h"
#include "route/ledger.h"
#include <cmocka.h> /* last: its fail() is not ours */

#define LEDGER LEDGER_FOLDER "/office.undo"
#define TEXT   (1024 * 1024)

/* ---- death at the n-th step ---- */

/*
 * The calls that change anything, or write down what is to be changed: the
 * process that has armed the counter is killed at the n-th of them, before it
 * or after half of it.
 */
static long left_to_live; /* 0: for ever */

static void step(void)
{
	if (left_to_live && !--left_to_live)
		kill(getpid(), SIGKILL);
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

/* ---- the machine ---- */

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void mount_run(const char *options)
{
	assert_int_equal(mount("run", RUNSTATEDIR, "tmpfs", 0, options), 0);
}

/* A new machine for each test. */
static int setup(void **state)
{
	(void)state;
	log_open("office", LOG_ERROR);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		perror("a network and mounts of its own");
		return -1;
	}
	mount_run("mode=755");
	return system("ip link set lo up && "
		      "ip link add eth0 type veth peer name far0 && "
		      "ip link set eth0 up && ip link set far0 up && "
		      "ip addr add 10.1.0.1/24 dev eth0 && "
		      "ip addr add fd01::1/64 dev eth0 nodad && "
		      "ip route add default via 10.1.0.2 && "
		      "ip route add default via fd01::2");
}

/* A link's interface: up, with an address in each family. */
static void add_link(const char *name, int n)
{
	char line[400];

	snprintf(line, sizeof(line),
		 "ip link add %s type veth peer name peer%d && "
		 "ip link set peer%d up && ip link set %s up && "
		 "ip addr add 192.168.45.%d peer 192.168.45.%d dev %s",
		 name, n, n, name, n, n + 1, name);
	run(line);
}

static void remove_link(const char *name)
{
	char line[100];

	snprintf(line, sizeof(line), "ip link del %s", name);
	run(line);
}

/* What ip(8) says, without what the kernel does by itself meanwhile. */
static char *said(const char *command, char *out, size_t size)
{
	FILE *p = popen(command, "re");
	size_t n;

	assert_non_null(p);
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	pclose(p);
	return out;
}

static char *snapshot(char *out)
{
	return said("{ ip route show table all; ip -6 route show table all; "
		    "ip rule; ip -6 rule; ip -o addr; } 2>&1 | "
		    "sed -E 's/(expires|valid_lft).*//; /fe80|ff00/d'",
		    out, TEXT);
}

static void says(const char *command, const char *expected)
{
	static char got[TEXT];

	said(command, got, sizeof(got));
	if (strcmp(got, expected) != 0)
		fail_msg("%s says\n%sexpected\n%s", command, got, expected);
}

/* Ours alone, in the order of the kernel. */
#define ROUTES4 "ip -4 route show table all proto 83 | sed 's/ *$//'"
#define ROUTES6                                                                \
	"ip -6 route show table all proto 83 | sed 's/ pref medium//; s/ *$//'"
#define ACCOUNT "8300:\tfrom all uidrange 998-998 lookup main proto 83\n"
#define GATE                                                                   \
	"8400:\tfrom all to 10.9.0.1 ipproto tcp dport 22 lookup main "        \
	"proto 83\n"
#define MAIN  "8500:\tfrom all lookup main suppress_prefixlength 0 proto 83\n"
#define TABLE "8600:\tfrom all lookup 8300 proto 83\n"

#define RULES4 "ip rule | grep 'proto 83' | sed 's/ *$//'"
#define RULES6 "ip -6 rule | grep 'proto 83' | sed 's/ *$//'"

/* ---- the peer ---- */

static struct conf *conf_of(const char *name, const char *text)
{
	static struct conf all[2];
	static int next;
	struct conf *c = &all[next++ % 2];
	struct conf_error e;

	conf_free(c);
	assert_int_equal(conf_defaults(c, name), 0);
	if (conf_parse(c, "test", text, strlen(text), &e) || conf_finish(c, &e))
		fail_msg("%s", e.text);
	return c;
}

static const struct route_link *link_on(const char *interface)
{
	static struct route_link l;

	l = (struct route_link){.interface = interface,
				.local = "192.168.45.1",
				.remote = "192.168.45.2",
				.server = "10.9.0.1",
				.port = 22,
				.account = 998};
	return &l;
}

static void sets(const struct conf *c, const char *interface, int family)
{
	struct failure f = {0};

	if (routes_set(c, link_on(interface), family, &f) < 0)
		fail_msg("%s", f.text);
}

static void undoes(const char *peer, enum routes_part part)
{
	struct failure f = {0};

	if (routes_undo(peer, part, &f) < 0)
		fail_msg("%s", f.text);
}

#define SERVER "server gate\n"

#define FULL SERVER "ipv6 yes\nroute default\nroute-exclude 10.7.0.0/16\n"

static void test_split(void **state)
{
	static char before[TEXT], after[TEXT];
	struct conf *c = conf_of("office", SERVER "route 10.0.0.0/8\n"
						  "route 10.8.0.0/16 metric 7\n"
						  "route 10.9.0.0/16 table 77\n"
						  "route fd55::/32\n");

	(void)state;
	add_link("ppp0", 1);
	snapshot(before);
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET);
	says(ROUTES4, "10.9.0.0/16 dev ppp0 table 77 scope link\n"
		      "10.0.0.0/8 dev ppp0 scope link\n"
		      "10.8.0.0/16 dev ppp0 scope link metric 7\n");
	says(ROUTES6, "");
	sets(c, "ppp0", AF_INET6);
	says(ROUTES6, "fd55::/32 dev ppp0 metric 1024\n");
	says(RULES4, "");
	undoes("office", ROUTES_INET);
	says(ROUTES4, "");
	says(ROUTES6, "fd55::/32 dev ppp0 metric 1024\n");
	undoes("office", ROUTES_ALL);
	assert_false(routes_left("office"));
	assert_string_equal(before, snapshot(after));
	assert_int_equal(access(LEDGER_FOLDER, F_OK), -1);
	remove_link("ppp0");
}

static void test_full(void **state)
{
	static char before[TEXT], after[TEXT];
	struct conf *c = conf_of("office", FULL);

	(void)state;
	add_link("ppp0", 1);
	snapshot(before);
	sets(c, "ppp0", AF_INET);
	says(RULES4, ACCOUNT GATE MAIN TABLE);
	says(RULES6, "");
	says(ROUTES4, "default dev ppp0 table 8300 scope link\n"
		      "throw 10.7.0.0/16 table 8300\n");
	sets(c, "ppp0", AF_INET6);
	says(RULES6, ACCOUNT MAIN TABLE);
	says(ROUTES6, "default dev ppp0 table 8300 metric 1024\n");
	/* held: nothing leads into the table any more */
	undoes("office", ROUTES_HELD);
	says(RULES4, "");
	says(RULES6, "");
	says("ip route show table 8300 | wc -l", "2\n");
	sets(c, "ppp0", AF_INET);
	says(RULES4 " | wc -l", "4\n");
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));
	remove_link("ppp0");
}

#define ON_MACHINE(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_split),
		ON_MACHINE(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
