/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTES_COMMON_H
#define SSHDIAL_ROUTES_COMMON_H

/*
 * What the tests of route/apply.h share: a machine for each, that is a network
 * with interfaces in the place of ppp0 and ppp1, and a /run.  cmocka.h comes
 * before.
 */

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>

#define LEDGER		 LEDGER_FOLDER "/office.undo"
#define TEXT		 (1024 * 1024) /* bytes of what ip(8) says at most */
#define ON_MACHINE(test) cmocka_unit_test_setup(test, setup)

/* ---- the machine ---- */

static inline void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static inline void mount_run(const char *options)
{
	assert_int_equal(mount("run", RUNSTATEDIR, "tmpfs", 0, options), 0);
}

/* A new machine for each test. */
static inline int setup(void **state)
{
	(void)state;
	log_open("office", LOG_ERROR);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
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
		      "ip route add default via fd01::2 && "
		      /* the kernel adds it a moment after the address */
		      "until ip -6 route show table local | "
		      "grep -q 'local fd01::1 '; do sleep 0.01; done");
}

/* A link's interface: up, with an address in each family. */
static inline void add_link(const char *name, int n)
{
	char line[400];

	snprintf(line, sizeof(line),
		 "ip link add %s type veth peer name peer%d && "
		 "ip link set peer%d up && ip link set %s up && "
		 "ip addr add 192.168.45.%d peer 192.168.45.%d dev %s",
		 name, n, n, name, n, n + 1, name);
	run(line);
}

static inline void remove_link(const char *name)
{
	char line[100];

	snprintf(line, sizeof(line), "ip link del %s", name);
	run(line);
}

/* What ip(8) says, without what the kernel does by itself meanwhile. */
static inline char *said(const char *command, char *out, size_t size)
{
	FILE *p = popen(command, "re");
	size_t n;

	assert_non_null(p);
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	pclose(p);
	return out;
}

static inline char *snapshot(char *out)
{
	return said("{ ip route show table all; ip -6 route show table all; "
		    "ip rule; ip -6 rule; ip -o addr; } 2>&1 | "
		    "sed -E 's/(expires|valid_lft).*//; /fe80|ff00/d'",
		    out, TEXT);
}

static inline void says(const char *command, const char *expected)
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
	"8400:\tfrom all to 11.9.0.1 ipproto tcp dport 22 lookup main "        \
	"proto 83\n"
#define MAIN  "8500:\tfrom all lookup main suppress_prefixlength 0 proto 83\n"
#define TABLE "8600:\tfrom all lookup 8300 proto 83\n"

#define RULES4 "ip rule | grep 'proto 83' | sed 's/ *$//'"
#define RULES6 "ip -6 rule | grep 'proto 83' | sed 's/ *$//'"

/* ---- the peer ---- */

static inline struct conf *conf_of(const char *name, const char *text)
{
	static struct conf all[2];
	static int next;
	struct conf *c = &all[next++ % 2];
	struct conf_error e;

	conf_free(c);
	assert_int_equal(conf_defaults(c, name), 0);
	if (conf_parse(c, "test", text, strlen(text), &e) ||
	    conf_validate(c, &e))
		fail_msg("%s", e.text);
	return c;
}

static inline const struct route_link *link_on(const char *interface)
{
	static struct route_link l;

	l = (struct route_link){.interface = interface,
				.ifindex = if_nametoindex(interface),
				.local = "192.168.45.1",
				.remote = "192.168.45.2",
				.server = "11.9.0.1",
				.port = 22,
				.account = 998};
	return &l;
}

static inline void sets(const struct conf *c, const char *interface, int family)
{
	struct failure f = {0};

	if (routes_set(c, link_on(interface), family, &f) < 0)
		fail_msg("%s", f.text);
}

static inline void undoes(const char *peer, enum routes_part part)
{
	struct failure f = {0};

	if (routes_undo(peer, NULL, part, &f) < 0)
		fail_msg("%s", f.text);
}

static inline bool refused_set(const struct conf *c, const char *interface,
			       int family, const char *why)
{
	struct failure f = {0};

	if (!routes_set(c, link_on(interface), family, &f))
		return false;
	if (!strstr(f.text, why))
		fail_msg("said: %s", f.text);
	return true;
}

#define SERVER "server gate\n"

#define FULL SERVER "ipv6 yes\nroute default\nroute-exclude 10.7.0.0/16\n"

#define CLOSED                                                                 \
	SERVER "ipv6 yes\nfail-closed yes\nroute default\n"                    \
	       "route 172.16.0.0/12 table 77\nroute-exclude fd07::/16\n"       \
	       "local-address6 fd66::1/64\nremote-address6 fd67::2\n"

#endif
