/* SPDX-License-Identifier: ISC */
/* route/apply.h on a kernel: what it sets, undoes, leaves alone, refuses. */
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "route/apply.h"
#include "route/ledger.h"
#include "route/netlink.h"
#include <cmocka.h> /* behind failure.h, whose fail() is another */
#include "routes_common.h"

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
	assert_int_equal(access(LEDGER, F_OK), -1);
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

/* ---- fail-closed ---- */

static void test_closed(void **state)
{
	static char before[TEXT], after[TEXT], kept[TEXT];
	struct conf *c = conf_of("office", CLOSED);

	(void)state;
	snapshot(before);
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	says(ROUTES4 "| sort -r",
	     "unreachable default table 8300 metric 4294967294\n"
	     "unreachable 172.16.0.0/12 table 77 metric 4294967294\n"
	     "default dev ppp0 table 8300 scope link\n"
	     "172.16.0.0/12 dev ppp0 table 77 scope link\n");
	/* made in this order: what catches, what leads there, the routes */
	says("cut -d' ' -f1,2 " LEDGER " | uniq",
	     "slot 0\nunreachable 4\nrule 4\nunreachable 6\nthrow 6\nrule 6\n"
	     "route 4\n");
	/* IPv6 is caught before it is up */
	says(RULES6, ACCOUNT MAIN TABLE);
	says(ROUTES6 "| sort -r",
	     "unreachable default dev lo table 8300 metric 4294967294\n"
	     "throw fd07::/16 dev lo table 8300 metric 1\n");
	sets(c, "ppp0", AF_INET6);
	says("ip -6 -o addr show dev ppp0 scope global | "
	     "sed 's/.*inet6 //; s/ .*//'",
	     "fd66::1/64\n");
	says("ip -6 route show fd67::2 | sed 's/ *pref.*//'",
	     "fd67::2 dev ppp0 proto 83 metric 1024\n");
	says("ip route get 10.99.0.1 | sed -n 's/.* \\(dev [^ ]*\\).*/\\1/p'",
	     "dev ppp0\n");

	/* the interface goes down and away, the line is held, comes back */
	run("ip link set ppp0 down");
	says("ip route get 10.99.0.1 2>&1",
	     "RTNETLINK answers: No route to host\n");
	says("ip route get 2001:db8::1 2>&1",
	     "RTNETLINK answers: No route to host\n");
	undoes("office", ROUTES_INET);
	undoes("office", ROUTES_INET6);
	undoes("office", ROUTES_HELD);
	undoes("office", ROUTES_OPEN);
	says(RULES4, ACCOUNT GATE MAIN TABLE);
	says(RULES6, ACCOUNT MAIN TABLE);
	says("ip route get 10.99.0.1 2>&1",
	     "RTNETLINK answers: No route to host\n");
	says("cut -d' ' -f1,2 " LEDGER " | uniq",
	     "slot 0\nunreachable 4\nrule 4\nunreachable 6\nthrow 6\nrule 6\n");
	remove_link("ppp0");
	snapshot(kept);
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	remove_link("ppp0");
	undoes("office", ROUTES_OPEN);
	assert_string_equal(kept, snapshot(after));
	/* The words of version 0.1: its ledger is undone after an upgrade. */
	run("sed -i 's/^unreachable /twin /; s/ until-end$/ kept/; "
	    "s/ until-held$/ open/' " LEDGER " && grep -q ^twin " LEDGER);
	undoes("office", ROUTES_OPEN);
	assert_string_equal(kept, snapshot(after));
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));
	assert_false(routes_left("office"));
}

/* The route of a packet, as the kernel says now: 'o' outside, 't' the tunnel,
 * 'n' none. */
static char route_of(struct netlink *n, const char *address)
{
	struct netlink_flow flow = {
		.address = address, .port = 9, .uid = (uid_t)-1};
	struct netlink_route route;

	assert_int_equal(netlink_find_route(n, &flow, &route), 0);
	if (!route.found)
		return 'n';
	return route.ifindex == (int)if_nametoindex("eth0") ? 'o' : 't';
}

