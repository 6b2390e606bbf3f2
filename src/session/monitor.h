/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_MONITOR_H
#define SSHDIAL_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/failure.h"
#include "base/loop.h"
#include "conf/conf.h"

/*
 * The monitor address: an ICMP echo (RFC 792, RFC 4443) through the tunnel
 * every monitor-interval; MONITOR_MISSES in a row without an answer end the
 * session.  It is autossh's loop without its ports.
 */
#define MONITOR_MISSES 3

struct monitor {
	struct loop *loop;
	struct failure *f;
	int fd;
	bool raw; /* the kernel leaves id, checksum and IP header to us */
	bool six;
	struct sockaddr_storage to;
	socklen_t to_len;
	uint16_t sequence;
	unsigned int misses;
	int64_t interval;
	struct watch watch;
	struct timer timer;
};

/*
 * The socket that a monitor needs, which takes rights: an unprivileged ICMP
 * socket where the system allows it (net.ipv4.ping_group_range), otherwise a
 * raw one.  The descriptor, or -errno.
 */
int monitor_socket(const char *address);

/* Begins to probe; once the link is up.  A second call does nothing. */
void monitor_start(struct monitor *m, struct loop *l, int fd,
		   const struct conf *c, struct failure *f);

#endif
