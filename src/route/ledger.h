/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_ROUTE_LEDGER_H
#define SSHDIAL_ROUTE_LEDGER_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/failure.h"
#include "route/change.h"

/*
 * The changes that a peer has made to this machine are listed in
 * RUNSTATEDIR/sshdial/NAME.undo, which belongs to root and has mode 0600.  Each
 * change has a line, in the order in which changes are made, and the line is
 * written before its change is made.  A last line without a newline was cut by
 * a kill or a full disk; its change was never made.  If there is nothing to
 * undo, there is no file.
 *
 * A file or folder with another owner, mode or type is not used at all.  A line
 * that we would not write is logged and skipped.
 */

#define LEDGER_FOLDER RUNSTATEDIR "/sshdial"
#define LEDGER_WAIT   25000 /* ms for its lock: name servers take that long */
#define LEDGER_MAX    (8 << 20) /* bytes */

struct ledger {
	int folder, lock, fd;
	char name[48];	     /* in the folder */
	char path[128];	     /* for messages */
	struct changes made; /* the changes in the file */
	long long size;	     /* its bytes, without a last line that was cut */
};

/*
 * Locks, opens and reads the ledger of a peer.  1, and then it has to be
 * closed; 0 if there is none and `make` is false; or -1 with f set.
 */
int ledger_open(struct ledger *g, const char *peer, bool make,
		struct failure *f);

/* The same with `make` false, without waiting for the lock: -EBUSY, with f not
 * set, if another process has it. */
int ledger_try_open(struct ledger *g, const char *peer, struct failure *f);

/* Appends the lines of `more`, all or none.  0, or -1 with f set. */
int ledger_append(struct ledger *g, const struct changes *more,
		  struct failure *f);

/*
 * Makes `left` the content, and empties it.  A slot alone counts as nothing.
 * If the new file cannot be written, the old one stays, which is no failure:
 * what it lists too much is undone once more.
 */
void ledger_replace(struct ledger *g, struct changes *left);

/* Removes an empty file and unlocks.  Folder and lock file stay. */
void ledger_close(struct ledger *g);

/*
 * Finds the slot of the ledger.  One that has none gets the first slot that no
 * other ledger has and for which `in_use` is false, as its first line.
 * `owner`, the user whose call it is, is written into it in either case.
 * 0 with *slot set, or -1 with f set.
 */
int ledger_slot(struct ledger *g, uid_t owner,
		bool (*in_use)(void *arg, unsigned int slot), void *arg,
		unsigned int *slot, struct failure *f);

/* The user whose call the ledger is of; root if it does not say. */
uid_t ledger_owner(const struct ledger *g);

/* Empties the file if it has no change, but a slot, a cut line or rubbish. */
void ledger_tidy(struct ledger *g);

/* True if the peer has a ledger. */
bool ledger_there(const char *peer);

#endif
