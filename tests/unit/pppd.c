/* SPDX-License-Identifier: ISC */
/* What is said to pppd, what it says, and how it is run: here by a script in
 * its place. */
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
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/log.h"
#include "line/pppd.h"
#include "line/pty.h"

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

/* The argument list as one line, each word between blanks. */
static const char *joined(const struct conf *conf, bool root, bool trace)
{
	static char line[16384];
	static struct pppd_args a;
	size_t n = 0;

	assert_int_equal(pppd_args(&a, conf, root, trace), 0);
	assert_null(a.v[a.n]);
	assert_string_equal(a.v[0], "pppd");
	line[n++] = ' ';
	for (size_t i = 1; i < a.n; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s ",
				      a.v[i]);
	return line;
}

static void has(const char *line, const char *words)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", words);
	if (!strstr(line, padded))
		fail_msg("no \"%s\" in%s", words, line);
}

static void has_not(const char *line, const char *words)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", words);
	if (strstr(line, padded))
		fail_msg("\"%s\" in%s", words, line);
}

static void options_of_the_machine_are_countered(void **state)
{
	static const char *const words[] = {
		"nodetach",	  "local",
		"nocrtscts",	  "asyncmap 0",
		"novj",		  "noccp",
		"nobsdcomp",	  "nodeflate",
		"nodefaultroute", "noproxyarp",
		"nopersist",	  "idle 0",
		"maxconnect 0",	  "lcp-echo-interval 0",
		"logfd 3",	  "lcp-echo-failure 0",
		"hide-password",  "ipparam sshdial:office",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		has(joined(&c, true, false), words[i]);
		has(joined(&c, false, false), words[i]);
	}
}

static void privileged_only_for_root(void **state)
{
	static const char *const words[] = {
		"noauth",
		"nolock",
		"linkname office",
		"ifname vpn0",
	};

	(void)state;
	c.interface = (char[]){"vpn0"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char first[16];

		sscanf(words[i], "%15s", first);
		has(joined(&c, true, false), words[i]);
		has_not(joined(&c, false, false), first);
	}
	c.linkname = (char[]){"other"};
	has(joined(&c, true, false), "linkname other");
}

static void addresses(void **state)
{
	const char *line;

	(void)state;
	line = joined(&c, true, false);
	has(line, "noipdefault");
	has(line, "ipcp-accept-local");
	has(line, "ipcp-accept-remote");
	assert_null(strchr(strstr(line, "sshdial:") + 8, ':'));

	c.local_address = (char[]){"192.0.2.1"};
	line = joined(&c, true, false);
	has(line, "192.0.2.1:");
	has_not(line, "ipcp-accept-local");
	has(line, "ipcp-accept-remote");

	c.remote_address = (char[]){"192.0.2.2"};
	line = joined(&c, true, false);
	has(line, "192.0.2.1:192.0.2.2");
	has_not(line, "ipcp-accept-remote");

	c.local_address = NULL;
	line = joined(&c, true, false);
	has(line, ":192.0.2.2");
	has(line, "noipdefault");
}

static void keys_become_options(void **state)
{
	const char *line = joined(&c, true, false);

	(void)state;
	has(line, "+ipv6");
	has(line, "nodefaultroute6");
	has_not(line, "noipv6");
	has_not(line, "mtu");
	has_not(line, "mru");
	has_not(line, "user");
	has_not(line, "debug");

	c.ipv6 = false;
	c.mtu = 1400;
	c.mru = 16384;
	c.ppp_user = (char[]){"a b"};
	line = joined(&c, false, false);
	has(line, "noipv6");
	has_not(line, "+ipv6");
	has(line, "mtu 1400");
	has(line, "mru 16384");
	has(line, "user a b");
}

static void the_far_end_authenticates(void **state)
{
	(void)state;
	c.peer_auth = PEER_AUTH_PAP;
	has(joined(&c, true, false), "require-pap");
	has_not(joined(&c, true, false), "noauth");
	has(joined(&c, false, false), "require-pap");
	c.peer_auth = PEER_AUTH_CHAP;
	has(joined(&c, true, false), "require-chap");
	has_not(joined(&c, true, false), "noauth");
}

static void traces(void **state)
{
	(void)state;
	has(joined(&c, true, true), "debug");
	c.log_level = LOG_DEBUG;
	has(joined(&c, true, false), "debug");
}

