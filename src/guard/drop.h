/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_GUARD_DROP_H
#define SSHDIAL_GUARD_DROP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/failure.h"

/*
 * Gives up all rights that a session does not need, for good.
 *
 * Should: have opened what only root or the caller may open.
 * After:  started by root, the ids are uid and gid, which must not be root's
 *         and are not used otherwise, no supplementary groups; for
 *         everybody no capability in any set, no_new_privs, no core files, not
 *         traceable by the same user, limits on memory and descriptors.
 * Mustn't: be called by a process that will start pppd: a setuid pppd gets no
 *         rights under no_new_privs (execve(2)).
 *
 * `connections` are how many forwarded ones there may be: each needs a
 * descriptor, and libssh2 keeps what its reader does not take.
 *
 * 0, or -1 with REASON_INTERNAL: then rights may be half dropped, so exit.
 */
int drop_rights(uid_t uid, gid_t gid, int connections, struct failure *f);

/* Closes every descriptor but 0, 1, 2 and those in keep (n of them). */
void drop_descriptors(const int *keep, size_t n);

#endif
