/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/parse.h"
#include "base/util.h"
#include "conf/keys.h"

/* sshdial.conf(5) against the table of keys. */

#define MANUAL "docs/sshdial.conf.5"
#define ITEM   "\n.It Ic "

static char *manual;

static int setup(void **state)
{
	size_t len;

	(void)state;
	if (!file_read(MANUAL, FILE_ANY, 1 << 20, &manual, &len))
		return 0;
	print_error(MANUAL ": not found; run this at the top of the tree\n");
	return -1;
}

static int teardown(void **state)
{
	(void)state;
	free(manual);
	return 0;
}

/* The paragraph of a key, from its name to the next item or heading. */
static char *paragraph(const struct key *k)
{
	char item[64];
	const char *start;
	size_t len = 0;

	snprintf(item, sizeof(item), ITEM "%s ", k->name);
	start = strstr(manual, item);
	if (!start)
		fail_msg("no paragraph for %s", k->name);
	do
		len += strcspn(start + len + 1, "\n") + 1;
	while (strncmp(start + len, "\n.It", 4) &&
	       strncmp(start + len, "\n.El", 4));
	return strndup(start, len);
}

static void says(const struct key *k, const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("the paragraph of %s does not say \"%s\"", k->name,
			 part);
}

static void says_default(const struct key *k, const char *text)
{
	static const char sysconfdir[] = SYSCONFDIR "/sshdial/";
	const char *def = k->def, *tail = strstr(text, " default is ");
	char word[256];

	if (!tail)
		tail = strstr(text, " default is\n");
	if (!def) {
		if (k->optional)
			says(k, tail, " is none");
		return;
	}
	if (k->kind != KEY_LIST) {
		says(k, tail, def);
		return;
	}
	while (parse_word(&def, word, sizeof(word)) > 0) {
		size_t skip = strlen(sysconfdir);

		if (strncmp(word, sysconfdir, skip))
			skip = 0;
		says(k, tail, word + skip);
	}
}

static void says_range(const struct key *k, const char *text)
{
	char low[24], high[24];

	if (k->kind == KEY_TIME) {
		format_duration(low, sizeof(low), k->min);
		format_duration(high, sizeof(high), k->max);
	} else {
		snprintf(low, sizeof(low), "%" PRId64, k->min);
		snprintf(high, sizeof(high), "%" PRId64, k->max);
	}
	says(k, text, low);
	says(k, text, high);
}

static void test_paragraphs(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const struct key *k = conf_key(i);
		char *text = paragraph(k);

		says_default(k, text);
		if (k->kind == KEY_NUMBER || k->kind == KEY_TIME)
			says_range(k, text);
		for (size_t w = 0; k->words && k->words[w]; w++)
			says(k, text, k->words[w]);
		if (k->kind == KEY_LIST)
			says(k, text, "Repeatable");
		if (k->optional)
			says(k, text, "ptional");
		else
			assert_null(strstr(text, "ptional"));
		free(text);
	}
}

/* The keys of the table in its order, and no others. */
static void test_order(void **state)
{
	const char *p = manual;

	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		const char *name = conf_key(i)->name;

		p = strstr(p, ITEM);
		assert_non_null(p);
		p += strlen(ITEM);
		if (strncmp(p, name, strlen(name)) || p[strlen(name)] != ' ')
			fail_msg("%.20s is where %s is expected", p, name);
	}
	assert_null(strstr(p, ITEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paragraphs),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