static void options_of_the_admin_come_last(void **state)
{
	struct pppd_args a;

	(void)state;
	c.pppd_option.n = 2;
	c.pppd_option.v[0] = (char[]){"  auth \t user \"a  b\" "};
	c.pppd_option.v[1] = (char[]){"set A=\\\"x\\\\ \"\""};
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	assert_string_equal(a.v[a.n - 6], "auth");
	assert_string_equal(a.v[a.n - 5], "user");
	assert_string_equal(a.v[a.n - 4], "a  b");
	assert_string_equal(a.v[a.n - 3], "set");
	assert_string_equal(a.v[a.n - 2], "A=\"x\\");
	assert_string_equal(a.v[a.n - 1], "");
}

static void open_quote(void **state)
{
	struct pppd_args a;

	(void)state;
	c.pppd_option.n = 1;
	c.pppd_option.v[0] = (char[]){"user \"a b"};
	assert_int_equal(pppd_args(&a, &c, true, false), -EINVAL);
}

static void too_many_words(void **state)
{
	static char many[2 * 200], big[CONF_LIST_MAX][1000];
	struct pppd_args a;
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? ' ' : 'x';
	c.pppd_option.n = 1;
	c.pppd_option.v[0] = many;
	assert_int_equal(pppd_args(&a, &c, true, false), -E2BIG);
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_PPPD_OPTIONS);

	c.pppd_option.n = CONF_LIST_MAX;
	for (size_t i = 0; i < CONF_LIST_MAX; i++) {
		memset(big[i], 'x', sizeof(big[i]) - 1);
		c.pppd_option.v[i] = big[i];
	}
	assert_int_equal(pppd_args(&a, &c, true, false), -E2BIG);
}

/* Exactly as many as there is room for, with none for pppd_check()'s own. */
static void just_so_many_words(void **state)
{
	struct pppd_args a;
	char many[2 * PPPD_ARGS_MAX], why[200];
	size_t n;

	(void)state;
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	n = PPPD_ARGS_MAX - a.n;
	for (size_t i = 0; i < 2 * n; i++)
		many[i] = i % 2 ? ' ' : 'x';
	many[2 * n] = '\0';
	c.pppd_option.n = 1;
	c.pppd_option.v[0] = many;
	assert_int_equal(pppd_args(&a, &c, true, false), 0);
	assert_int_equal(a.n, PPPD_ARGS_MAX);
	assert_null(a.v[PPPD_ARGS_MAX]);
	assert_int_equal(pppd_check(&c, true, why, sizeof(why)),
			 REASON_PPPD_OPTIONS);
}

