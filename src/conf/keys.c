// SPDX-License-Identifier: ISC
/*
 * The table of keys.  A row names a key, its default as text, the field of
 * struct conf that holds its value, and what it takes: a kind, and for that
 * kind a range, a list of words, or a form of text.
 *
 * Everything else follows from the table: how a line is parsed (value.c), how
 * the value is printed so that it can be read back, what a message says is
 * allowed, and which key a misspelt one was meant to be.  conf_manual, a unit
 * test, compares the table with sshdial.conf(5).
 *
 * A form checks a text without changing it.  By then the reader has made sure
 * that a value is not empty, not too long and free of control characters.
 */
#include "conf/keys.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/conf.h"
#include "conf/forward_spec.h"
#include "conf/route_spec.h"
#include "conf/ssh_targets.h"

#define NEAR_MAX 32 /* longer words are not compared with keys */
#define ALGORITHM                                                              \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_"

const char key_peer_name[] = "the name of the peer";

/* ---- forms of text ---- */

static bool is_any(const char *s)
{
	return *s != '\0';
}

/* Quotes would have no meaning here, and anyone who writes them expects that
 * they do. */
static bool is_plain_word(const char *s)
{
	return *s && !strpbrk(s, " \t\"");
}

static bool is_path(const char *s)
{
	return *s == '/' && is_plain_word(s);
}

static bool is_agent(const char *s)
{
	return is_path(s) || !strcmp(s, "SSH_AUTH_SOCK");
}

static bool is_ip_address(const char *s)
{
	int family;

	return parse_address(s, &family);
}

/* An address that pppd accepts for an end of the link. */
static bool is_ipv4(const char *s)
{
	struct in_addr a;
	uint32_t net;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	/* Not "this network", loopback, multicast, or class E. */
	net = ntohl(a.s_addr) >> 24;
	return net != 0 && net != 127 && net < 224;
}

/* An address of a host that is valid beyond its own link. */
static bool is_ipv6(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1 && !IN6_IS_ADDR_LINKLOCAL(&a) &&
	       !IN6_IS_ADDR_MULTICAST(&a) && !IN6_IS_ADDR_LOOPBACK(&a) &&
	       !IN6_IS_ADDR_UNSPECIFIED(&a) && !IN6_IS_ADDR_V4MAPPED(&a);
}

static bool is_ipv6_network(const char *s)
{
	char text[INET6_ADDRSTRLEN];
	struct conf_route r;

	if (!conf_network_parse(s, &r) || r.family != AF_INET6 || !r.length)
		return false;
	inet_ntop(AF_INET6, r.prefix, text, sizeof(text));
	return is_ipv6(text);
}

static bool is_hop(const char *s)
{
	struct conf_target t;

	return conf_hop_parse(s, &t);
}

static bool is_route(const char *s)
{
	struct conf_route r;

	return !strchr(s, '"') && conf_route_parse(s, &r);
}

static bool is_prefix(const char *s)
{
	struct conf_route r;

	return is_plain_word(s) && conf_route_parse(s, &r) && r.family;
}

static bool is_local_forward(const char *s)
{
	struct conf_forward f;

	return conf_forward_parse(s, false, &f);
}

static bool is_remote_forward(const char *s)
{
	struct conf_forward f;

	return conf_forward_parse(s, true, &f);
}

static bool is_algorithms(const char *s)
{
	size_t n;

	do {
		n = strspn(s, ALGORITHM);
		if (!n)
			return false;
		s += n;
	} while (*s++ == ',');
	return s[-1] == '\0';
}

static bool is_words(const char *s)
{
	char word[CONF_VALUE_MAX];
	int r;

	do
		r = parse_word(&s, word, sizeof(word));
	while (r > 0);
	return r == 0;
}

