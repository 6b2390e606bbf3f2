/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/conf.h"
#include "conf/keys.h"
#include "conf/route_spec.h"
#include "conf/ssh_targets.h"

#define KEY_NAME_MAX 32 /* bytes of a key's name, as written */
#define SHOWN_MAX    48 /* bytes of a value that a message shows */
#define IPV6_MTU_MIN 1280

/* What conf_parse() knows of the file that it is in. */
struct reader {
	struct conf *c;
	const char *file;
	unsigned int line;
	unsigned int seen[KEYS_MAX]; /* the line of a key's first value */
	struct conf_error *e;
};

/* Says "FILE:LINE: KEY: text".  Always -EINVAL. */
__attribute__((format(printf, 3, 4))) static int
refuse(const struct reader *r, const char *key, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(r->e->text, sizeof(r->e->text), "%s:%u: %s%s%s", r->file,
		 r->line, key, *key ? ": " : "", text);
	return -EINVAL;
}

/* A value as messages show it: printable, long ones cut. */
struct shown {
	char text[SHOWN_MAX * sizeof("\\xNN") + sizeof("...")];
};

static const char *show(struct shown *s, const char *value)
{
	size_t len = strlen(value);
	bool cut = len > SHOWN_MAX;

	log_printable(s->text, sizeof(s->text), value, cut ? SHOWN_MAX : len);
	if (cut)
		memcpy(strchr(s->text, '\0'), "...", sizeof("..."));
	return s->text;
}

/* Says why key_set() did not take a value. */
static int refuse_value(const struct reader *r, const struct key *k,
			const char *value, int error)
{
	char allowed[160], near[CONF_VALUE_MAX];
	struct shown s;

	show(&s, value);
	switch (error) {
	case -EINVAL:
		if (k->form && k->form->suggest &&
		    k->form->suggest(value, near, sizeof(near)))
			return refuse(r, k->name,
				      "\"%s\" has bits behind its length; did "
				      "you mean %s?",
				      s.text, near);
		return refuse(r, k->name, "\"%s\" is not %s", s.text,
			      key_allowed(k, allowed, sizeof(allowed)));
	case -E2BIG:
		return refuse(r, k->name, "\"%s\" is one too many, %d at most",
			      s.text, (int)k->max);
	case -EEXIST:
		return refuse(r, k->name,
			      "\"%s\": none stands alone, without other values",
			      s.text);
	case -ENOENT:
		return refuse(r, k->name, "\"%s\": there is no home directory",
			      s.text);
	case -ENAMETOOLONG:
		return refuse(r, k->name, "\"%s\" is too long", s.text);
	}
	refuse(r, k->name, "%s", strerror(-error));
	return error;
}

static int set_key(struct reader *r, const struct key *k, const char *value)
{
	unsigned int *seen = &r->seen[k - conf_key(0)];
	char allowed[160];
	int err;

	if (!*value)
		return refuse(r, k->name, "no value; it takes %s",
			      key_allowed(k, allowed, sizeof(allowed)));
	if (*seen && k->kind != KEY_LIST)
		return refuse(r, k->name, "given twice, first in line %u",
			      *seen);
	err = key_set(r->c, k, value, !*seen);
	if (err)
		return refuse_value(r, k, value, err);
	if (!*seen)
		*seen = r->line;
	return 0;
}

static int refuse_key(const struct reader *r, const char *name)
{
	const char *nearest = key_nearest(name);
	struct shown s;

	return refuse(r, show(&s, name), "unknown key%s%s%s",
		      nearest ? "; did you mean " : "", nearest ? nearest : "",
		      nearest ? "?" : "");
}

/* The control character that is first in the line, or -1. */
static int control(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = line[i];

		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return ch;
	}
	return -1;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

/* Takes off the blanks at both ends and the end of a line of DOS. */
static void trim(const char **line, size_t *len)
{
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	while (*len && is_blank((*line)[*len - 1]))
		--*len;
	while (*len && is_blank(**line)) {
		++*line;
		--*len;
	}
}

/* One line without its newline. */
static int parse_line(struct reader *r, const char *line, size_t len)
{
	char name[KEY_NAME_MAX + 1], value[CONF_VALUE_MAX + 1];
	const struct key *k;
	size_t n = 0;
	int ch;

	trim(&line, &len);
	ch = control(line, len);
	if (ch >= 0)
		return refuse(r, "", "control character 0x%02x", ch);
	if (!len || *line == '#')
		return 0;
	while (n < len && !is_blank(line[n]))
		n++;
	snprintf(name, sizeof(name), "%.*s", (int)n, line);
	k = n < sizeof(name) ? key_find(name) : NULL;
	if (!k)
		return refuse_key(r, name);
	line += n;
	len -= n;
	trim(&line, &len);
	if (len > CONF_VALUE_MAX)
		return refuse(r, name, "the value is over %d bytes",
			      CONF_VALUE_MAX);
	snprintf(value, sizeof(value), "%.*s", (int)len, line);
	return set_key(r, k, value);
}

