/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_KEYS_H
#define SSHDIAL_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;

/*
 * The table of keys: the only place that knows their names, types, ranges and
 * defaults.  A new key is a field of struct conf, a row here and a paragraph
 * in sshdial.conf(5).
 */
#define KEYS_MAX 64

enum key_kind {
	KEY_TEXT,   /* char *, NULL for none */
	KEY_LIST,   /* struct conf_list: a repeatable key */
	KEY_NUMBER, /* int64_t, 0 for none */
	KEY_TIME,   /* int64_t in milliseconds; -i: the i-th of `words` */
	KEY_WORD,   /* int64_t, an index into `words` */
	KEY_YESNO,  /* bool */
};

/* What a text has to be. */
struct key_form {
	bool (*check)(const char *s);
	const char *allowed; /* for people */
	/* "~/", as path_expand(); or NULL */
	int (*expand)(const char *s, char *out, size_t size);
	/* what is right and near to it, into out; or NULL */
	bool (*suggest)(const char *s, char *out, size_t size);
};

struct key {
	const char *name;
	const char *help;
	const char *def; /* as text, NULL for none; a list's values
					stand between blanks */
	size_t offset;	 /* into struct conf */
	enum key_kind kind;
	const struct key_form *form; /* KEY_TEXT, KEY_LIST: what is allowed */
	const char *const *words;    /* KEY_WORD, KEY_TIME: ends with NULL */
	int64_t min, max;	     /* KEY_NUMBER, KEY_TIME; of KEY_LIST how
				many values */
	bool optional;		     /* may be without a value: takes "none" */
};

/* The default of a key whose default is the name of the peer. */
extern const char key_peer_name[];

/* How many rows the table has. */
size_t conf_key_count(void);

/* The rows in the order of the manual page. */
const struct key *conf_key(size_t i);

/* The row with this name, or NULL. */
const struct key *key_find(const char *name);

/* The key that somebody who wrote `name` may have meant, or NULL. */
const char *key_nearest(const char *name);

/* What the key takes, for people: "a number from 1 to 65535".  Returns out. */
const char *key_allowed(const struct key *k, char *out, size_t size);

/*
 * Sets a key from text.  `first` is true for the first value in a file, which
 * replaces what a list had before.  0, or with c unchanged:
 * -EINVAL		not what key_allowed() says
 * -E2BIG		the list is full
 * -EEXIST		"none" and another value in one list
 * -ENOENT		"~/" and no home directory
 * -ENAMETOOLONG	over CONF_VALUE_MAX with the home directory
 * -ENOMEM
 */
int key_set(struct conf *c, const struct key *k, const char *value, bool first);

/* Makes the key one without a value and frees what it had. */
void key_clear(struct conf *c, const struct key *k);

/*
 * The n-th value of a key as text, in buf (24 bytes or more) where it is not
 * in c; NULL where there are no more.
 */
const char *key_value(const struct conf *c, const struct key *k, size_t n,
		      char *buf, size_t size);

#endif