static const struct key_form host = {
	.check = parse_host,
	.allowed = "a host name or address",
};
static const struct key_form hop = {
	.check = is_hop,
	.allowed =
		"[USER@]HOST[:PORT], with [] around an IPv6 address that has "
		"a port, then optionally identity FILE",
	.expand = conf_hop_expand,
};
static const struct key_form plain = {
	.check = is_plain_word,
	.allowed = "one word without quotes",
};
static const struct key_form path = {
	.check = is_path,
	.allowed = "an absolute path or ~/path, without blanks or quotes",
	.expand = path_expand,
};
static const struct key_form agent = {
	.check = is_agent,
	.allowed = "an absolute path, ~/path or SSH_AUTH_SOCK",
	.expand = path_expand,
};
static const struct key_form address = {
	.check = is_ip_address,
	.allowed = "an IPv4 or IPv6 address",
};
static const struct key_form ipv4 = {
	.check = is_ipv4,
	.allowed = "an IPv4 address of a host",
};
static const struct key_form ipv6 = {
	.check = is_ipv6,
	.allowed = "an IPv6 address of a host, and not a link-local one",
};
static const struct key_form ipv6_network = {
	.check = is_ipv6_network,
	.allowed = "an IPv6 address of a host with /LENGTH, not a link-local "
		   "one",
};
static const struct key_form route = {
	.check = is_route,
	.allowed = "PREFIX or default, then optionally metric N and table N",
	.suggest = conf_route_suggest,
};
static const struct key_form prefix = {
	.check = is_prefix,
	.allowed = "an address, or a network as ADDRESS/LENGTH",
	.suggest = conf_route_suggest,
};
static const struct key_form domain = {
	.check = parse_domain,
	.allowed = "a domain name without a dot at its end",
};
static const struct key_form local_forward = {
	.check = is_local_forward,
	.allowed = "[BIND:]PORT:HOST:PORT, with BIND an address, localhost or "
		   "*, and brackets around IPv6",
};
static const struct key_form remote_forward = {
	.check = is_remote_forward,
	.allowed = "[BIND:]PORT:HOST:PORT, with brackets around IPv6",
};
static const struct key_form algorithms = {
	.check = is_algorithms,
	.allowed = "a list of algorithms with commas between them",
};
static const struct key_form interface = {
	.check = parse_interface,
	.allowed = "an interface name of 1 to 15 bytes",
};
static const struct key_form link_name = {
	.check = parse_peer_name,
	.allowed = "a name of 1 to 32 of A-Z a-z 0-9 . _ - "
		   "that starts with a letter or digit",
};
static const struct key_form command = {
	.check = is_any,
	.allowed = "a command",
};
static const struct key_form words = {
	.check = is_words,
	.allowed = "words with every quote closed",
};

static const char *const policies[] = {
	[POLICY_STRICT] = "strict",
	[POLICY_ACCEPT_NEW] = "accept-new",
	NULL,
};
static const char *const families[] = {
	[FAMILY_ANY] = "any",
	[FAMILY_INET] = "inet",
	[FAMILY_INET6] = "inet6",
	NULL,
};
static const char *const peer_auths[] = {
	[PEER_AUTH_NONE] = "none",
	[PEER_AUTH_PAP] = "pap",
	[PEER_AUTH_CHAP] = "chap",
	NULL,
};
/* For KEY_TIME, the word at index i stands for the value -i. */
static const char *const zero[] = {"0", NULL};
static const char *const holds[] = {
	[-HOLD_NO] = "no",
	[-HOLD_YES] = "yes",
	NULL,
};
static const char *const timeouts[] = {
	[-TIMEOUT_NO] = "no",
	[-TIMEOUT_AUTO] = "auto",
	NULL,
};
static const char *const levels[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	NULL,
};

/* The offset of a field; it does not compile if the field has another type. */
#define AT(field, type)                                                        \
	.offset = offsetof(struct conf, field) +                               \
		  0 * sizeof((type *)0 == &((struct conf *)0)->field)
#define TEXT(field, what) .kind = KEY_TEXT, AT(field, char *), .form = &(what)
#define LIST(field, what)                                                      \
	.kind = KEY_LIST, AT(field, struct conf_list), .form = &(what),        \
	.max = CONF_LIST_MAX, .optional = true
#define ROUTES(field, what)                                                    \
	.kind = KEY_LIST, AT(field, struct conf_list), .form = &(what),        \
	.max = CONF_ROUTES_MAX, .optional = true
#define NUMBER(field, low, high)                                               \
	.kind = KEY_NUMBER, AT(field, int64_t), .min = (low), .max = (high)
