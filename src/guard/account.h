/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_GUARD_ACCOUNT_H
#define SSHDIAL_GUARD_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

/* The account that root's sessions run as. */
struct account {
	uid_t uid;
	gid_t gid;
	bool own; /* false: there is no SESSION_USER, and it is nobody's */
};

/*
 * Looks up SESSION_USER once in the life of the process: a name service may be
 * slow when the network is gone, and must not change its mind in between.
 * Never NULL.
 */
const struct account *session_account(void);

#endif
