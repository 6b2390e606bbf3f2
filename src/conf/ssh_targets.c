// SPDX-License-Identifier: ISC
/*
 * The chain of SSH servers that leads to a peer.  With `hop a' and `hop b' the
 * targets are a, b and the server, each reached through the one before.  What
 * a hop does not say for itself (its account, its key) is that of the peer; the
 * port is not, because it is the server's.  A host key is looked up under the
 * host and port of its target; host-key-alias is for the server alone.
 */
#include "conf/ssh_targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"
#include "base/util.h"

size_t conf_targets(const struct conf *c)
{
	return c->hop.n + 1;
}

void conf_target(const struct conf *c, size_t i, struct conf_target *t)
{
	bool server = i >= c->hop.n || !conf_hop_parse(c->hop.v[i], t);
	bool alias = server && c->host_key_alias;

	if (server) {
		*t = (struct conf_target){.port = (int)c->port};
		snprintf(t->host, sizeof(t->host), "%s", c->server);
	}
	if (!t->user[0])
		snprintf(t->user, sizeof(t->user), "%s", c->user);
	t->key_name = alias ? c->host_key_alias : t->host;
	t->key_port = alias ? 22 : t->port;
}

int conf_hops_keep_user(struct conf *c)
{
	for (size_t i = 0; i < c->hop.n; i++) {
		struct conf_target t;
		char *whole;

		if (!conf_hop_parse(c->hop.v[i], &t) || t.user[0])
			continue;
		if (asprintf(&whole, "%s@%s", c->user, c->hop.v[i]) < 0)
			return -ENOMEM;
		free(c->hop.v[i]);
		c->hop.v[i] = whole;
	}
	return 0;
}

/* Cuts the port off a name, or off an address in brackets, and the brackets.
 * Returns false if they are not balanced, or the port is none. */
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

/* Returns the length of the word at *text, and moves *text behind the word and
 * the blanks that follow it. */
static size_t skip_word(const char **text)
{
	size_t len = strcspn(*text, " \t");

	*text += len;
	*text += strspn(*text, " \t");
	return len;
}

/* FILE of "identity FILE", or NULL. */
static const char *identity_file(const char *text)
{
	const char *word = text;

	return skip_word(&text) == strlen("identity") &&
			       !strncmp(word, "identity", strlen("identity"))
		       ? text
		       : NULL;
}

bool conf_hop_parse(const char *text, struct conf_target *t)
{
	struct conf_target got = {.hop = true};
	const char *rest = text, *at;
	size_t len = skip_word(&rest), user;

	at = memrchr(text, '@', len);
	user = at ? (size_t)(at - text) : 0;
	len -= at ? user + 1 : 0;
	if ((at && !user) || user >= sizeof(got.user) ||
	    len >= sizeof(got.host))
		return false;
	memcpy(got.user, text, user);
	memcpy(got.host, at ? at + 1 : text, len);
	if (strchr(got.user, '"') || !take_port(got.host, &got) ||
	    !parse_host(got.host))
		return false;
	if (*rest) {
		got.identity = identity_file(rest);
		if (!got.identity || got.identity[0] != '/' ||
		    strpbrk(got.identity, " \t\""))
			return false;
	}
	*t = got;
	return true;
}

int conf_hop_expand(const char *text, char *out, size_t size)
{
	const char *rest = text;
	size_t len = skip_word(&rest);
	const char *file = identity_file(rest);
	int n = snprintf(out, size, "%.*s%s%s", (int)len, text,
			 *rest ? " " : "", file ? "identity " : rest);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	return file ? path_expand(file, out + n, size - (size_t)n) : 0;
}