static void on_change(void *arg)
{
	(void)arg;
}

/* Negotiations anew, an end of pppd, holds; what the hook does each time. */
static void renegotiate(const struct conf *c)
{
	for (int i = 0; i < 15; i++) {
		undoes("office", ROUTES_HELD);
		if (i % 3 == 1)
			remove_link("ppp0");
		else
			run("ip link set ppp0 down && "
			    "ip addr flush dev ppp0");
		undoes("office", ROUTES_INET);
		undoes("office", ROUTES_INET6);
		if (i % 3 == 1)
			add_link("ppp0", 1);
		else
			run("ip link set ppp0 up && ip addr add 192.168.45.1 "
			    "peer 192.168.45.2 dev ppp0");
		sets(c, "ppp0", AF_INET);
		sets(c, "ppp0", AF_INET6);
	}
	_exit(0);
}

static void test_no_leak(void **state)
{
	static const struct netlink_calls calls = {on_change, on_change};
	struct conf *c = conf_of("office", CLOSED);
	long seen[256] = {0};
	struct netlink n;
	struct loop loop;
	sigset_t none;
	int status;
	pid_t pid;

	(void)state;
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	pid = fork();
	if (!pid)
		renegotiate(c);
	sigemptyset(&none);
	assert_int_equal(loop_init(&loop, &none, NULL, NULL), 0);
	assert_int_equal(netlink_open(&n, &loop, &calls, NULL), 0);
	while (!waitpid(pid, &status, WNOHANG)) {
		seen[(int)route_of(&n, "10.99.0.1")]++;
		seen[(int)route_of(&n, "2001:db8::1")]++;
	}
	assert_int_equal(status, 0);
	print_message("%ld by the tunnel, %ld nowhere, %ld outside\n",
		      seen['t'], seen['n'], seen['o']);
	assert_int_equal(seen['o'], 0);
	assert_true(seen['t'] > 100 && seen['n'] > 100);
	undoes("office", ROUTES_ALL);
	assert_int_equal(route_of(&n, "10.99.0.1"), 'o');
	assert_int_equal(route_of(&n, "2001:db8::1"), 'o');
	netlink_close(&n);
	loop_close(&loop);
}

/* What was kept is open once the configuration says so, and no rule of it is
 * missing meanwhile. */
static void test_reopened(void **state)
{
	struct conf *c = conf_of("office", FULL "fail-closed yes\n");

	(void)state;
	add_link("ppp0", 1);
	sets(c, "ppp0", AF_INET);
	c = conf_of("office", FULL);
	sets(c, "ppp0", AF_INET);
	says(RULES4, ACCOUNT GATE MAIN TABLE);
	says(RULES6, "");
	says("ip -4 route show table all type unreachable", "");
	undoes("office", ROUTES_HELD);
	says(RULES4, "");
	undoes("office", ROUTES_ALL);
}

/* What cannot be set is no way outside. */
static void test_closed_failed(void **state)
{
	static char before[TEXT], after[TEXT];
	struct conf *c = conf_of("office", FULL "dns 10.99.0.53\n"
						"fail-closed yes\n");
	struct failure f = {0};

	(void)state;
	add_link("pp+0", 1); /* a name that no resolver takes */
	snapshot(before);
	assert_int_equal(routes_set(c, link_on("pp+0"), AF_INET, &f), -1);
	assert_non_null(strstr(f.text, "interface"));
	says(RULES4, ACCOUNT GATE MAIN TABLE);
	says("ip route get 10.99.0.1 2>&1",
	     "RTNETLINK answers: No route to host\n");
	says("grep -c '^dns\\|^route' " LEDGER, "0\n");
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));
	remove_link("pp+0");
}

