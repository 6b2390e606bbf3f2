// SPDX-License-Identifier: ISC
/*
 * Reads the configuration of a peer: the defaults, then default.conf, then the
 * file of the peer.  A file is lines of "KEY VALUE"; blank lines and lines that
 * begin with # mean nothing.  The table in keys.c says which keys there are,
 * what they take, and where in struct conf the value goes; value.c stores it;
 * validate.c looks at the whole.  This file knows no key by name.
 *
 * A key that was given in one file and again in the next is replaced: the last
 * file wins.  That holds for lists as well, so that a peer can replace what
 * default.conf says: the first value of a list in a file empties it, the
 * others are appended.  A key that is no list may stand only once in a file,
 * because two lines that contradict each other are a mistake.
 *
 * Parsing is pure: conf_parse() sees bytes, not files, and is fuzzed.  All
 * that a message repeats from a file is made printable first.
 */
#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "conf/keys.h"

#define KEY_NAME_MAX 32 /* bytes of the name of a key, as written */
#define SHOWN_MAX    48 /* bytes of a value that a message repeats */

/* One file while it is parsed. */
struct reader {
	struct conf *c;
	const char *file;
	unsigned int line;
	unsigned int seen[KEYS_MAX]; /* line of the key's first value, or 0 */
	struct conf_error *e;
};

/* Prints "FILE:LINE: KEY: text"; key may be "".  Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) static int
refuse_line(const struct reader *r, const char *key, const char *fmt, ...)
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

/* A value as messages show it: printable, and cut if it is long. */
struct shown {
	char text[SHOWN_MAX * sizeof("\\xNN") + sizeof("...")];
};

static const char *show_value(struct shown *s, const char *value)
{
	size_t len = strlen(value);
	bool cut = len > SHOWN_MAX;

	log_printable(s->text, sizeof(s->text), value, cut ? SHOWN_MAX : len);
	if (cut)
		memcpy(strchr(s->text, '\0'), "...", sizeof("..."));
	return s->text;
}

/* Explains an error of key_set().  Returns -EINVAL, or `error' if that is none
 * of the value. */
static int refuse_value(const struct reader *r, const struct key *k,
			const char *value, int error)
{
	char allowed[160], right[CONF_VALUE_MAX];
	struct shown s;

	show_value(&s, value);
	switch (error) {
	case -EINVAL:
		if (k->form && k->form->suggest &&
		    k->form->suggest(value, right, sizeof(right)))
			return refuse_line(r, k->name,
					   "\"%s\" has bits set beyond its "
					   "length; did you mean %s?",
					   s.text, right);
		return refuse_line(r, k->name, "\"%s\" is not %s", s.text,
				   key_allowed(k, allowed, sizeof(allowed)));
	case -E2BIG:
		return refuse_line(r, k->name,
				   "\"%s\" is one too many; at most %d are "
				   "allowed",
				   s.text, (int)k->max);
	case -EEXIST:
		return refuse_line(r, k->name,
				   "\"%s\": none cannot stand beside other "
				   "values",
				   s.text);
	case -ENOENT:
		return refuse_line(r, k->name,
				   "\"%s\": there is no home directory; set "
				   "HOME",
				   s.text);
	case -ENAMETOOLONG:
		return refuse_line(r, k->name, "\"%s\" is too long", s.text);
	}
	refuse_line(r, k->name, "%s", strerror(-error));
	return error;
}

static int set_value(struct reader *r, const struct key *k, const char *value)
{
	unsigned int *seen = &r->seen[k - conf_key(0)];
	char allowed[160];
	int err;

	if (!*value)
		return refuse_line(r, k->name, "no value; it takes %s",
				   key_allowed(k, allowed, sizeof(allowed)));
	if (*seen && k->kind != KEY_LIST)
		return refuse_line(r, k->name, "given twice, first in line %u",
				   *seen);
	err = key_set(r->c, k, value, !*seen);
	if (err)
		return refuse_value(r, k, value, err);
	if (!*seen)
		*seen = r->line;
	return 0;
}

/* Takes off the blanks at both ends, and the carriage return of a DOS line. */
static void trim(const char **line, size_t *len)
{
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	while (*len && isblank((unsigned char)(*line)[*len - 1]))
		--*len;
	while (*len && isblank((unsigned char)**line)) {
		++*line;
		--*len;
	}
}

/* Parses one line, without its newline. */
static int parse_conf_line(struct reader *r, const char *line, size_t len)
{
	char name[KEY_NAME_MAX + 1], value[CONF_VALUE_MAX + 1];
	const struct key *k;
	struct shown s;
	size_t n = 0;

	trim(&line, &len);
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = line[i];

		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return refuse_line(r, "", "control character 0x%02x",
					   ch);
	}
	if (!len || *line == '#')
		return 0;
	while (n < len && !isblank((unsigned char)line[n]))
		n++;
	snprintf(name, sizeof(name), "%.*s", (int)n, line);
	k = n < sizeof(name) ? key_find(name) : NULL;
	if (!k) {
		const char *nearest = key_nearest(name);

		return refuse_line(r, show_value(&s, name), "unknown key%s%s%s",
				   nearest ? "; did you mean " : "",
				   nearest ? nearest : "", nearest ? "?" : "");
	}
	line += n;
	len -= n;
	trim(&line, &len);
	if (len > CONF_VALUE_MAX)
		return refuse_line(r, name, "the value is longer than %d bytes",
				   CONF_VALUE_MAX);
	snprintf(value, sizeof(value), "%.*s", (int)len, line);
	return set_value(r, k, value);
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
		err = parse_conf_line(&r, text, n);
		if (err)
			return err;
		if (!newline)
			break;
		text += n + 1;
		len -= n + 1;
	}
	return 0;
}

/* A default that is a list leaves out paths in a home directory that does not
 * exist, or is not absolute. */
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

int conf_defaults(struct conf *c, const char *name)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", name);
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		int err = 0;

		if (k->def == key_peer_name)
			err = key_set(c, k, c->name, true);
		else if (k->def && k->kind == KEY_LIST)
			err = set_default_list(c, k);
		else if (k->def)
			err = key_set(c, k, k->def, true);
		if (err) {
			conf_free(c);
			return err;
		}
	}
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

/* Reads both files into a c that has the defaults. */
static int parse_files(struct conf *c, const char *dir, const char *name,
		       struct conf_error *e)
{
	struct conf_error whole = {""};
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
	err = conf_validate(c, &whole);
	if (err)
		snprintf(e->text, sizeof(e->text), "%.250s: %.250s", path,
			 whole.text);
	return err;
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
			 "A-Z a-z 0-9 . _ -, beginning with a letter or digit, "
			 "and not default",
			 show_value(&s, name));
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