static void log_lines(void **state)
{
	static const struct {
		const char *line;
		enum pppd_event event;
		const char *value;
	} cases[] = {
		{"Using interface ppp0", PPPD_INTERFACE, "ppp0"},
		{"Connect: ppp0 <--> /dev/pts/3", PPPD_CONNECT, ""},
		{"local  IP address 192.168.45.2", PPPD_LOCAL, "192.168.45.2"},
		{"remote IP address 192.168.45.1", PPPD_REMOTE, "192.168.45.1"},
		{"local  LL address fe80::1c:2", PPPD_LOCAL6, "fe80::1c:2"},
		{"remote LL address fe80::1", PPPD_REMOTE6, "fe80::1"},
		{"Connection terminated.", PPPD_DOWN, ""},
		{"LCP terminated by peer (Peer not responding)", PPPD_DOWN, ""},
		{"LCP terminated by peer", PPPD_DOWN, ""},
		{"Modem hangup", PPPD_DOWN, ""},
		{"sent [LCP ConfReq id=0x1 <asyncmap 0x0>]", PPPD_DEBUG, ""},
		{"rcvd [LCP ConfAck id=0x1 <asyncmap 0x0>]", PPPD_DEBUG, ""},
		{"sent [IPCP ConfReq id=0x1 <addr 0.0.0.0>]", PPPD_LCP_UP, ""},
		{"sent [IPV6CP ConfReq id=0x1]", PPPD_LCP_UP, ""},
		{"sent [PAP AuthReq id=0x1 user=\"x\"]", PPPD_LCP_UP, ""},
		{"sent [CHAP Response id=0x1]", PPPD_LCP_UP, ""},
		{"rcvd [IPCP ConfReq id=0x1]", PPPD_DEBUG, ""},
		{"sent [IPCP ConfAck id=0x1]", PPPD_DEBUG, ""},
		{"PAP authentication succeeded", PPPD_OTHER, ""},
		{"Using interface", PPPD_OTHER, ""},
		{"Using interface ", PPPD_INTERFACE, ""},
		{" Connect: ppp0", PPPD_OTHER, ""},
		{"", PPPD_OTHER, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char value[64] = "before";

		if (pppd_line(cases[i].line, value, sizeof(value)) !=
		    cases[i].event)
			fail_msg("\"%s\"", cases[i].line);
		assert_string_equal(value, cases[i].value);
	}
}

static void log_value_is_cut(void **state)
{
	char value[5];

	(void)state;
	assert_int_equal(pppd_line("local  IP address 192.168.45.2", value,
				   sizeof(value)),
			 PPPD_LOCAL);
	assert_string_equal(value, "192.");
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
			 REASON_ASKED);
	assert_string_equal(why, "");
	assert_int_equal(
		check("yes x | head -c 1000000 >&2; exit 0", why, sizeof(why)),
		REASON_ASKED);
	assert_int_equal(check("sleep 10 & exit 0", why, sizeof(why)),
			 REASON_ASKED); /* a child with the log open */
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
	int master, slave, log, status;
	sigset_t set, old;
	char want[64], got[32] = "";
	const char *said, *ignored;
	pid_t pid;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	setenv("SECRET", "x", 1);
	stand_in("cat /proc/self/status | grep -E '^Sig(Blk|Ign)' >&3\n"
		 "ls /proc/self/fd | tr '\\n' ' ' >&2\n"
		 "cut -d' ' -f1,5 /proc/$$/stat >&3\n"
		 "env >&3\n"
		 "echo line\n");
	assert_int_equal(pty_open(&master, &slave), 0);
	pid = pppd_start(&c, false, false, slave, &log);
	assert_true(pid > 0);
	assert_true(fcntl(log, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(log, F_GETFD) & FD_CLOEXEC);
	close(slave);
	said = read_log(log);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(master, got, sizeof(got)), 5);
	assert_string_equal(got, "line\n");

	assert_non_null(strstr(said, "SigBlk:\t0000000000000000\n"));
	/* glibc leaves 32 and 33, its own, ignored. */
	ignored = strstr(said, "SigIgn:\t");
	assert_non_null(ignored);
	assert_int_equal(strtoull(ignored + 8, NULL, 16) & 0x7fffffff, 0);
	assert_non_null(strstr(said, "\n0 1 2 3 4 ")); /* 4: that of ls */
	assert_null(strstr(said, "\n0 1 2 3 4 5"));
	snprintf(want, sizeof(want), "%d %d\n", pid, pid);
	assert_non_null(strstr(said, want));
	assert_non_null(strstr(said, "PATH="));
	assert_null(strstr(said, "SECRET"));
	close(log);
	close(master);
	close(leak);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void start_fails_at_once(void **state)
{
	int master, slave, log = -1;

	(void)state;
	skip_in_valgrind();
	assert_int_equal(pty_open(&master, &slave), 0);
	c.pppd = (char[]){"/nonexistent/pppd"};
	assert_int_equal(pppd_start(&c, true, false, slave, &log), -ENOENT);
	c.pppd = (char[]){"/etc/passwd"};
	assert_int_equal(pppd_start(&c, true, false, slave, &log), -EACCES);
	assert_int_equal(log, -1);
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
		TEST(options_of_the_machine_are_countered),
		TEST(privileged_only_for_root),
		TEST(addresses),
		TEST(keys_become_options),
		TEST(the_far_end_authenticates),
		TEST(traces),
		TEST(options_of_the_admin_come_last),
		TEST(open_quote),
		TEST(too_many_words),
		TEST(just_so_many_words),
		TEST(log_lines),
		TEST(log_value_is_cut),
		TEST(checks_by_a_dry_run),
		TEST(says_why_not),
		TEST(no_pppd_to_run),
		TEST(starts_with_nothing_inherited),
		TEST(start_fails_at_once),
	};

	return cmocka_run_group_tests_name("pppd", tests, make_script,
					   remove_script);
}