static void test_server_moves(void **state)
{
	struct conf *c = conf_of("office", FULL "fail-closed yes\n");
	struct route_link l;
	struct failure f = {0};

	(void)state;
	add_link("ppp0", 1);
	l = *link_on("ppp0");
	sets(c, "ppp0", AF_INET);
	l.server = "fd01::77%eth0";
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	says(RULES4, ACCOUNT MAIN TABLE);
	says(RULES6,
	     ACCOUNT "8400:\tfrom all to fd01::77 ipproto tcp dport 22 lookup "
		     "main proto 83\n" MAIN TABLE);
	undoes("office", ROUTES_ALL);

	/* a prefix that the server's address is in */
	c = conf_of("office", SERVER "route 10.0.0.0/7\n");
	l.server = "12.0.0.1";
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	says(RULES4, "");
	l.server = "11.9.0.1";
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	says(RULES4, ACCOUNT GATE TABLE);
	says(ROUTES4, "10.0.0.0/7 dev ppp0 table 8300 scope link\n");
	c = conf_of("office", FULL);
	l.server = "nowhere";
	assert_int_equal(routes_set(c, &l, AF_INET, &f), -1);
	assert_non_null(strstr(f.text, "nowhere"));
	undoes("office", ROUTES_ALL);
}

/* A hook that has waited may find another link behind the name of its own. */
static void test_other_interface(void **state)
{
	struct conf *c = conf_of("office", SERVER "route 10.8.0.0/16\n");
	struct route_link l;
	struct failure f = {0};

	(void)state;
	add_link("ppp0", 1);
	l = *link_on("ppp0");
	remove_link("ppp0");
	assert_int_equal(routes_set(c, &l, AF_INET, &f), -1);
	add_link("ppp0", 1);
	assert_int_equal(routes_set(c, &l, AF_INET, &f), -1);
	assert_non_null(strstr(f.text, "there is no interface ppp0"));
	says(ROUTES4, "");
	assert_false(routes_left("office"));
	assert_int_equal(routes_set(c, link_on("ppp0"), AF_INET, &f), 0);
}

/* ---- two users who call the same peer ---- */

static uid_t calls; /* who calls now */

static bool is_called(const char *peer, uid_t uid)
{
	assert_string_equal(peer, "office");
	return uid == calls;
}

static void test_callers(void **state)
{
	const struct routes_caller root = {0, is_called},
				   carol = {1000, is_called},
				   nobody = {(uid_t)-1, is_called};
	struct conf *c = conf_of("office", SERVER "route 10.8.0.0/16\n");
	struct route_link l;
	struct failure f = {0};

	(void)state;
	add_link("ppp0", 1);
	l = *link_on("ppp0");
	l.caller = &carol;
	calls = 1000;
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	says("head -n 1 " LEDGER, "slot 0 user 1000\n");
	l.caller = &root;
	assert_int_equal(routes_set(c, &l, AF_INET, &f), -1);
	assert_non_null(strstr(f.text, "user 1000 calls office"));
	assert_int_equal(routes_undo("office", &root, ROUTES_ALL, &f), 1);
	assert_int_equal(routes_undo("office", &nobody, ROUTES_ALL, &f), 1);
	says(ROUTES4, "10.8.0.0/16 dev ppp0 scope link\n");
	calls = 0; /* hers was killed */
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	says("head -n 1 " LEDGER, "slot 0\n");
	assert_int_equal(routes_undo("office", &carol, ROUTES_ALL, &f), 1);
	says(ROUTES4, "10.8.0.0/16 dev ppp0 scope link\n");
	calls = 1;
	assert_int_equal(routes_undo("office", &nobody, ROUTES_ALL, &f), 0);
	says(ROUTES4, "");
	assert_false(routes_left("office"));
}

/* What root's call has set is not touched on a user's word, also if root's
 * call was killed; another user's is not undone. */
