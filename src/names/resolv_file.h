/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_NAMES_RESOLV_FILE_H
#define SSHDIAL_NAMES_RESOLV_FILE_H

#include "names/dns.h"

/*
 * The file of resolv_conf.h on the disk.  A link to it is followed.  The new
 * text is written beside the old and renamed, with owner and mode kept; where
 * that cannot be (a folder that is read-only, a file that is a mount of its
 * own, as in containers), in place, and put back when that fails.
 *
 * Other programs may read at any time and see the old or the new text (in
 * place: perhaps a part).  Two of these calls must not run at once; dns.h
 * has a lock.  0, or -1 with the failure, and then the file is as it was.
 */
int resolv_file_set(const char *path, const struct dns_wish *w,
		    struct failure *f);

/* Without the peer's block; the file goes where resolv_file_set() made it and
 * nothing is left in it. */
int resolv_file_undo(const char *path, const char *peer, struct failure *f);

#endif
