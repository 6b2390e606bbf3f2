// SPDX-License-Identifier: ISC
#include "guard/drop.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * libssh2 keeps every packet that it has no use for, even before a login, so
 * memory is limited.  The address sanitizer reserves terabytes.
 */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX RLIM_INFINITY
#else
#define MEMORY_MAX ((rlim_t)256 * 1024 * 1024)
#endif
#define DESCRIPTORS_MAX	  64
#define CONNECTION_MEMORY ((rlim_t)9 * 256 * 1024) /* window, two rings */

/* Lowers a limit for good; never raises one. */
static int lower_limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit r;

	if (getrlimit(what, &r) < 0)
		return -1;
	if (r.rlim_max > most)
		r.rlim_max = most;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r);
}

int drop_rights(uid_t uid, gid_t gid, int connections, struct failure *f)
{
	rlim_t more = (rlim_t)connections;
	rlim_t memory = MEMORY_MAX == RLIM_INFINITY
				? MEMORY_MAX
				: MEMORY_MAX + more * CONNECTION_MEMORY;

	if (!geteuid()) {
		int rc;

		if (!uid || !gid || uid == (uid_t)-1 || gid == (gid_t)-1)
			return fail(f, REASON_INTERNAL,
				    "the account %s has root's ids",
				    SESSION_USER);
		/* No capability is left and, without a bounding set, none can
		 * come back by executing a program. */
		capng_clear(CAPNG_SELECT_ALL);
		rc = capng_change_id((int)uid, (int)gid,
				     CAPNG_DROP_SUPP_GRP |
					     CAPNG_CLEAR_BOUNDING);
		if (rc)
			return fail(f, REASON_INTERNAL, "capng_change_id: %d",
				    rc);
	} else {
		capng_clear(CAPNG_SELECT_CAPS);
		if (capng_apply(CAPNG_SELECT_CAPS))
			return fail(f, REASON_INTERNAL, "capng_apply: %m");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    lower_limit(RLIMIT_CORE, 0) < 0 ||
	    lower_limit(RLIMIT_AS, memory) < 0 ||
	    lower_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX + more + more / 4) < 0)
		return fail(f, REASON_INTERNAL, "cannot drop rights: %m");
	return 0;
}

void drop_descriptors(const int *keep, size_t n)
{
	unsigned int from = STDERR_FILENO + 1;

	for (;;) {
		unsigned int next = ~0U;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= (int)from &&
			    (unsigned int)keep[i] < next)
				next = (unsigned int)keep[i];
		if (next == ~0U)
			break;
		if (next > from)
			close_range(from, next - 1, 0);
		from = next + 1;
	}
	close_range(from, ~0U, 0);
}
