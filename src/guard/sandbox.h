/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_GUARD_SANDBOX_H
#define SSHDIAL_GUARD_SANDBOX_H

#include <stddef.h>
#include "base/failure.h"

/*
 * Two more walls around a session: what the server makes it do by a defect of
 * ours or of a library's is not done.
 *
 * Files (landlock(7)): none can be written, made, removed or run, and only
 * what looking up a name needs can be read: libraries, /etc, some of /run.  Not
 * a user's home.  Where it has them (Linux 6.12), no signal to others either.
 *
 * System calls (seccomp(2)): those that a session makes.  Any other fails with
 * ENOSYS, as in a kernel without it: libraries know what to do then.
 *
 * Both hold for this process and its children, for good.  Descriptors that are
 * open stay as they are.
 *
 * Should: have no_new_privs (drop_rights() sets it), have opened all files.
 *
 * 0, also where the kernel lacks either, which sandbox_lacks() tells; or -1
 * with REASON_INTERNAL: then some of it may hold, so exit.
 */
int sandbox_enter(struct failure *f);

/*
 * From here on no file is opened, no socket made, nothing forked and no memory
 * made executable: for a session that only moves bytes.  0 or -1, as above.
 */
int sandbox_narrow(struct failure *f);

/* What this kernel lacks of them, in words, "" for nothing; returns out.
 * size: 64 is enough. */
const char *sandbox_lacks(char *out, size_t size);

#endif
