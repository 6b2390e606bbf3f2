/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"
#include "base/util.h"
#include "conf/conf.h"
#include "conf/keys.h"

/* The values of keys: from text into struct conf and back. */

static void *field_of(struct conf *c, const struct key *k)
{
	return (char *)c + k->offset;
}

static const void *value_of(const struct conf *c, const struct key *k)
{
	return (const char *)c + k->offset;
}

/* A checked copy of a text, its "~/" expanded. */
static int take_text(const struct key_form *form, const char *value,
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

static int set_text(struct conf *c, const struct key *k, const char *value)
{
	char **text = field_of(c, k);
	char *copy;
	int r = take_text(k->form, value, &copy);

	if (r)
		return r;
	free(*text);
	*text = copy;
	return 0;
}

/* The memory doubles each time that it is full. */
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

static int set_list(struct conf *c, const struct key *k, const char *value,
		    bool first)
{
	struct conf_list *list = field_of(c, k), fresh = {0};
	char *copy;
	int r;

	if (!first && !list->n)
		return -EEXIST;
	if (!first && list->n >= (size_t)k->max)
		return -E2BIG;
	r = take_text(k->form, value, &copy);
	if (r)
		return r;
	r = list_add(first ? &fresh : list, copy);
	if (r) {
		free(copy);
	} else if (first) {
		key_clear(c, k);
		*list = fresh;
	}
	return r;
}

static int word_index(const struct key *k, const char *value)
{
	for (int i = 0; k->words && k->words[i]; i++)
		if (!strcmp(k->words[i], value))
			return i;
	return -1;
}

static int set_time(struct conf *c, const struct key *k, const char *value)
{
	int word = word_index(k, value);
	int64_t ms = -word;

	if (word < 0 &&
	    (!parse_duration(value, &ms) || ms < k->min || ms > k->max))
		return -EINVAL;
	*(int64_t *)field_of(c, k) = ms;
	return 0;
}

static int set_word(struct conf *c, const struct key *k, const char *value)
{
	int word = word_index(k, value);

	if (word < 0)
		return -EINVAL;
	*(int64_t *)field_of(c, k) = word;
	return 0;
}

int key_set(struct conf *c, const struct key *k, const char *value, bool first)
{
	if (k->optional && !strcmp(value, "none")) {
		if (!first)
			return -EEXIST;
		key_clear(c, k);
		return 0;
	}
	switch (k->kind) {
	case KEY_TEXT:
		return set_text(c, k, value);
	case KEY_LIST:
		return set_list(c, k, value, first);
	case KEY_NUMBER:
		return parse_int(value, k->min, k->max, field_of(c, k))
			       ? 0
			       : -EINVAL;
	case KEY_TIME:
		return set_time(c, k, value);
	case KEY_WORD:
		return set_word(c, k, value);
	case KEY_YESNO:
		return parse_bool(value, field_of(c, k)) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static void clear_list(struct conf_list *list)
{
	while (list->n)
		free(list->v[--list->n]);
	free(list->v);
	list->v = NULL;
}

void key_clear(struct conf *c, const struct key *k)
{
	char **text;

	switch (k->kind) {
	case KEY_TEXT:
		text = field_of(c, k);
		free(*text);
		*text = NULL;
		break;
	case KEY_LIST:
		clear_list(field_of(c, k));
		break;
	case KEY_NUMBER:
	case KEY_TIME:
	case KEY_WORD:
		*(int64_t *)field_of(c, k) = 0;
		break;
	case KEY_YESNO:
		*(bool *)field_of(c, k) = false;
		break;
	}
}

static const char *number_text(const struct key *k, int64_t n, char *buf,
			       size_t size)
{
	if (!n && k->optional)
		return NULL;
	snprintf(buf, size, "%" PRId64, n);
	return buf;
}

static const char *time_text(const struct key *k, int64_t ms, char *buf,
			     size_t size)
{
	return ms <= 0 && k->words ? k->words[-ms]
				   : format_duration(buf, size, ms);
}

const char *key_value(const struct conf *c, const struct key *k, size_t n,
		      char *buf, size_t size)
{
	const void *p = value_of(c, k);
	const struct conf_list *list = p;

	if (k->kind == KEY_LIST)
		return n < list->n ? list->v[n] : NULL;
	if (n)
		return NULL;
	switch (k->kind) {
	case KEY_NUMBER:
		return number_text(k, *(const int64_t *)p, buf, size);
	case KEY_TIME:
		return time_text(k, *(const int64_t *)p, buf, size);
	case KEY_WORD:
		return k->words[*(const int64_t *)p];
	case KEY_YESNO:
		return *(const bool *)p ? "yes" : "no";
	case KEY_TEXT:
	case KEY_LIST:
		break;
	}
	return *(char *const *)p;
}
