/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_LEDGER_H
#define SSHDIAL_ROUTE_LEDGER_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/failure.h"
#include "route/change.h"

/*
 * What a peer has changed on this machine: RUNSTATEDIR/sshdial/NAME.undo, of
 * root, mode 0600.  A line for each change, written before the change is
 * made, in the order in which they are made; a last line without its newline
 * was cut off by a kill or a full disk, and its change was never made.  If
 * there is nothing to undo, there is no file.
 *
 * A file or folder with another owner, mode or form than ours is not believed
 * at all.  A line that is not as we write it is logged and skipped.
 */

#define LEDGER_FOLDER RUNSTATEDIR "/sshdial"
#define LEDGER_WAIT   25000	/* ms: name servers may take that long */
#define LEDGER_MAX    (8 << 20) /* bytes of one */

struct ledger {
	int folder, lock, fd;
	char name[48];	     /* in the folder */
	char path[128];	     /* for messages */
	struct changes made; /* what the file has */
	long long size;	     /* bytes of it, without a cut last line */
};

/*
 * Opens, locks and reads.  1, or 0 where there is none and `make` is false,
 * or -1 with f set; g has to be closed only after 1.
 */
int ledger_open(struct ledger *g, const char *peer, bool make,
		struct failure *f);

/* The same for a ledger that is there, without waiting for its lock: -EBUSY,
 * without a word in f, if another process has it. */
int ledger_try_open(struct ledger *g, const char *peer, struct failure *f);

/* Writes them out, all or none.  0, or -1 with f set. */
int ledger_append(struct ledger *g, const struct changes *more,
		  struct failure *f);

/*
 * Only these are left; none but a slot is nothing.  The old file stays where
 * the new one cannot be written, which is no failure: what it says too much
 * is undone once more.
 */
void ledger_replace(struct ledger *g, struct changes *left);

/* Removes an empty file and unlocks.  Folder and lock file stay. */
void ledger_close(struct ledger *g);

/*
 * The slot that the ledger has, or the first that no other ledger has and
 * that `in_use` does not know as taken; it is written as the first line, with
 * `owner`, the user whose call it is from now on.  No two peers look at once.
 * 0 with *slot set, or -1 with f set.
 */
int ledger_slot(struct ledger *g, uid_t owner,
		bool (*in_use)(void *arg, unsigned int slot), void *arg,
		unsigned int *slot, struct failure *f);

/* The user whose call the ledger is of; root where it does not say. */
uid_t ledger_owner(const struct ledger *g);

/* Empties a file that has a slot, a cut line or rubbish, but no change. */
void ledger_tidy(struct ledger *g);

/* Whether the peer has one. */
bool ledger_there(const char *peer);

#endif
