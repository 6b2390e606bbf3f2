/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_GUARD_DROP_H
#define SSHDIAL_GUARD_DROP_H

#include <stddef.h>
#include <sys/types.h>
#include "base/failure.h"

/*
 * Gives up all rights that a session does not need, for good.  Call it once
 * everything is open that only root or the caller may open, and never in a
 * process that will start pppd: under no_new_privs a setuid pppd gets no rights
 * (execve(2)).
 *
 * Afterwards a process of root has the ids uid and gid and no supplementary
 * groups; the two must not be root's.  For any other user they are ignored.
 * Everybody has no capability in any set, no_new_privs, no core files, limits
 * on memory and descriptors, and cannot be traced by its own user.
 *
 * `connections` is the most that there may be of forwarded connections: each
 * needs a descriptor, and memory for what its reader does not take.
 *
 * 0, or -1 with REASON_INTERNAL.  Then only some rights may be gone, so exit.
 */
int drop_rights(uid_t uid, gid_t gid, int connections, struct failure *f);

/* Closes every descriptor except 0, 1, 2 and the n in `keep`, of which negative
 * ones are ignored. */
void drop_descriptors(const int *keep, size_t n);

#endif
