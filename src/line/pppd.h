/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_PPPD_H
#define SSHDIAL_PPPD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/reason.h"
#include "conf/conf.h"

/*
 * The local pppd: its command line, its start on the slave of the line, its
 * log, its end.  pppd(8) 2.4.9 and 2.5.x.
 */

#define PPPD_ARGS_MAX 128
#define PPPD_LOG_FD   3 /* logfd in the child */

struct pppd_args {
	char *v[PPPD_ARGS_MAX + 1]; /* ends with NULL */
	size_t n;
	char text[8192];	    /* where the words stand */
	size_t used;
};

/*
 * Makes pppd's argument list for the peer.  /etc/ppp/options and ~/.ppprc are
 * read by pppd before it, so every option that they could set to our harm is
 * given explicitly.  `root` is false where pppd will be run by an ordinary
 * user: options that pppd keeps for root are then left out.  0, or -E2BIG.
 */
int pppd_args(struct pppd_args *a, const struct conf *c, bool root);

/*
 * Asks pppd itself whether it takes the arguments and whether the kernel has
 * PPP (`pppd ... dryrun`); at most 10 s.  REASON_ASKED where all is well;
 * otherwise the reason, with a line that says what to do in why (size bytes).
 */
enum reason pppd_check(const struct conf *c, bool root, char *why,
		       size_t size);

/*
 * Starts pppd with the slave as its standard input and output, in a process
 * group of its own, every other descriptor closed; *log gets the reading end
 * of its log, non-blocking.  The slave stays open here: close it.  The
 * process id, or -errno.
 */
pid_t pppd_start(const struct conf *c, bool root, int slave, int *log);

/* What a line of pppd's log says. */
enum pppd_event {
	PPPD_OTHER,
	PPPD_DEBUG,	/* a packet trace ("sent [", "rcvd [") */
	PPPD_INTERFACE, /* value: "ppp0" */
	PPPD_CONNECT,	/* the tty is set up: frames may come */
	PPPD_LCP_UP,	/* only where pppd logs packets */
	PPPD_LOCAL,	/* value: the local IPv4 address */
	PPPD_REMOTE,	/* value: the remote one; the link is up */
	PPPD_LOCAL6,	/* value: the local link-local address */
	PPPD_REMOTE6,
	PPPD_DOWN,	/* "Connection terminated." or "LCP terminated by" */
};

/* Sorts one line without its newline; value (size bytes) gets "" or the
 * value. */
enum pppd_event pppd_line(const char *line, char *value, size_t size);

#endif
