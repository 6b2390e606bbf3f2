// SPDX-License-Identifier: ISC
/*
 * xauth(1) knows the cookies, in a file that only the caller may read, and is
 * asked before the session starts, which may read no file.  An X server without
 * a cookie is not an error: it may admit us for another reason (xhost(1)).
 */
#include "verbs/xauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/util.h"

#define XAUTH_MS 10000 /* xauth(1) waits for the lock of its file */

/* Writes the output of xauth(1) to text, cut to fit; "" if it failed. */
static void list_cookies(const char *name, char *text, size_t size)
{
	char *copy = strdup(name), *argv[] = {(char[]){"xauth"}, (char[]){"-i"},
					      (char[]){"list"}, copy, NULL};
	const struct child_program program = {
		"xauth",
		argv,
		environ,
		{CHILD_NULL, CHILD_OUTPUT, CHILD_NULL, CHILD_CLOSED}};
	struct child c;
	int status;

	text[0] = 0;
	if (!copy || child_start(&c, &program) < 0)
		goto out;
	if (!child_wait(&c, XAUTH_MS,
			&(struct child_sink){.text = text, .size = size},
			&status) ||
	    status)
		text[0] = 0;
out:
	free(copy);
}

int xauth_display(struct display *d, struct failure *f)
{
	const char *name = getenv("DISPLAY");
	char text[8192], local[32], protocol[32], hex[64];

	if (!name || !*name)
		return fail(f, REASON_CONFIG, "-X: DISPLAY is not set");
	if (!display_parse(name, d))
		return fail(
			f, REASON_CONFIG,
			"-X: DISPLAY \"%.100s\" is not :N, unix:N, HOST:N, "
			"[ADDRESS]:N or a path",
			log_printable(text, sizeof(text), name, strlen(name)));
	/* xauth lists the cookies of localhost and of a path under the number
	 * of the display. */
	if (!strcmp(d->host, "localhost")) {
		snprintf(local, sizeof(local), "unix%s", strrchr(name, ':'));
		name = local;
	} else if (*name == '/' && !strncmp(strrchr(name, '/'), "/X", 2)) {
		snprintf(local, sizeof(local), ":%.20s",
			 strrchr(name, '/') + 2);
		name = local;
	}
	list_cookies(name, text, sizeof(text));
	/* The first cookie that fits, of lines such as
	 * "HOST/unix:0  MIT-MAGIC-COOKIE-1  6f4e...". */
	d->has_cookie = false;
	for (const char *p = text; *p && !d->has_cookie;
	     p += strcspn(p, "\n"), p += *p == '\n')
		d->has_cookie =
			sscanf(p, "%*s %31s %63s", protocol, hex) == 2 &&
			!strcmp(protocol, COOKIE_PROTOCOL) &&
			display_cookie(hex, d->cookie);
	wipe(text, sizeof(text));
	if (!d->has_cookie)
		log_debug("xauth knows no cookie for %s", getenv("DISPLAY"));
	return 0;
}
