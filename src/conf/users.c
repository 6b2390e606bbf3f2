// SPDX-License-Identifier: ISC
#include "conf/users.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool conf_users_allow(const struct conf *c, uid_t uid, const gid_t *groups,
		      size_t n)
{
	const struct group *g;

	if (!uid)
		return true;
	if (!strcmp(c->users, "none"))
		return false;
	g = getgrnam(c->users);
	for (size_t i = 0; g && i < n; i++)
		if (groups[i] == g->gr_gid)
			return true;
	return false;
}

bool conf_users_allow_me(const struct conf *c)
{
	int n = getgroups(0, NULL);
	gid_t *groups = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*groups));
	bool allowed;

	if (groups)
		n = getgroups(n, groups);
	if (groups && n >= 0)
		groups[n++] = getgid();
	allowed = conf_users_allow(c, getuid(), groups,
				   groups && n > 0 ? (size_t)n : 0);
	free(groups);
	return allowed;
}
