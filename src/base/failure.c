// SPDX-License-Identifier: ISC
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>

bool failure_is_set(const struct failure *f)
{
	return f->reason != REASON_NONE;
}

int fail(struct failure *f, enum reason reason, const char *fmt, ...)
{
	va_list ap;

	/* The first failure is the cause; what fails after it only follows. */
	if (failure_is_set(f))
		return -1;
	f->reason = reason;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return -1;
}
