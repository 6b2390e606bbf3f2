// SPDX-License-Identifier: ISC
#include "route/repair.h"

#include <errno.h>
#include "route/kernel_changes.h"
#include "route/ledger.h"

int routes_repair(const char *peer, size_t *missing, struct failure *f)
{
	struct kernel_changes kernel;
	struct ledger g;
	int rc;

	*missing = 0;
	rc = ledger_try_open(&g, peer, f);
	if (rc <= 0)
		return rc;
	rc = kernel_open(&kernel, peer, f);
	if (!rc) {
		rc = kernel_restore(&kernel, &g.made, missing, f);
		kernel_close(&kernel);
	}
	ledger_close(&g);
	return rc;
}
