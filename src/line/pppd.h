/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PPPD_H
#define SSHDIAL_LINE_PPPD_H

#include <stdbool.h>
#include <stddef.h>
#include "base/child.h"
#include "base/reason.h"
#include "conf/conf.h"

/*
 * The local pppd (pppd(8), versions 2.4.9 and 2.5.x): its arguments, its start
 * on the slave of a pty, and its log.
 */

#define PPPD_ARGS_MAX 128
#define PPPD_LOG_FD   3 /* its descriptor for the log (logfd) */

struct pppd_args {
	char *v[PPPD_ARGS_MAX + 1]; /* into text: do not copy the struct */
	size_t n;
	char text[8192];
	size_t used;
	bool full;
};

/*
 * Makes pppd's argument list for the peer, argv[0] first.  pppd reads
 * /etc/ppp/options and ~/.ppprc before its arguments, so each option that those
 * files could set to our harm is given explicitly.  The peer's pppd-option
 * lines come last.  If `root` is false, options that pppd accepts only from
 * root (noauth, nolock, linkname, ifname) are left out.  With `trace` pppd logs
 * each control packet.
 * 0; -E2BIG; or -EINVAL if a quote in a pppd-option line is not closed.
 */
int pppd_args(struct pppd_args *a, const struct conf *c, bool root, bool trace);

/*
 * Asks pppd itself whether it accepts the arguments and whether the kernel has
 * PPP (`pppd ... dryrun`).  Waits up to 10 s.  REASON_NONE if all is well, and
 * `why` is ""; else the reason, and `why` (of `size` bytes) says what to do.
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
 * The meaning of a line of pppd's log.  When another far pppd takes over a line
 * that was held, PPPD_LCP_UP and those behind it come again.
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

/* Parses one line, without its newline.  `value` (of `size` bytes) gets the
 * value of the event, or "". */
enum pppd_event pppd_parse_log(const char *line, char *value, size_t size);

#endif
