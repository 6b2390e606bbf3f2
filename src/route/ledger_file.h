/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_LEDGER_FILE_H
#define SSHDIAL_ROUTE_LEDGER_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "route/ledger.h"

/* The file of a ledger and its folder: whose they are, and who has them. */

/*
 * Opens and locks the file g->name into g->folder and g->fd; both are made
 * where `make` says so.  0, or -ENOENT, -EPERM (one of them is not ours
 * alone), -EFBIG, -EBUSY (locked for LEDGER_WAIT), or another -errno; then
 * nothing is open.
 */
int ledger_file_open(struct ledger *g, bool make);

/* Closes both; the lock goes with them. */
void ledger_file_close(struct ledger *g);

/* Waits for the lock of a descriptor.  0, or -errno; -EBUSY: not within
 * LEDGER_WAIT. */
int ledger_file_lock(int fd);

/* Whether a file may be believed: 0, -EPERM or -EFBIG. */
int ledger_file_check(const struct stat *st);

#endif
