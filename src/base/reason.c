// SPDX-License-Identifier: ISC
#include "base/reason.h"

#include <assert.h>
#include <stddef.h>
#include "base/util.h"

/* A reason as people and programs see it; sshdial(8) lists both. */
struct reason_info {
	const char *name;
	int exit_code;
	bool permanent; /* another dial would fail the same way */
};

static const struct reason_info table[] = {
	[REASON_NONE] = {"none", 0, false},
	[REASON_ASKED] = {"asked", 0, false},
	[REASON_INTERNAL] = {"internal", 1, false},
	[REASON_USAGE] = {"usage", 2, true},
	[REASON_CONFIG] = {"config", 2, true},
	[REASON_IDENTITY] = {"identity", 2, true},
	[REASON_RESOLVE] = {"resolve", 1, false},
	[REASON_CONNECT] = {"connect", 1, false},
	[REASON_CONNECT_TIMEOUT] = {"connect-timeout", 1, false},
	[REASON_HANDSHAKE] = {"handshake", 1, false},
	[REASON_LOGIN_TIMEOUT] = {"login-timeout", 1, false},
	[REASON_HOSTKEY_UNKNOWN] = {"hostkey-unknown", 3, true},
	[REASON_HOSTKEY_CHANGED] = {"hostkey-changed", 3, true},
	[REASON_HOSTKEY_REVOKED] = {"hostkey-revoked", 3, true},
	[REASON_LOGIN_REFUSED] = {"login-refused", 4, true},
	[REASON_LOGIN_CLOSED] = {"login-closed", 1, false},
	[REASON_FAR_NOT_FOUND] = {"far-not-found", 7, false},
	[REASON_FAR_FAILED] = {"far-failed", 7, false},
	[REASON_FAR_ENDED] = {"far-ended", 7, false},
	[REASON_PPP_TIMEOUT] = {"ppp-timeout", 1, false},
	[REASON_LINK_LOST] = {"link-lost", 1, false},
	[REASON_NO_PPPD] = {"no-pppd", 5, true},
	[REASON_NO_KERNEL_PPP] = {"no-kernel-ppp", 5, true},
	[REASON_PPPD_OPTIONS] = {"pppd-options", 5, true},
	[REASON_PPPD_PRIVILEGE] = {"pppd-privilege", 5, true},
	[REASON_PPP_AUTH] = {"ppp-auth", 4, true},
	[REASON_PPP_NEGOTIATION] = {"ppp-negotiation", 1, false},
	[REASON_ADDRESS] = {"address", 1, false},
	[REASON_HOOK] = {"hook", 1, false},
	[REASON_PPPD_ENDED] = {"pppd-ended", 1, false},
	[REASON_LINE_CLOSED] = {"line-closed", 1, false},
	[REASON_READER_GONE] = {"reader-gone", 1, false},
	[REASON_LOCAL_IO] = {"local-io", 1, false},
	[REASON_KEEPALIVE] = {"keepalive", 1, false},
	[REASON_MONITOR] = {"monitor", 1, false},
	[REASON_NETWORK] = {"network", 1, false},
	[REASON_REDIAL] = {"redial", 1, false},
	[REASON_FORWARD] = {"forward", 1, false},
	[REASON_GAVE_UP] = {"gave-up", 6, true},
	[REASON_BUSY] = {"busy", 8, true},
};
static_assert(COUNT(table) == REASON_COUNT, "a reason has no entry");

static const struct reason_info *find_reason(enum reason r)
{
	assert((unsigned int)r < REASON_COUNT);
	return &table[r];
}

const char *reason_name(enum reason r)
{
	return find_reason(r)->name;
}

int reason_exit_code(enum reason r)
{
	return find_reason(r)->exit_code;
}

bool reason_permanent(enum reason r)
{
	return find_reason(r)->permanent;
}