int conf_parse(struct conf *c, const char *file, const char *text, size_t len,
	       struct conf_error *e)
{
	struct reader r = {.c = c, .file = file, .e = e};

	while (len) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) : len;
		int err;

		r.line++;
		err = parse_line(&r, text, n);
		if (err)
			return err;
		if (!newline)
			break;
		text += n + 1;
		len -= n + 1;
	}
	return 0;
}

/* A path in a home directory that there is not, or that is not an absolute
 * one, is left out of a default. */
static int set_default_list(struct conf *c, const struct key *k)
{
	char word[CONF_VALUE_MAX + 1];
	const char *text = k->def;
	bool first = true;

	while (parse_word(&text, word, sizeof(word)) > 0) {
		int err = key_set(c, k, word, first);

		if (err == -ENOMEM)
			return err;
		if (!err)
			first = false;
	}
	return 0;
}

static int set_default(struct conf *c, const struct key *k)
{
	if (!k->def)
		return 0;
	if (k->kind == KEY_LIST)
		return set_default_list(c, k);
	return key_set(c, k, k->def == key_peer_name ? c->name : k->def, true);
}

int conf_defaults(struct conf *c, const char *name)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", name);
	for (size_t i = 0; i < conf_key_count(); i++) {
		int err = set_default(c, conf_key(i));

		if (err) {
			conf_free(c);
			return err;
		}
	}
	return 0;
}

