/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_LEDGER_FILE_H
#define SSHDIAL_ROUTE_LEDGER_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "route/ledger.h"

/* The file of a ledger, its lock and its folder, and whose they are. */

/*
 * Locks the ledger g->name and opens it into g->fd, with its lock in g->lock
 * and the folder in g->folder.  Folder and ledger are made if `make` says so.
 * 0, or -ENOENT, -EPERM (one of them is not ours alone), -EFBIG, -EBUSY
 * (locked for `wait` ms), or another -errno; then nothing is open.
 */
int ledger_file_open(struct ledger *g, bool make, int64_t wait);

/* Closes all of them, which unlocks the ledger.  Folder and lock stay. */
void ledger_file_close(struct ledger *g);

/* Waits for the lock of a descriptor, for `wait` ms.  0, -EBUSY if that was not
 * enough, or another -errno. */
int ledger_file_lock(int fd, int64_t wait);

/* Checks owner, mode, type and size: 0, -EPERM or -EFBIG. */
int ledger_file_check(const struct stat *st);

#endif
