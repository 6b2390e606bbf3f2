// SPDX-License-Identifier: ISC
#include "base/sink.h"

#include <syslog.h>

void sink_open(void)
{
	closelog();
	openlog("sshdial", LOG_PID, LOG_DAEMON);
}

void sink_line(int level, const char *line)
{
	static const int priority[] = {LOG_ERR, LOG_WARNING, LOG_INFO,
				       LOG_DEBUG};

	syslog(priority[level & 3], "%s", line);
}