/* Says what only the whole shows: "KEY: text".  Always -EINVAL. */
__attribute__((format(printf, 2, 3))) static int wrong(struct conf_error *e,
						       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int family_check(const struct conf *c, const char *key, const char *addr,
			struct conf_error *e)
{
	int wanted = c->address_family == FAMILY_INET ? AF_INET : AF_INET6;
	int family;

	if (c->address_family == FAMILY_ANY || !addr ||
	    !parse_address(addr, &family) || family == wanted)
		return 0;
	return wrong(e, "%s: \"%s\" is not of the address-family %s", key, addr,
		     wanted == AF_INET ? "inet" : "inet6");
}

/* Only the first host is connected to from here. */
static int first_check(const struct conf *c, struct conf_error *e)
{
	struct conf_target first;

	conf_target(c, 0, &first);
	return family_check(c, first.hop ? "hop" : "server", first.host, e);
}

static int size_check(const struct conf *c, const char *key, int64_t size,
		      struct conf_error *e)
{
	if (!c->ipv6 || !size || size >= IPV6_MTU_MIN)
		return 0;
	return wrong(e, "%s: \"%d\" is less than IPv6 needs: %d, or ipv6 no",
		     key, (int)size, IPV6_MTU_MIN);
}

static int monitor_check(const struct conf *c, struct conf_error *e)
{
	int family;

	if (c->ipv6 || !c->monitor || !parse_address(c->monitor, &family) ||
	    family != AF_INET6)
		return 0;
	return wrong(e, "monitor: \"%s\" is not reached with ipv6 no",
		     c->monitor);
}

static bool any_ipv6(const struct conf_list *list, const char **which)
{
	struct conf_route r;

	for (size_t i = 0; i < list->n; i++)
		if (conf_route_parse(list->v[i], &r) && r.family == AF_INET6) {
			*which = list->v[i];
			return true;
		}
	return false;
}

/* Is there IPv6 in the configuration where the link has none? */
static int ipv6_check(const struct conf *c, struct conf_error *e)
{
	const char *key = NULL, *which = NULL;

	if (c->ipv6)
		return 0;
	if (any_ipv6(&c->route, &which))
		key = "route";
	else if (any_ipv6(&c->route_exclude, &which))
		key = "route-exclude";
	else if ((which = c->local_address6))
		key = "local-address6";
	else if ((which = c->remote_address6))
		key = "remote-address6";
	return key ? wrong(e, "%s: \"%s\" is of no use with ipv6 no", key,
			   which)
		   : 0;
}

static int address6_check(const struct conf *c, struct conf_error *e)
{
	struct conf_route local = {0};
	struct in6_addr remote;

	if (!c->remote_address6)
		return 0;
	if (!c->local_address6)
		return wrong(e,
			     "remote-address6: \"%s\" needs a local-address6",
			     c->remote_address6);
	if (conf_network_parse(c->local_address6, &local) &&
	    inet_pton(AF_INET6, c->remote_address6, &remote) == 1 &&
	    !memcmp(&remote, local.prefix, sizeof(remote)))
		return wrong(e,
			     "remote-address6: \"%s\" is the local-address6 as "
			     "well",
			     c->remote_address6);
	return 0;
}

static int redial_check(const struct conf *c, struct conf_error *e)
{
	char min[24], max[24];

	if (c->redial_max >= c->redial_min)
		return 0;
	return wrong(e, "redial-max: \"%s\" is less than the redial-min, %s",
		     format_duration(max, sizeof(max), c->redial_max),
		     format_duration(min, sizeof(min), c->redial_min));
}

/* Without PPP there is no interface that these keys could be about. */
static int ppp_check(const struct conf *c, struct conf_error *e)
{
	const char *key = c->monitor	   ? "monitor"
			  : c->route.n	   ? "route"
			  : c->dns.n	   ? "dns"
			  : c->peer_dns	   ? "peer-dns"
			  : c->fail_closed ? "fail-closed"
					   : NULL;

	if (c->ppp)
		return 0;
	if (!c->forward_local.n && !c->forward_remote.n)
		return wrong(e, "ppp: \"no\" needs a forward-local or a "
				"forward-remote");
	return key ? wrong(e, "%s: is of no use with ppp no", key) : 0;
}

int conf_validate(struct conf *c, struct conf_error *e)
{
	if (!c->server)
		return wrong(e, "server: missing; every peer needs one");
	if (c->local_address && c->remote_address &&
	    !strcmp(c->local_address, c->remote_address))
		return wrong(e,
			     "remote-address: \"%s\" is the local-address as "
			     "well",
			     c->remote_address);
	if (first_check(c, e) ||
	    family_check(c, "bind-address", c->bind_address, e) ||
	    size_check(c, "mtu", c->mtu, e) ||
	    size_check(c, "mru", c->mru, e) || monitor_check(c, e) ||
	    ipv6_check(c, e) || address6_check(c, e) || ppp_check(c, e) ||
	    redial_check(c, e))
		return -EINVAL;
	return 0;
}

static int parse_file(struct conf *c, const char *path, struct conf_error *e)
{
	char *text;
	size_t len;
	int err = file_read(path, FILE_GUARDED, CONF_FILE_MAX, &text, &len);

	if (err) {
		file_explain(path, FILE_GUARDED, err, e->text, sizeof(e->text));
		return err;
	}
	err = conf_parse(c, path, text, len, e);
	free(text);
	return err;
}

static int finish_file(struct conf *c, const char *path, struct conf_error *e)
{
	struct conf_error whole = {""};
	int err = conf_validate(c, &whole);

	if (err)
		snprintf(e->text, sizeof(e->text), "%.250s: %.250s", path,
			 whole.text);
	return err;
}

/* c has the defaults. */
static int parse_files(struct conf *c, const char *dir, const char *name,
		       struct conf_error *e)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/default.conf", dir);
	err = parse_file(c, path, e);
	if (err && err != -ENOENT)
		return err;
	snprintf(path, sizeof(path), "%s/%s.conf", dir, name);
	err = parse_file(c, path, e);
	if (err)
		return err;
	return finish_file(c, path, e);
}

int conf_load_from(struct conf *c, const char *dir, const char *name,
		   struct conf_error *e)
{
	struct shown s;
	int err;

	memset(c, 0, sizeof(*c));
	if (!parse_peer_name(name) || !strcmp(name, "default")) {
		snprintf(e->text, sizeof(e->text),
			 "\"%s\" is not the name of a peer: 1 to 32 of "
			 "A-Z a-z 0-9 . _ -, the first a letter or digit, "
			 "and not default",
			 show(&s, name));
		return -EINVAL;
	}
	err = conf_defaults(c, name);
	if (err)
		snprintf(e->text, sizeof(e->text), "%s", strerror(-err));
	else
		err = parse_files(c, dir, name, e);
	if (err)
		conf_free(c);
	return err;
}

int conf_load(struct conf *c, const char *name, struct conf_error *e)
{
	return conf_load_from(c, SYSCONFDIR "/sshdial", name, e);
}

void conf_free(struct conf *c)
{
	for (size_t i = 0; i < conf_key_count(); i++)
		key_clear(c, conf_key(i));
	memset(c, 0, sizeof(*c));
}

void conf_print(const struct conf *c, FILE *out)
{
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		const char *value;
		char buf[32];
		size_t n = 0;

		while ((value = key_value(c, k, n, buf, sizeof(buf)))) {
			fprintf(out, "%s %s\n", k->name, value);
			n++;
		}
		if (!n && k->optional)
			fprintf(out, "%s none\n", k->name);
	}
}
