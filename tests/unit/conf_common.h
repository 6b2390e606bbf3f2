/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_COMMON_H
#define SSHDIAL_CONF_COMMON_H

/* What the tests of conf_parse() share; cmocka.h comes before. */

#include <errno.h>
#include <string.h>
#include "conf/conf.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define FILE_NAME "x.conf"

/* One line of printable ASCII. */
static void sound(const struct conf_error *e)
{
	assert_true(*e->text);
	assert_true(memchr(e->text, 0, sizeof(e->text)));
	for (const char *s = e->text; *s; s++)
		if (*s < ' ' || *s > '~')
			fail_msg("byte 0x%02x in a message", *s & 0xff);
}

/* The defaults and then the text; empty where that is refused. */
static int parse_bytes(struct conf *c, const char *text, size_t len,
		       struct conf_error *e)
{
	int r;

	memset(e, 0, sizeof(*e));
	assert_int_equal(conf_defaults(c, "office"), 0);
	r = conf_parse(c, FILE_NAME, text, len, e);
	if (r) {
		sound(e);
		conf_free(c);
	}
	return r;
}

static void takes(struct conf *c, const char *text)
{
	struct conf_error e;

	if (parse_bytes(c, text, strlen(text), &e))
		fail_msg("%s", e.text);
}

static struct conf_error refuses(const char *text)
{
	struct conf_error e;
	struct conf c;

	assert_int_equal(parse_bytes(&c, text, strlen(text), &e), -EINVAL);
	return e;
}

#endif
