// SPDX-License-Identifier: ISC
#include "conf/users.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool conf_users_allow(const struct conf *c, uid_t uid, const gid_t *groups,
		      size_t n)
{
	const struct group *g;

	/* Root needs no leave. */
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

bool conf_users_allow_user(const struct conf *c, uid_t uid)
{
	const struct passwd *user;
	int n = 0;
	gid_t *groups = NULL;
	bool allowed;

	if (!uid || !strcmp(c->users, "none"))
		return !uid;
	user = getpwuid(uid);
	if (!user)
		return false;
	getgrouplist(user->pw_name, user->pw_gid, NULL, &n); /* how many */
	if (n > 0)
		groups = calloc((size_t)n, sizeof(*groups));
	if (!groups ||
	    getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		n = 0;
	allowed = conf_users_allow(c, uid, groups, (size_t)n);
	free(groups);
	return allowed;
}

bool conf_users_allow_me(const struct conf *c)
{
	int n = getgroups(0, NULL);
	gid_t *groups = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*groups));
	bool allowed;

	if (groups)
		n = getgroups(n, groups);
	/* getgroups(2) need not list the group that we run in. */
	if (groups && n >= 0)
		groups[n++] = getgid();
	allowed = conf_users_allow(c, getuid(), groups,
				   groups && n > 0 ? (size_t)n : 0);
	free(groups);
	return allowed;
}
