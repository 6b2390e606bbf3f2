/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_RESOLV_FILE_H
#define SSHDIAL_NAMES_RESOLV_FILE_H

#include "names/dns.h"

/*
 * Sets the block of w->peer (names/resolv_conf.h) in the file; links to it are
 * followed, owner and mode stay.  Programs that read meanwhile see the old or
 * the new text, or a part of it if the file can only be overwritten.  Two of
 * these calls must not run at once: names/dns.c has a lock.
 * 0, or -1 with f set, and then the file is unchanged.
 */
int resolv_file_set(const char *path, const struct dns_wish *w,
		    struct failure *f);

/* Removes the peer's block, and the file if resolv_file_set() made it and
 * nothing is left in it.  0, or -1 with f set. */
int resolv_file_undo(const char *path, const char *peer, struct failure *f);

#endif