#define TIME(field, low, high)                                                 \
	.kind = KEY_TIME, AT(field, int64_t), .min = (low), .max = (high)
#define WORD(field, list) .kind = KEY_WORD, AT(field, int64_t), .words = (list)
#define YESNO(field)	  .kind = KEY_YESNO, AT(field, bool)

#define HOUR	  (INT64_C(3600) * 1000)
#define DAY	  (24 * HOUR)
#define PHASE_MIN 100
#define PHASE_MAX HOUR

/* clang-format off */
static const struct key keys[] = {
	{ "server", NULL, TEXT(server, host) },
	{ "port", "22", NUMBER(port, 1, 65535) },
	{ "hop", NULL, LIST(hop, hop) },
	{ "address-family", "any", WORD(address_family, families) },
	{ "bind-address", NULL, TEXT(bind_address, address), .optional = true },
	{ "connect-timeout", "10s",
	  TIME(connect_timeout, PHASE_MIN, PHASE_MAX) },
	{ "user", "pppuser", TEXT(user, plain) },
	{ "identity", SYSCONFDIR "/sshdial/id_ed25519", LIST(identity, path) },
	{ "identity-agent", NULL,
	  TEXT(identity_agent, agent), .optional = true },
	{ "passphrase-file", NULL,
	  TEXT(passphrase_file, path), .optional = true },
	{ "password-file", NULL, TEXT(password_file, path), .optional = true },
	{ "login-timeout", "20s", TIME(login_timeout, PHASE_MIN, PHASE_MAX) },
	{ "known-hosts",
	  SYSCONFDIR "/sshdial/known_hosts "
	  "/etc/ssh/ssh_known_hosts ~/.ssh/known_hosts",
	  LIST(known_hosts, path) },
	{ "host-key-alias", NULL,
	  TEXT(host_key_alias, host), .optional = true },
	{ "host-key-policy", "strict", WORD(host_key_policy, policies) },
	{ "ciphers", NULL, TEXT(ciphers, algorithms), .optional = true },
	{ "macs", NULL, TEXT(macs, algorithms), .optional = true },
	{ "kex", NULL, TEXT(kex, algorithms), .optional = true },
	{ "host-key-algorithms", NULL,
	  TEXT(host_key_algorithms, algorithms), .optional = true },
	{ "remote-command", "sshdial-answer", TEXT(remote_command, command) },
	{ "forward-local", NULL, LIST(forward_local, local_forward) },
	{ "forward-remote", NULL, LIST(forward_remote, remote_forward) },
	{ "ppp", "yes", YESNO(ppp) },
	{ "ppp-timeout", "30s", TIME(ppp_timeout, PHASE_MIN, PHASE_MAX) },
	{ "linkname", key_peer_name, TEXT(linkname, link_name) },
	{ "interface", NULL, TEXT(interface, interface), .optional = true },
	{ "local-address", NULL, TEXT(local_address, ipv4), .optional = true },
	{ "remote-address", NULL,
	  TEXT(remote_address, ipv4), .optional = true },
	{ "ipv6", "yes", YESNO(ipv6) },
	{ "local-address6", NULL,
	  TEXT(local_address6, ipv6_network), .optional = true },
	{ "remote-address6", NULL,
	  TEXT(remote_address6, ipv6), .optional = true },
	{ "mtu", NULL, NUMBER(mtu, 576, 16384), .optional = true },
	{ "mru", NULL, NUMBER(mru, 576, 16384), .optional = true },
	{ "ppp-user", NULL, TEXT(ppp_user, plain), .optional = true },
	{ "peer-auth", "none", WORD(peer_auth, peer_auths) },
	{ "pppd", "/usr/sbin/pppd", TEXT(pppd, path) },
	{ "pppd-option", NULL, LIST(pppd_option, words) },
	{ "route", NULL, ROUTES(route, route) },
	{ "route-exclude", NULL, ROUTES(route_exclude, prefix) },
	{ "fail-closed", "no", YESNO(fail_closed) },
	{ "dns", NULL, LIST(dns, address) },
	{ "dns-search", NULL, LIST(dns_search, domain) },
	{ "peer-dns", "no", YESNO(peer_dns) },
	{ "up", NULL, TEXT(up, command), .optional = true },
	{ "down", NULL, TEXT(down, command), .optional = true },
	{ "users", "none", TEXT(users, plain) },
	{ "keepalive-interval", "5s",
	  TIME(keepalive_interval, 200, HOUR), .words = zero },
	{ "keepalive-count", "3", NUMBER(keepalive_count, 1, 100) },
	{ "tcp-keepalive", "yes", YESNO(tcp_keepalive) },
	{ "tcp-user-timeout", "auto",
	  TIME(tcp_user_timeout, 100, DAY), .words = timeouts },
	{ "monitor", NULL, TEXT(monitor, address), .optional = true },
	{ "monitor-interval", "10s", TIME(monitor_interval, 200, HOUR) },
	{ "watch-route", "yes", YESNO(watch_route) },
	{ "hold", "yes", TIME(hold, 100, 3650 * DAY), .words = holds },
	{ "redial-min", "1s", TIME(redial_min, 10, DAY) },
	{ "redial-max", "1m", TIME(redial_max, 10, DAY) },
	{ "gate-time", "30s", TIME(gate_time, 0, DAY) },
	{ "redial-first", "yes", YESNO(redial_first) },
	{ "max-redials", "0", NUMBER(max_redials, 0, 1000000000) },
	{ "max-lifetime", "0",
	  TIME(max_lifetime, 1000, 3650 * DAY), .words = zero },
	{ "control-group", NULL, TEXT(control_group, plain), .optional = true },
	{ "log-level", "info", WORD(log_level, levels) },
};
/* clang-format on */

