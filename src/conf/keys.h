/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_KEYS_H
#define SSHDIAL_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;

/*
 * The table of keys.  No other place knows their names, types, ranges and
 * defaults.  A new key takes a field of struct conf, a row of the table and a
 * paragraph in sshdial.conf(5).
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

/* The form that a text must have. */
struct key_form {
	bool (*check)(const char *s);
	const char *allowed; /* for people */
	/* Expands "~/" as path_expand() does; or NULL. */
	int (*expand)(const char *s, char *out, size_t size);
	/* Writes the value that was probably meant to out; false if it knows
	 * none.  Or NULL. */
	bool (*suggest)(const char *s, char *out, size_t size);
};

struct key {
	const char *name;
	const char *def; /* the default as text; NULL: none.  The values of a
			  * list stand between blanks. */
	size_t offset;	 /* into struct conf */
	enum key_kind kind;
	const struct key_form *form; /* of KEY_TEXT and KEY_LIST */
	const char *const *words;    /* KEY_WORD, KEY_TIME; ends with NULL */
	int64_t min, max; /* of KEY_NUMBER and KEY_TIME.  KEY_LIST: max is how
			   * many values there may be. */
	bool optional;	  /* it may have no value, and takes "none" */
};

/* As `def`: the default is the name of the peer. */
extern const char key_peer_name[];

/* The number of rows of the table. */
size_t conf_key_count(void);

/* Row i of the table, in the order of the manual page. */
const struct key *conf_key(size_t i);

/* The key with this name, or NULL. */
const struct key *key_find(const char *name);

/* The key that was probably meant by `name`, or NULL. */
const char *key_nearest(const char *name);

/* Says for people which values the key takes: "a number from 1 to 65535".
 * Returns out. */
const char *key_allowed(const struct key *k, char *out, size_t size);

/*
 * Sets a key from text.  `first` is true for the first value in a file, which
 * replaces the values that a list had before.  Returns 0, or with c unchanged:
 * -EINVAL		the text is not what key_allowed() says
 * -E2BIG		the list is full
 * -EEXIST		"none" beside another value in one list
 * -ENOENT		"~/", and there is no home directory
 * -ENAMETOOLONG	longer than CONF_VALUE_MAX with the home directory
 * -ENOMEM
 */
int key_set(struct conf *c, const struct key *k, const char *value, bool first);

/* Removes the value of the key, or all values of a list, and frees them. */
void key_clear(struct conf *c, const struct key *k);

/*
 * The n-th value of a key as text, counted from 0; NULL if there is none.  It
 * is in buf, of at least 24 bytes, or in c.
 */
const char *key_value(const struct conf *c, const struct key *k, size_t n,
		      char *buf, size_t size);

#endif
