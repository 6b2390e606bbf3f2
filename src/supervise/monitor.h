/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_MONITOR_H
#define SSHDIAL_SUPERVISE_MONITOR_H

#include <stdint.h>
#include "base/loop.h"

/*
 * The monitor address: an ICMP echo (RFC 792, RFC 4443) through the tunnel
 * every interval; where MONITOR_MISSES in a row were followed by no answer,
 * the tunnel is dead.  It is autossh's loop without its ports.
 *
 * The socket is one that only root may have, or the system's groups
 * (net.ipv4.ping_group_range), so it stays in this process.  Which packet is
 * an answer, a filter in the kernel decides: no byte of one is read here.
 */
#define MONITOR_MISSES 3

struct monitor {
	struct loop *loop;
	void (*silent)(void *arg);
	void *arg;
	int fd; /* -1 while it does not run */
	int family;
	uint16_t sequence;
	unsigned int misses;
	int64_t interval;
	struct watch watch;
	struct timer timer;
};

/*
 * Begins to probe `address`, an IPv4 or IPv6 literal, through `interface`
 * ("": wherever the routes lead).  silent(arg) is called once.  0, or -errno:
 * -EPERM or -EACCES without the right, or that of socket(2), connect(2).
 */
int monitor_start(struct monitor *m, struct loop *l, const char *address,
		  const char *interface, int64_t interval,
		  void (*silent)(void *arg), void *arg);

/* Ends it; nothing where it does not run. */
void monitor_stop(struct monitor *m);

#endif