#define KEYS COUNT(keys)
_Static_assert(KEYS <= KEYS_MAX, "KEYS_MAX is too small");

size_t conf_key_count(void)
{
	return KEYS;
}

const struct key *conf_key(size_t i)
{
	return &keys[i];
}

const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The edit distance of two words: how many characters must be inserted,
 * deleted, replaced, or swapped with their neighbour (Damerau and Levenshtein).
 * Neither may be longer than NEAR_MAX.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t d[NEAR_MAX + 1][NEAR_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	/* d[i][j]: from the first i characters of a to the first j of b. */
	for (size_t i = 0; i <= la; i++) {
		for (size_t j = 0; j <= lb; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = min_of(d[i][j], d[i - 1][j] + 1);
			d[i][j] = min_of(d[i][j], d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min_of(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

const char *key_nearest(const char *name)
{
	const char *nearest = NULL;
	size_t len = strlen(name);
	size_t best = len / 3 + 1; /* a third of the word may be wrong */

	if (len > NEAR_MAX)
		return NULL;
	for (size_t i = 0; i < KEYS; i++) {
		size_t d = edit_distance(name, keys[i].name);

		if (d < best) {
			best = d;
			nearest = keys[i].name;
		}
	}
	return nearest;
}

/* "any, inet or inet6": `before_last' stands before the last word, `end' behind
 * it. */
static const char *list_words(const char *const *list, const char *before_last,
			      const char *end, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; list && list[i] && used < size; i++) {
		const char *behind = !list[i + 1]   ? end
				     : !list[i + 2] ? before_last
						    : ", ";

		used += snprintf(out + used, size - used, "%s%s", list[i],
				 behind);
	}
	return out;
}

const char *key_allowed(const struct key *k, char *out, size_t size)
{
	const char *none = k->optional ? ", or none" : "";
	char low[24], high[24], instead[48];

	switch (k->kind) {
	case KEY_TEXT:
	case KEY_LIST:
		snprintf(out, size, "%s%s", k->form->allowed, none);
		break;
	case KEY_NUMBER:
		snprintf(out, size,
			 "a number from %" PRId64 " to %" PRId64 "%s", k->min,
			 k->max, none);
		break;
	case KEY_TIME:
		snprintf(out, size,
			 "%sa time from %s to %s, such as 1500ms or 10s",
			 list_words(k->words, ", ", " or ", instead,
				    sizeof(instead)),
			 format_duration(low, sizeof(low), k->min),
			 format_duration(high, sizeof(high), k->max));
		break;
	case KEY_WORD:
		list_words(k->words, " or ", "", out, size);
		break;
	case KEY_YESNO:
		snprintf(out, size, "yes or no");
		break;
	}
	return out;
}
