/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PPPD_H
#define SSHDIAL_LINE_PPPD_H

#include <stdbool.h>
#include <stddef.h>
#include "base/child.h"
#include "base/reason.h"
#include "conf/conf.h"

/*
 * The local pppd: its command line, its start on the slave of the line, its
 * log, its end.  pppd(8) 2.4.9 and 2.5.x.
 */

#define PPPD_ARGS_MAX 128
#define PPPD_LOG_FD   3 /* logfd in the child */

struct pppd_args {
	char *v[PPPD_ARGS_MAX + 1]; /* into text: do not copy the struct */
	size_t n;
	char text[8192];
	size_t used;
	bool full;
};

/*
 * Makes pppd's argument list for the peer, argv[0] first.  /etc/ppp/options
 * and ~/.ppprc are read by pppd before it, so every option that they could set
 * to our harm is given explicitly; the peer's pppd-option lines come last.
 * `root` is false where an ordinary user will run pppd: options that pppd keeps
 * for root (noauth, nolock, linkname, ifname) are then left out.  `trace` has
 * pppd log every control packet.
 * 0, -E2BIG, or -EINVAL: a pppd-option line does not end its quotes.
 */
int pppd_args(struct pppd_args *a, const struct conf *c, bool root, bool trace);

/*
 * Asks pppd itself whether it takes the arguments and whether the kernel has
 * PPP (`pppd ... dryrun`); waits up to 10 s.  REASON_NONE if all is well;
 * otherwise the reason, with a line that says what to do in why (size bytes).
 */
enum reason pppd_check(const struct conf *c, bool root, char *why, size_t size);

/*
 * Starts pppd with the slave as its standard input and output, as
 * child_start() does, and in a process group of its own because it signals
 * its whole group when it ends.  pppd->output is its log and standard error:
 * read it, since pppd waits while that pipe is full.  The slave stays open
 * here: close it, or the end of pppd will not be seen on the master.
 * 0, or -errno (-ENOENT, -EACCES: as for execve(2)).
 */
int pppd_start(const struct conf *c, bool root, bool trace, int slave,
	       struct child *pppd);

/*
 * What a line of pppd's log says.  When the far pppd is replaced on a held
 * line, PPPD_LCP_UP and what follows come again.
 */
enum pppd_event {
	PPPD_OTHER,
	PPPD_DEBUG,	/* a packet trace and the like */
	PPPD_INTERFACE, /* value: "ppp0" */
	PPPD_CONNECT,	/* the tty is set up: frames may come */
	PPPD_LCP_UP,	/* trace of a packet that follows LCP */
	PPPD_LOCAL,	/* value: the local IPv4 address */
	PPPD_REMOTE,	/* value: the remote one; the link is up */
	PPPD_LOCAL6,	/* value: the local link-local address */
	PPPD_REMOTE6,
	PPPD_DOWN, /* LCP went down, or the tty hung up */
};

/* Sorts one line without its newline; value (size bytes) gets the value, or
 * "". */
enum pppd_event pppd_line(const char *line, char *value, size_t size);

#endif
