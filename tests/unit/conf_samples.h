/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_SAMPLES_H
#define SSHDIAL_CONF_SAMPLES_H

/* For each key two right values and a wrong one: test_samples_complete(). */
static const struct sample {
	const char *key, *right, *other, *wrong;
} samples[] = {
	{"server", "vpn.example.com", "2001:db8::1", "10.0.0.256"},
	{"port", "1", "65535", "70000"},
	{"hop", "joe@gate.example.org:2222 identity /etc/sshdial/gate",
	 "[2001:db8::1]:22", "gate identity gate_ed25519"},
	{"address-family", "inet", "inet6", "ipv4"},
	{"bind-address", "192.0.2.7", "2001:db8::7", "localhost"},
	{"user", "joe", "DOM\\joe", "joe smith"},
	{"identity", "/etc/sshdial/a", "/etc/sshdial/b", "id_rsa"},
	{"identity-agent", "/run/agent", "SSH_AUTH_SOCK", "agent"},
	{"passphrase-file", "/etc/p", "/etc/q", "/etc/a /etc/b"},
	{"password-file", "/etc/p", "/etc/q", "\"/etc/p\""},
	{"known-hosts", "/etc/kh", "/etc/kh2", "~kh"},
	{"host-key-alias", "office", "a.b", "[a]:22"},
	{"host-key-policy", "accept-new", "strict", "no"},
	{"ciphers", "aes256-gcm@openssh.com,aes128-ctr", "a", "a,,b"},
	{"macs", "hmac-sha2-256", "a,b,c", ",a"},
	{"kex", "curve25519-sha256", "a,b_.c", "a,"},
	{"host-key-algorithms", "ssh-ed25519", "a,b", "+a"},
	{"remote-command", "pppd call office # 1", "answer\t\"x y\"",
	 "a\x01"
	 "b"},
	{"connect-timeout", "1500ms", "1h", "99ms"},
	{"login-timeout", "100ms", "90", "61m"},
	{"forward-local", "8080:[2001:db8::1]:80", "*:8080:www:80", "0:www:80"},
	{"forward-remote", "0:localhost:80", "[::1]:9030:intranet:80",
	 "9030:intranet"},
	{"ppp", "yes", "yes", "none"},
	{"ppp-timeout", "1m", "2s", "soon"},
	{"linkname", "office", "a_b", "a/b"},
	{"interface", "vpn0", "ppp.office", "a-name-too-long-"},
	{"local-address", "10.0.0.1", "192.0.2.1", "::1"},
	{"remote-address", "10.0.0.2", "192.0.2.2", "224.0.0.1"},
	{"ipv6", "no", "yes", "maybe"},
	{"local-address6", "2001:db8::1/64", "fd00::2/127", "fe80::1/64"},
	{"remote-address6", "2001:db8::2", "fd00::3", "fe80::2"},
	{"mtu", "1280", "16384", "575"},
	{"mru", "1500", "576", "16385"},
	{"ppp-user", "joe", "joe@example", "joe smith"},
	{"peer-auth", "chap", "pap", "eap"},
	{"pppd", "/opt/pppd", "/usr/local/sbin/pppd", "pppd"},
	{"pppd-option", "debug kdebug 7", "ipparam \"a \\\" b\" # c", "\"open"},
	{"route", "10.0.0.0/8 metric 7 table 100", "default", "10.0.0.0/33"},
	{"route-exclude", "192.0.2.1", "2001:db8::/32", "10.0.0.0/8 metric 1"},
	{"fail-closed", "yes", "no", "open"},
	{"dns", "192.0.2.53", "2001:db8::53", "ns.example.org"},
	{"dns-search", "example.org", "corp", "example..org"},
	{"peer-dns", "yes", "no", "usepeerdns"},
	{"up", "logger \"up $IFNAME\" # x", "true",
	 "a\x01"
	 "b"},
	{"down", "logger down", "true; true",
	 "a\x01"
	 "b"},
	{"users", "none", "dip", "a b"},
	{"keepalive-interval", "0", "200ms", "199ms"},
	{"keepalive-count", "1", "100", "0"},
	{"tcp-keepalive", "no", "yes", "auto"},
	{"tcp-user-timeout", "no", "auto", "yes"},
	{"monitor", "10.9.0.1", "2001:db8::1", "gate.example.org"},
	{"monitor-interval", "200ms", "1h", "0"},
	{"watch-route", "no", "yes", "0"},
	{"hold", "no", "90s", "0"},
	{"redial-min", "10ms", "1d", "9ms"},
	{"redial-max", "1d", "10ms", "25h"},
	{"gate-time", "0", "1d", "-1s"},
	{"redial-first", "no", "yes", "1"},
	{"max-redials", "1", "1000000000", "1000000001"},
	{"max-lifetime", "0", "3650d", "999ms"},
	{"control-group", "dip", "adm", "a b"},
	{"log-level", "debug", "error", "verbose"},
};

static const struct sample *sample_of(const struct key *k)
{
	for (size_t i = 0; i < COUNT(samples); i++)
		if (!strcmp(samples[i].key, k->name))
			return &samples[i];
	fail_msg("tests/unit/conf.c has no sample for the key %s", k->name);
	return NULL;
}

/* A number from 0 to n - 1, the same ones for the same seed. */
static uint64_t rng = 20240607;

static size_t random_below(size_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void has(const struct conf_error *e, const char *part)
{
	if (!strstr(e->text, part))
		fail_msg("\"%s\" does not have \"%s\"", e->text, part);
}

static void starts(const struct conf_error *e, const char *start)
{
	if (strncmp(e->text, start, strlen(start)))
		fail_msg("\"%s\" does not start with \"%s\"", e->text, start);
}

/* The n-th value of a key, "" where there is none. */
static const char *value(const struct conf *c, const char *key, size_t n)
{
	static char buf[32];
	const struct key *k = key_find(key);
	const char *v;

	assert_non_null(k);
	v = key_value(c, k, n, buf, sizeof(buf));
	return v ? v : "";
}

static void same(const struct conf *a, const struct conf *b)
{
	assert_string_equal(a->name, b->name);
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		size_t n = 0;

		do {
			char va[32], vb[32];
			const char *pa = key_value(a, k, n, va, sizeof(va));
			const char *pb = key_value(b, k, n, vb, sizeof(vb));

			if (!pa || !pb) {
				assert_ptr_equal(pa, pb);
				break;
			}
			assert_string_equal(pa, pb);
		} while (++n);
	}
}

static char *print(const struct conf *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	assert_non_null(f);
	conf_print(c, f);
	fclose(f);
	return text;
}

/* What conf_print() says reads back to the same, over any other file. */
static void reads_back(const struct conf *c)
{
	static const char before[] = "identity /x\nmtu 1400\nremote-command y\n"
				     "pppd-option z\nipv6 no\nkex k\n"
				     "hold 7s\nmonitor ::1\n"
				     "keepalive-interval 9s\nmax-redials 3\n"
				     "tcp-user-timeout 8s\nwatch-route no\n"
				     "route default\ndns ::1\nup x\n";
	struct conf_error e;
	struct conf back;
	size_t len;
	char *text = print(c, &len);

	assert_int_equal(conf_defaults(&back, c->name), 0);
	assert_int_equal(
		conf_parse(&back, "before", before, strlen(before), &e), 0);
	if (conf_parse(&back, "print", text, len, &e))
		fail_msg("%s in:\n%s", e.text, text);
	same(c, &back);
	conf_free(&back);
	free(text);
}

#endif