static void test_roots_ledger(void **state)
{
	const struct routes_caller root = {0, is_called},
				   carol = {1000, is_called},
				   dave = {1001, is_called};
	struct conf *c = conf_of("office", SERVER "route 10.8.0.0/16\n"
						  "fail-closed yes\n");
	struct route_link l;
	struct failure f = {0};

	(void)state;
	add_link("ppp0", 1);
	l = *link_on("ppp0");
	calls = 1; /* nobody of these */
	l.caller = &root;
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	assert_int_equal(routes_undo("office", &root, ROUTES_OPEN, &f), 0);
	run("cp " LEDGER " /run/before");
	l.caller = &carol;
	assert_int_equal(routes_set(c, &l, AF_INET, &f), -1);
	assert_non_null(strstr(f.text, "of an earlier call of user 0"));
	assert_int_equal(routes_undo("office", &carol, ROUTES_ALL, &f), 1);
	assert_int_equal(routes_undo("office", &carol, ROUTES_INET, &f), 1);
	run("cmp " LEDGER " /run/before");
	assert_int_equal(routes_undo("office", &root, ROUTES_ALL, &f), 0);
	f = (struct failure){0};
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	assert_int_equal(routes_undo("office", &dave, ROUTES_ALL, &f), 1);
	l.caller = &dave; /* carol's call was killed, and dave may call too */
	f = (struct failure){0};
	assert_int_equal(routes_set(c, &l, AF_INET, &f), 0);
	assert_int_equal(routes_undo("office", &carol, ROUTES_ALL, &f), 1);
	assert_int_equal(routes_undo("office", &dave, ROUTES_ALL, &f), 0);
	assert_false(routes_left("office"));
}

/* ---- others ---- */

static void test_foreign(void **state)
{
	static char before[TEXT], after[TEXT];
	struct conf *c =
		conf_of("office", SERVER "route 10.0.0.0/8\n"
					 "route fd55::/32\n"
					 "route-exclude 10.1.0.0/16\n"
					 "local-address6 fd66::1/64\n");

	(void)state;
	add_link("ppp0", 1);
	run("ip addr add fd66::1/64 dev ppp0 nodad");
	run("ip route add 10.0.0.0/8 dev ppp0");
	run("ip -6 route add fd55::/32 dev ppp0 metric 1024");
	run("ip route add 10.0.0.0/8 dev eth0 table 8301");
	run("ip rule add pref 8600 lookup 8300");
	snapshot(before);
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	/* tables that somebody's rule or route has are not free */
	says(RULES4 "| tail -n 1", "8602:\tfrom all lookup 8302 proto 83\n");
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));

	/* the same prefix, and no table of ours */
	c = conf_of("office", SERVER "route 10.0.0.0/8\nroute fd55::/32\n");
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	says("ip route show 10.0.0.0/8 | sed 's/ *$//'",
	     "10.0.0.0/8 dev ppp0 scope link\n"
	     "10.0.0.0/8 dev ppp0 proto 83 scope link\n");
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));
}

static void test_two_peers(void **state)
{
	static const char text[] = SERVER "ipv6 yes\nroute default metric 5\n"
					  "fail-closed yes\n";
	static char before[TEXT], after[TEXT], one[TEXT];
	struct conf *office = conf_of("office", text);
	struct conf *branch = conf_of("branch", text);

	(void)state;
	add_link("ppp0", 1);
	add_link("ppp1", 5);
	snapshot(before);
	sets(branch, "ppp1", AF_INET);
	snapshot(one);
	sets(office, "ppp0", AF_INET);
	says(RULES4 "| grep -c 'lookup 830'", "2\n");
	says("ip route get 10.99.0.1 | sed -n 's/.* \\(dev [^ ]*\\).*/\\1/p'",
	     "dev ppp1\n");
	undoes("office", ROUTES_ALL);
	assert_string_equal(one, snapshot(after));
	sets(office, "ppp0", AF_INET);
	undoes("branch", ROUTES_ALL);
	undoes("office", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));

	/* the same prefix and metric in table main: the first one wins */
	office = conf_of("office", SERVER "route 172.20.0.0/16 metric 5\n");
	branch = conf_of("branch", SERVER "route 172.20.0.0/16 metric 5\n");
	sets(office, "ppp0", AF_INET);
	sets(branch, "ppp1", AF_INET);
	says("ip route show 172.20.0.0/16 | sed 's/ proto.*//'",
	     "172.20.0.0/16 dev ppp0\n172.20.0.0/16 dev ppp1\n");
	undoes("office", ROUTES_ALL);
	says("ip route show 172.20.0.0/16 | sed 's/ proto.*//'",
	     "172.20.0.0/16 dev ppp1\n");
	undoes("branch", ROUTES_ALL);
	assert_string_equal(before, snapshot(after));
}

