/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_MONITOR_H
#define SSHDIAL_SUPERVISE_MONITOR_H

#include <stdint.h>
#include "base/loop.h"

/*
 * Probes the monitor address through the tunnel: an ICMP echo request (RFC 792,
 * RFC 4443) every interval.  If MONITOR_MISSES of them in a row have no answer,
 * the tunnel does not work.
 *
 * Only root and the groups of net.ipv4.ping_group_range may have such a socket,
 * so it stays in the supervisor.  The kernel decides which packets are answers;
 * no byte of one is read here.
 */
#define MONITOR_MISSES 3

struct monitor {
	struct loop *loop;
	void (*on_silence)(void *arg);
	void *arg;
	int fd; /* -1 unless it runs */
	int family;
	uint16_t sequence;
	unsigned int misses;
	int64_t interval;
	struct watch watch;
	struct timer timer;
};

/*
 * Begins to probe `address`, an IPv4 or IPv6 literal, through `interface`, or
 * if that is "", wherever the routes lead; `interval` is in ms.  When the
 * tunnel does not work, probing stops and on_silence(arg) is called.  0; -EPERM
 * or -EACCES if there is no right to do it; or another -errno of socket(2) or
 * connect(2).
 */
int monitor_start(struct monitor *m, struct loop *l, const char *address,
		  const char *interface, int64_t interval,
		  void (*on_silence)(void *arg), void *arg);

/* Stops probing; does nothing if it does not run. */
void monitor_stop(struct monitor *m);

#endif
