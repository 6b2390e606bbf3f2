// SPDX-License-Identifier: ISC
/*
 * Values of forward-local and forward-remote, in the form of ssh(1):
 *
 *	[BIND:]PORT:HOST:HOSTPORT
 *
 * A colon separates the parts, and an IPv6 address needs brackets because it
 * has colons of its own.  With three parts BIND is localhost, as in ssh(1)
 * without GatewayPorts; an empty BIND is a different thing, all addresses.
 */
#include "conf/forward_spec.h"

#include <stdio.h>
#include <string.h>
#include "base/parse.h"

#define PARTS_MAX 4

/*
 * Takes the part up to the next colon, or the end, off *s.  Colons in brackets
 * do not count, and the brackets are not copied.  Returns false if a bracket is
 * not closed, if something follows it, or if the part does not fit.
 */
static bool take_part(const char **s, char *out, size_t size)
{
	const char *p = *s, *end;
	size_t len;

	if (*p == '[') {
		end = strchr(++p, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*s = end + 1;
	} else {
		end = p + strcspn(p, ":");
		*s = end;
	}
	len = (size_t)(end - p);
	if (len >= size)
		return false;
	memcpy(out, p, len);
	out[len] = 0;
	return true;
}

/* Takes BIND.  A local one is bound by a process that asks no name server. */
static bool take_bind(const char *s, bool remote, struct conf_forward *f)
{
	int family;

	if (!*s || !strcmp(s, "*"))
		f->bind[0] = 0;
	else if (remote ? parse_host(s)
			: parse_address(s, &family) || !strcmp(s, "localhost"))
		snprintf(f->bind, sizeof(f->bind), "%s", s);
	else
		return false;
	return true;
}

bool conf_forward_parse(const char *text, bool remote, struct conf_forward *f)
{
	struct conf_forward g = {.remote = remote, .bind = "localhost"};
	char part[PARTS_MAX][256];
	int64_t port, host_port;
	int n = 0, first;

	do {
		if (n == PARTS_MAX ||
		    !take_part(&text, part[n++], sizeof(part[0])))
			return false;
	} while (*text++);
	first = n - 3; /* the index of PORT */
	if (first < 0 || (first && !take_bind(part[0], remote, &g)) ||
	    !parse_int(part[first], !remote, 65535, &port) ||
	    !parse_host(part[first + 1]) ||
	    !parse_int(part[first + 2], 1, 65535, &host_port))
		return false;
	g.port = (int)port;
	g.host_port = (int)host_port;
	memcpy(g.host, part[first + 1], sizeof(g.host));
	*f = g;
	return true;
}

int conf_forwards(const struct conf *c)
{
	return (int)(c->forward_local.n + c->forward_remote.n);
}

/* The text of forward i; *remote is true if it is a forward-remote. */
static const char *forward_value(const struct conf *c, int i, bool *remote)
{
	size_t n = (size_t)i, local = c->forward_local.n;

	*remote = n >= local;
	return *remote ? c->forward_remote.v[n - local] : c->forward_local.v[n];
}

void conf_forward(const struct conf *c, int i, struct conf_forward *f)
{
	bool remote;
	const char *text = forward_value(c, i, &remote);

	memset(f, 0, sizeof(*f));
	conf_forward_parse(text, remote, f);
}

const char *conf_forward_text(const struct conf *c, int i, char *out,
			      size_t size)
{
	bool remote;
	const char *text = forward_value(c, i, &remote);

	snprintf(out, size, "forward-%s %s", remote ? "remote" : "local", text);
	return out;
}
