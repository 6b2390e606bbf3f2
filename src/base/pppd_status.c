// SPDX-License-Identifier: ISC
#include "base/pppd_status.h"

#include <stddef.h>
#include "base/util.h"

/* EXIT STATUS of pppd(8). */
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

enum reason pppd_status_reason(int status, bool asked, const char **text)
{
	enum reason r = REASON_PPPD_ENDED;

	*text = "an unknown status";
	if (status >= 0 && (size_t)status < COUNT(statuses)) {
		r = statuses[status].reason;
		*text = statuses[status].text;
	}
	/* After SIGTERM any status is the end that was asked for, except one
	 * that says that pppd cannot run here. */
	return asked && !reason_permanent(r) ? REASON_ASKED : r;
}
