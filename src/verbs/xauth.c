// SPDX-License-Identifier: ISC
#include "verbs/xauth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"

/* xauth(1) as the caller, who may read the file; what it says is not shown. */
static void run_xauth(int out, const char *name)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	execlp("xauth", "xauth", "-i", "list", name, NULL);
	_exit(127);
}

/* Its output in text, cut to what fits; "" where it failed. */
static void ask_xauth(const char *name, char *text, size_t size)
{
	size_t used = 0;
	int out[2], status;
	ssize_t n;
	pid_t pid;

	text[0] = 0;
	if (pipe2(out, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (!pid)
		run_xauth(out[1], name);
	close(out[1]);
	while (pid > 0 && used + 1 < size) {
		n = read(out[0], text + used, size - 1 - used);
		if (n <= 0 && (!n || errno != EINTR))
			break;
		used += n > 0 ? (size_t)n : 0;
	}
	text[used] = 0;
	close(out[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
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
	ask_xauth(name, text, sizeof(text));
	d->has_cookie = find_cookie(text, d->cookie);
	wipe(text, sizeof(text));
	if (!d->has_cookie)
		log_debug("xauth knows no cookie of %s", getenv("DISPLAY"));
	return 0;
}
