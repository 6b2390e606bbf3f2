/* SPDX-License-Identifier: ISC */
#include "conf/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"

size_t conf_targets(const struct conf *c)
{
	return c->hop.n + 1;
}

static void server(const struct conf *c, struct conf_target *t)
{
	*t = (struct conf_target){.port = (int)c->port};
	snprintf(t->host, sizeof(t->host), "%s", c->server);
	snprintf(t->user, sizeof(t->user), "%s", c->user);
}

void conf_target(const struct conf *c, size_t i, struct conf_target *t)
{
	bool alias = i >= c->hop.n && c->host_key_alias;

	if (i >= c->hop.n || !conf_hop_parse(c->hop.v[i], t))
		server(c, t);
	if (!t->user[0])
		snprintf(t->user, sizeof(t->user), "%s", c->user);
	t->key_name = alias ? c->host_key_alias : t->host;
	t->key_port = alias ? 22 : t->port;
}

int conf_hops_keep_user(struct conf *c)
{
	for (size_t i = 0; i < c->hop.n; i++) {
		char *whole;

		if (strchr(c->hop.v[i], '@'))
			continue;
		if (asprintf(&whole, "%s@%s", c->user, c->hop.v[i]) < 0)
			return -ENOMEM;
		free(c->hop.v[i]);
		c->hop.v[i] = whole;
	}
	return 0;
}

/* Takes off the port behind a name, or behind the brackets of an address. */
static bool take_port(char *host, struct conf_target *t)
{
	char *end = host[0] == '[' ? strchr(host, ']') : NULL;
	char *colon = end ? end + 1 : strchr(host, ':');
	int64_t port = 22;

	if (host[0] == '[' && !end)
		return false;
	/* An address without brackets has no port. */
	if (!end && colon && strchr(colon + 1, ':'))
		colon = NULL;
	if (colon && *colon &&
	    (*colon != ':' || !parse_int(colon + 1, 1, 65535, &port)))
		return false;
	if (colon)
		*colon = '\0';
	t->port = (int)port;
	if (!end)
		return true;
	*end = '\0';
	memmove(host, host + 1, strlen(host + 1) + 1);
	return strchr(host, ':') != NULL;
}

bool conf_hop_parse(const char *text, struct conf_target *t)
{
	struct conf_target got = {.hop = true};
	const char *at = strrchr(text, '@');
	const char *host = at ? at + 1 : text;
	size_t user = at ? (size_t)(at - text) : 0;

	if ((at && !user) || user >= sizeof(got.user) ||
	    strlen(host) >= sizeof(got.host))
		return false;
	memcpy(got.user, text, user);
	memcpy(got.host, host, strlen(host) + 1);
	if (strpbrk(got.user, " \t\"") || !take_port(got.host, &got) ||
	    !parse_host(got.host))
		return false;
	*t = got;
	return true;
}
