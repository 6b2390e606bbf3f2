// SPDX-License-Identifier: ISC
#include "line/pppd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"

/*
 * Options that /etc/ppp/options and ~/.ppprc may not change.  Each pppd from
 * 2.4.9 on has them, whatever it was built with: pppd ends if it does not know
 * an option.  Nothing can be done against demand, silent, usepeerdns, sync and
 * record, which have no opposite.
 */
static const struct {
	const char *option;
	const char *value;
} always[] = {
	/* It is our child, on a pty, which has no modem lines and passes all
	 * bytes. */
	{"nodetach", NULL},
	{"local", NULL},
	{"nocrtscts", NULL},
	{"asyncmap", "0"},
	/* Compression costs more than it saves inside an encrypted stream. */
	{"novj", NULL},
	{"noccp", NULL},
	{"nobsdcomp", NULL},
	{"nodeflate", NULL},
	/* We set routes, redial, and detect that a link is dead. */
	{"nodefaultroute", NULL},
	{"noproxyarp", NULL},
	{"nopersist", NULL},
	{"idle", "0"},
	{"maxconnect", "0"},
	{"lcp-echo-interval", "0"},
	{"lcp-echo-failure", "0"},
	/* Its log is shown to users. */
	{"hide-password", NULL},
};

static void add_word(struct pppd_args *a, const char *word)
{
	size_t size = strlen(word) + 1;

	if (a->n == PPPD_ARGS_MAX || size > sizeof(a->text) - a->used) {
		a->full = true;
		return;
	}
	a->v[a->n] = memcpy(a->text + a->used, word, size);
	a->v[++a->n] = NULL;
	a->used += size;
}

static void add_pair(struct pppd_args *a, const char *option, const char *value)
{
	add_word(a, option);
	if (value)
		add_word(a, value);
}

static void add_number(struct pppd_args *a, const char *option, int64_t n)
{
	char value[24];

	snprintf(value, sizeof(value), "%lld", (long long)n);
	add_pair(a, option, value);
}

/* pppd insists on an address that is configured; the far end assigns others. */
static void add_ip_options(struct pppd_args *a, const struct conf *c, bool root)
{
	const char *local = c->local_address ? c->local_address : "";
	const char *remote = c->remote_address ? c->remote_address : "";
	char both[128];

	if (!*local) {
		add_word(a, "noipdefault");
		add_word(a, "ipcp-accept-local");
	}
	if (!*remote)
		add_word(a, "ipcp-accept-remote");
	if (*local || *remote) {
		snprintf(both, sizeof(both), "%s:%s", local, remote);
		add_word(a, both);
	}
	if (c->peer_dns) {
		/* Its scripts must not write /etc/resolv.conf: our hook does.
		 * From 2.5.3 on only root may say so. */
		add_word(a, "usepeerdns");
		if (root)
			add_pair(a, "set", "USEPEERDNS=");
	}
	if (c->ipv6) {
		add_word(a, "+ipv6");
		add_word(a, "nodefaultroute6");
	} else {
		add_word(a, "noipv6");
	}
}

int pppd_args(struct pppd_args *a, const struct conf *c, bool root, bool trace)
{
	char ipparam[sizeof(c->name) + 8], word[CONF_VALUE_MAX];

	a->n = 0;
	a->used = 0;
	a->full = false;
	add_word(a, "pppd");
	for (size_t i = 0; i < COUNT(always); i++)
		add_pair(a, always[i].option, always[i].value);
	add_number(a, "logfd", PPPD_LOG_FD);
	if (c->peer_auth == PEER_AUTH_PAP)
		add_word(a, "require-pap");
	else if (c->peer_auth == PEER_AUTH_CHAP)
		add_word(a, "require-chap");
	else if (root)
		add_word(a, "noauth");
	if (c->ppp_user)
		add_pair(a, "user", c->ppp_user);
	snprintf(ipparam, sizeof(ipparam), "sshdial:%s", c->name);
	add_pair(a, "ipparam", ipparam);
	/* pppd takes these from root alone. */
	if (root) {
		add_word(a, "nolock");
		add_pair(a, "linkname", c->linkname ? c->linkname : c->name);
	}
	if (root && c->interface)
		add_pair(a, "ifname", c->interface);
	add_ip_options(a, c, root);
	if (c->mtu)
		add_number(a, "mtu", c->mtu);
	if (c->mru)
		add_number(a, "mru", c->mru);
	if (trace || c->log_level == LOG_DEBUG)
		add_word(a, "debug");
	/* The configuration's words come last: of two that contradict each
	 * other, pppd takes the last one. */
	for (size_t i = 0; i < c->pppd_option.n; i++) {
		const char *at = c->pppd_option.v[i];
		int r;

		while ((r = parse_word(&at, word, sizeof(word))) > 0)
			add_word(a, word);
		if (r < 0)
			return -EINVAL;
	}
	return a->full ? -E2BIG : 0;
}
