/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_USERS_H
#define SSHDIAL_CONF_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "conf/conf.h"

/*
 * The key `users`: true if a process of this user, with these groups (its real
 * group and the supplementary ones), may have the peer's routes, names and
 * commands.  Root always may.  A group that does not exist has no members.
 */
bool conf_users_allow(const struct conf *c, uid_t uid, const gid_t *groups,
		      size_t n);

/* The same for a user of whom no process is known: his groups are those of the
 * databases of users and groups. */
bool conf_users_allow_user(const struct conf *c, uid_t uid);

/* The same for the process that asks. */
bool conf_users_allow_me(const struct conf *c);

#endif