/* ---- how long it takes ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_many(void **state)
{
	static char text[100000], before[TEXT], after[TEXT];
	double start, set, undone;
	char words[200];
	struct conf *c;
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), SERVER "ipv6 yes\n");
	for (int i = 0; i < 1000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "route 10.%d.%d.0/24\n"
				      "route fd55:%x::/32\n",
				      i / 250, i % 250, i);
	c = conf_of("office", text);
	add_link("ppp0", 1);
	snapshot(before);
	start = seconds();
	sets(c, "ppp0", AF_INET);
	sets(c, "ppp0", AF_INET6);
	set = seconds();
	says(ROUTES4 "| wc -l", "1000\n");
	says(ROUTES6 "| wc -l", "1000\n");
	assert_string_equal(routes_words("office", words, sizeof(words)),
			    "1000 IPv4 routes, 1000 IPv6 routes");
	undone = seconds();
	undoes("office", ROUTES_ALL);
	undone = seconds() - undone;
	print_message("2000 routes set in %.0f ms, undone in %.0f ms\n",
		      (set - start) * 1000, undone * 1000);
	assert_string_equal(before, snapshot(after));
}

/* ---- refusals ---- */

static void refuses(const char *more, const char *local, const char *remote,
		    const char *expected)
{
	struct route_link l = *link_on("ppp0");
	char text[400], why[300] = "";
	struct conf *c;

	snprintf(text, sizeof(text), SERVER "%s", more);
	c = conf_of("office", text);
	l.local = local;
	l.remote = remote;
	assert_int_equal(routes_refused(c, &l, why, sizeof(why)),
			 expected != NULL);
	if (expected && !strstr(why, expected))
		fail_msg("%s", why);
}

static void test_refused(void **state)
{
	(void)state;
	add_link("ppp0", 1);
	run("ip route add 10.20.0.0/16 via 10.1.0.2");
	run("ip route add 10.30.0.0/16 dev eth0 proto 83");
	refuses("", "192.168.45.1", "192.168.45.2", NULL);
	refuses("", "192.168.45.1", "11.9.0.1", "the server's own");
	refuses("", "192.168.45.1", "10.64.64.64", "invented");
	refuses("", "192.168.45.1", "10.112.112.113", "invented");
	refuses("remote-address 10.64.64.64\n", "192.168.45.1", "10.64.64.64",
		NULL);
	refuses("", "10.1.0.1", "192.168.45.2", "on eth0");
	refuses("", "192.168.45.1", "10.1.0.1", "on eth0");
	refuses("", "192.168.45.1", "10.20.3.4", "10.20.0.0/16 dev eth0");
	refuses("remote-address 10.20.3.4\n", "192.168.45.1", "10.20.3.4",
		NULL);
	refuses("", "192.168.45.1", "10.30.3.4", NULL); /* of a peer of ours */
	refuses("", "fe80::1", "fe80::2", NULL);
	refuses("local-address6 fd01::1/64\n", "fe80::1", "fe80::2", "on eth0");
	refuses("local-address6 fd66::1/64\nremote-address6 fd01::1\n",
		"fe80::1", "fe80::2", "on eth0");
	refuses("local-address6 fd66::1/64\nremote-address6 fd66::2\n",
		"fe80::1", "fe80::2", NULL);
}

/* With an argument, the tests of that name or pattern alone. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_split),
		ON_MACHINE(test_full),
		ON_MACHINE(test_closed),
		ON_MACHINE(test_no_leak),
		ON_MACHINE(test_reopened),
		ON_MACHINE(test_server_moves),
		ON_MACHINE(test_other_interface),
		ON_MACHINE(test_callers),
		ON_MACHINE(test_roots_ledger),
		ON_MACHINE(test_foreign),
		ON_MACHINE(test_two_peers),
		ON_MACHINE(test_many),
		ON_MACHINE(test_refused),
		ON_MACHINE(test_closed_failed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
