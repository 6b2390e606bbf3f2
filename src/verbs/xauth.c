// SPDX-License-Identifier: ISC
#include "verbs/xauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/util.h"

#define XAUTH_MS 10000

/* Runs xauth(1) as the caller, who may read the file.  Its output goes to
 * text, cut to what fits; "" if it failed. */
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

/* Lines of "host/unix:0  MIT-MAGIC-COOKIE-1  6f4e..." */
static bool find_cookie(const char *text, uint8_t cookie[COOKIE_SIZE])
{
	char protocol[32], hex[64];

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (sscanf(text, "%*s %31s %63s", protocol, hex) == 2 &&
		    !strcmp(protocol, COOKIE_PROTOCOL) &&
		    display_cookie(hex, cookie))
			return true;
	return false;
}

int xauth_display(struct display *d, struct failure *f)
{
	const char *name = getenv("DISPLAY");
	char text[8192], local[32];

	if (!name || !*name)
		return fail(f, REASON_CONFIG,
			    "-X: there is no DISPLAY to forward");
	if (!display_parse(name, d))
		return fail(
			f, REASON_CONFIG,
			"-X: DISPLAY \"%.100s\" is not :N, unix:N, HOST:N, "
			"[ADDRESS]:N or a path",
			log_printable(text, sizeof(text), name, strlen(name)));
	/* Cookies of localhost and of a path are kept as those of a number. */
	if (!strcmp(d->host, "localhost")) {
		snprintf(local, sizeof(local), "unix%s", strrchr(name, ':'));
		name = local;
	} else if (*name == '/' && !strncmp(strrchr(name, '/'), "/X", 2)) {
		snprintf(local, sizeof(local), ":%.20s",
			 strrchr(name, '/') + 2);
		name = local;
	}
	list_cookies(name, text, sizeof(text));
	d->has_cookie = find_cookie(text, d->cookie);
	wipe(text, sizeof(text));
	if (!d->has_cookie)
		log_debug("xauth knows no cookie of %s", getenv("DISPLAY"));
	return 0;
}
