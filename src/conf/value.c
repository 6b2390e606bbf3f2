// SPDX-License-Identifier: ISC
/*
 * The values of keys: from text into struct conf, and back.  A row of the table
 * gives the offset of a field, its kind gives the field's type (keys.h lists
 * the kinds and types), so that nothing here knows a single key.
 *
 * A new value is checked and copied before the old one is freed: after an
 * error the struct is as it was.
 */
#include "conf/keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"
#include "base/util.h"
#include "conf/conf.h"

static void *key_field(struct conf *c, const struct key *k)
{
	return (char *)c + k->offset;
}

/* Expands and checks a text.  Returns 0 with a copy to free, or an error of
 * key_set(). */
static int copy_checked(const struct key_form *form, const char *value,
			char **copy)
{
	char full[CONF_VALUE_MAX + 1];
	int r;

	if (form->expand) {
		r = form->expand(value, full, sizeof(full));
		if (r)
			return r;
		value = full;
	}
	if (!form->check(value))
		return -EINVAL;
	*copy = strdup(value);
	return *copy ? 0 : -ENOMEM;
}

/* Appends a value, which the list then owns.  The array doubles when it is
 * full, that is at each power of two.  Returns 0 or -ENOMEM. */
static int list_add(struct conf_list *list, char *value)
{
	size_t n = list->n;

	if (!(n & (n - 1))) {
		char **v = realloc(list->v, (n ? 2 * n : 1) * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
	}
	list->v[list->n++] = value;
	return 0;
}

static int set_list_key(struct conf *c, const struct key *k, const char *value,
			bool first)
{
	struct conf_list *list = key_field(c, k), fresh = {0};
	char *copy;
	int r;

	/* An empty list that is not at its first line was set to "none", and
	 * a value beside that is a contradiction. */
	if (!first && !list->n)
		return -EEXIST;
	if (!first && list->n >= (size_t)k->max)
		return -E2BIG;
	r = copy_checked(k->form, value, &copy);
	if (r)
		return r;
	r = list_add(first ? &fresh : list, copy);
	/* The first line of a file replaces what a file before it, or the
	 * default, has set; the old list lives until here. */
	if (r) {
		free(copy);
	} else if (first) {
		key_clear(c, k);
		*list = fresh;
	}
	return r;
}

/* The index of a word that the key takes, or -1. */
static int word_index(const struct key *k, const char *value)
{
	for (int i = 0; k->words && k->words[i]; i++)
		if (!strcmp(k->words[i], value))
			return i;
	return -1;
}

int key_set(struct conf *c, const struct key *k, const char *value, bool first)
{
	void *field = key_field(c, k);
	int word = word_index(k, value), r;
	char *copy;
	int64_t ms;

	if (k->optional && !strcmp(value, "none")) {
		if (!first)
			return -EEXIST;
		key_clear(c, k);
		return 0;
	}
	switch (k->kind) {
	case KEY_TEXT:
		r = copy_checked(k->form, value, &copy);
		if (r)
			return r;
		key_clear(c, k);
		*(char **)field = copy;
		return 0;
	case KEY_LIST:
		return set_list_key(c, k, value, first);
	case KEY_NUMBER:
		return parse_int(value, k->min, k->max, field) ? 0 : -EINVAL;
	case KEY_TIME:
		/* A word in the place of a time is stored as 0, -1, -2 ... */
		ms = -word;
		if (word < 0 &&
		    (!parse_duration(value, &ms) || ms < k->min || ms > k->max))
			return -EINVAL;
		*(int64_t *)field = ms;
		return 0;
	case KEY_WORD:
		if (word < 0)
			return -EINVAL;
		*(int64_t *)field = word;
		return 0;
	case KEY_YESNO:
		return parse_bool(value, field) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

void key_clear(struct conf *c, const struct key *k)
{
	struct conf_list *list;
	char **text;

	switch (k->kind) {
	case KEY_TEXT:
		text = key_field(c, k);
		free(*text);
		*text = NULL;
		break;
	case KEY_LIST:
		list = key_field(c, k);
		while (list->n)
			free(list->v[--list->n]);
		free(list->v);
		list->v = NULL;
		break;
	case KEY_NUMBER:
	case KEY_TIME:
	case KEY_WORD:
		*(int64_t *)key_field(c, k) = 0;
		break;
	case KEY_YESNO:
		*(bool *)key_field(c, k) = false;
		break;
	}
}

const char *key_value(const struct conf *c, const struct key *k, size_t n,
		      char *buf, size_t size)
{
	const void *field = (const char *)c + k->offset;
	const struct conf_list *list = field;
	int64_t number;

	if (k->kind == KEY_LIST)
		return n < list->n ? list->v[n] : NULL;
	if (n)
		return NULL;
	switch (k->kind) {
	case KEY_NUMBER:
		number = *(const int64_t *)field;
		if (!number && k->optional)
			return NULL;
		snprintf(buf, size, "%" PRId64, number);
		return buf;
	case KEY_TIME:
		number = *(const int64_t *)field;
		/* The reverse of key_set(): 0, -1, -2 ... are words. */
		if (number <= 0 && k->words)
			return k->words[-number];
		return format_duration(buf, size, number);
	case KEY_WORD:
		return k->words[*(const int64_t *)field];
	case KEY_YESNO:
		return *(const bool *)field ? "yes" : "no";
	case KEY_TEXT:
	case KEY_LIST:
		break;
	}
	return *(char *const *)field;
}
