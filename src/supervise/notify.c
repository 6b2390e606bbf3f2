// SPDX-License-Identifier: ISC
#include "supervise/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/parse.h"

void notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	char text[512];
	va_list ap;
	int fd;

	if (!len || len >= sizeof(sa.sun_path) || !strchr("/@", path[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(sa.sun_path, path, len);
	if (path[0] == '@') /* an abstract socket, unix(7) */
		sa.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&sa,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

int64_t notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");
	int64_t n;

	if (pid && (!parse_int(pid, 1, INT32_MAX, &n) || n != getpid()))
		return 0;
	if (!usec || !parse_int(usec, 1, INT64_C(1) << 50, &n))
		return 0;
	/* Half of it, in ms, as sd_watchdog_enabled(3) advises. */
	return n / 2000;
}
