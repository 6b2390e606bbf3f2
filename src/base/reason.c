/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stddef.h>
#include "base/reason.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct reason_info {
	const char *name;
	int exit_code;
	bool permanent;
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

static const struct reason_info *info(enum reason r)
{
	assert((unsigned int)r < REASON_COUNT);
	return &table[r];
}

const char *reason_name(enum reason r)
{
	return info(r)->name;
}

int reason_exit_code(enum reason r)
{
	return info(r)->exit_code;
}

bool reason_permanent(enum reason r)
{
	return info(r)->permanent;
}

/* The exit statuses of pppd 2.4.9 to 2.5. */
static const struct {
	const char *text;
	enum reason reason;
} statuses[] = {
	[0] = {"the far end closed the link", REASON_PPPD_ENDED},
	[1] = {"a fatal error", REASON_PPPD_ENDED},
	[2] = {"an option was refused", REASON_PPPD_OPTIONS},
	[3] = {"pppd is not setuid root", REASON_PPPD_PRIVILEGE},
	[4] = {"the kernel has no PPP", REASON_NO_KERNEL_PPP},
	[5] = {"ended by a signal", REASON_PPPD_ENDED},
	[6] = {"the line was not locked", REASON_PPPD_ENDED},
	[7] = {"the line was not opened", REASON_PPPD_ENDED},
	[8] = {"the connect script failed", REASON_PPPD_ENDED},
	[9] = {"the pty command failed", REASON_PPPD_ENDED},
	[10] = {"the negotiation failed", REASON_PPP_NEGOTIATION},
	[11] = {"the far end failed to authenticate", REASON_PPP_AUTH},
	[12] = {"the link was idle", REASON_PPPD_ENDED},
	[13] = {"the connect time is over", REASON_PPPD_ENDED},
	[14] = {"the far end will call back", REASON_PPPD_ENDED},
	[15] = {"the far end answers no echo", REASON_PPPD_ENDED},
	[16] = {"the line was hung up", REASON_PPPD_ENDED},
	[17] = {"the line is looped back", REASON_PPP_NEGOTIATION},
	[18] = {"the init script failed", REASON_PPPD_ENDED},
	[19] = {"the far end refused our name or secret", REASON_PPP_AUTH},
	[20] = {"the traffic limit was reached", REASON_PPPD_ENDED},
	[21] = {"the caller's number was refused", REASON_PPP_AUTH},
};

/* Where pppd was told to end, any end will do but one that says that it never
 * could have worked. */
enum reason reason_of_pppd(int status, bool asked, const char **text)
{
	enum reason r = REASON_PPPD_ENDED;

	*text = "an unknown status";
	if (status >= 0 && (size_t)status < COUNT(statuses)) {
		r = statuses[status].reason;
		*text = statuses[status].text;
	}
	return asked && !reason_permanent(r) ? REASON_ASKED : r;
}
