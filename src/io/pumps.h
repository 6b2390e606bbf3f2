/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_PUMPS_H
#define SSHDIAL_IO_PUMPS_H

#include "base/failure.h"
#include "base/loop.h"
#include "io/local_io.h"
#include "io/pump.h"

/*
 * The loop of a process that moves bytes: before each wait it moves what can be
 * moved, looks whether that was all, and says what to wait for.
 */
#define PUMPS_ENDS_MAX 5

/* A local end, and the pumps that read it and write it (NULL: none). */
struct pumps_end {
	const struct local_io *io;
	const struct pump *reader, *writer;
	struct watch watch;
};

/* All zeros but for the functions, which get arg. */
struct pumps {
	struct loop *loop;
	void *arg;

	/* Moves bytes once.  True if more can be moved at once. */
	bool (*move)(void *arg);
	/* After moving: calls loop_quit() if it is over.  more: bytes can still
	 * be moved. */
	void (*check_finished)(void *arg, bool more);
	/* Watches descriptors that are no end: 0 or -errno.  May be NULL. */
	int (*update_watches)(void *arg);

	struct failure *f;
	struct pumps_end end[PUMPS_ENDS_MAX];
	size_t ends;
	bool watch_hangup; /* of the ends, also while nobody reads them */
	bool hangup;	   /* an end was hung up, if that is watched */
	struct timer soon;
};

/* Adds an end, which stays the caller's.  Once its descriptor is -1 it is not
 * watched any more. */
struct pumps_end *pumps_add(struct pumps *p, const struct local_io *io,
			    const struct pump *reader,
			    const struct pump *writer);

/*
 * Runs the loop until loop_quit().  If the loop fails, *f gets
 * REASON_INTERNAL.
 */
void pumps_run(struct pumps *p);

/*
 * Notes in f that a pump has failed at its local end, which is its sink or its
 * source: REASON_READER_GONE if nobody reads there any more, or
 * REASON_LOCAL_IO.  `what' is the end's name for people.  0, or -1 if so.
 */
int pumps_check_local(const struct pump *p, bool sink, const char *what,
		      struct failure *f);

#endif
