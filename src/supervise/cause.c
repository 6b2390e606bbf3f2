// SPDX-License-Identifier: ISC
#include "supervise/cause.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/util.h"
#include "route/apply.h"
#include "supervise/supervisor_state.h"

void cause_end_session(struct supervisor *v, enum reason reason,
		       const char *fmt, ...)
{
	char text[sizeof(v->cause.text)];
	va_list ap;

	if (!v->attempt.running)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail(&v->cause, reason, "%s", text);
	link_raise(&v->events, LINK_LOST);
}

void supervisor_drop_link(struct supervisor *v, const char *why)
{
	if (!v->attempt.running)
		return;
	fail(&v->cause, REASON_ADDRESS, "%s", why);
	link_raise(&v->events, LINK_UNUSABLE);
}

bool supervisor_check_addresses(struct supervisor *v, const char *interface,
				const char *local, const char *remote,
				char *why, size_t size)
{
	struct route_link l = {
		.interface = interface[0] ? interface : NULL,
		.local = local,
		.remote = remote,
		.server = v->server,
		.account = (uid_t)-1,
	};

	if (!routes_refused(v->conf, &l, why, size))
		return true;
	supervisor_drop_link(v, why);
	return false;
}

/*
 * Our own cause comes first, because the other two follow from it.  If pppd
 * says that it could never have worked, that explains more than the end of the
 * session, which follows from pppd's.
 */
void cause_choose(struct supervisor *v)
{
	static const enum reason of_pppd[] = {
		REASON_PPP_AUTH, REASON_PPP_NEGOTIATION, REASON_PPPD_OPTIONS,
		REASON_PPPD_PRIVILEGE, REASON_NO_KERNEL_PPP};
	const struct failure *pppd = &v->line.end;

	v->last = failure_is_set(&v->cause) ? v->cause : v->attempt.end;
	for (size_t i = 0; i < COUNT(of_pppd); i++)
		if (pppd->reason == of_pppd[i])
			v->last = *pppd;
}

void cause_session_over(struct supervisor *v)
{
	bool keep = v->conf->hold != HOLD_NO && !v->hold_over &&
		    pppline_alive(&v->line);

	link_raise(&v->events, keep ? LINK_SESSION_ENDED : LINK_CARRIER_ENDED);
}
