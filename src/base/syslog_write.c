// SPDX-License-Identifier: ISC
#include "base/syslog_write.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/*
 * syslog(3) waits for a syslogd that does not read, and we must not: a line
 * that /dev/log does not take at once is lost.  The form is what syslog(3)
 * itself writes there (RFC 3164, 4.1, without the host).
 */
void syslog_write(int level, const char *line)
{
	static const int severity[] = {LOG_ERR, LOG_WARNING, LOG_INFO,
				       LOG_DEBUG};
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char text[1200], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int fd, n;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	n = snprintf(text, sizeof(text), "<%d>%s sshdial[%d]: %s",
		     LOG_DAEMON | severity[level & 3], when, (int)getpid(),
		     line);
	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	if (n > 0)
		sendto(fd, text, (size_t)n, MSG_NOSIGNAL,
		       (struct sockaddr *)&to, sizeof(to));
	close(fd);
}
