/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_GUARD_SANDBOX_H
#define SSHDIAL_GUARD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/failure.h"

/*
 * Limits what an exploited session can do, beyond what its account cannot.
 *
 * Landlock (landlock(7)): no file can be written, made, removed or run, and
 * only the files that a lookup of names needs can be read: libraries, /etc,
 * some of /run, not the home of a user.  TCP goes to the ports of the plan
 * alone (Linux 6.7); no other process gets a signal, and abstract UNIX sockets
 * of others can only be reached if they are asked for (Linux 6.12).
 *
 * Seccomp (seccomp(2)): only the system calls that a session makes.  Any other
 * fails with ENOSYS, as in a kernel without it: libraries know what to do then.
 *
 * Both hold for this process and its children, for good.  Descriptors that are
 * open stay as they are.
 */

/* The ports that a session may connect to. */
#define SANDBOX_PORTS_MAX 64
struct sandbox_net {
	bool bind;     /* bind(2) to a port that the kernel chooses */
	bool abstract; /* abstract UNIX sockets, as an X server may have */
	size_t n;
	uint16_t port[SANDBOX_PORTS_MAX]; /* to connect to */
};

/*
 * Enters it.  The process must have no_new_privs (drop_rights() sets it) and
 * must have opened all its files.  0, also if the kernel lacks some of it,
 * which sandbox_lacks() tells; or -1 with REASON_INTERNAL: then some of it may
 * hold, so exit.
 */
int sandbox_enter(const struct sandbox_net *net, struct failure *f);

/*
 * For a session that only moves bytes from here on: no file is opened, no
 * socket made, nothing forked and no memory made executable.  0 or -1, as
 * above.
 */
int sandbox_narrow(struct failure *f);

/* Names the means that this kernel lacks, "" for none; 64 bytes are enough.
 * Returns out. */
const char *sandbox_lacks(char *out, size_t size);

#endif
