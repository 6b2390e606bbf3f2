// SPDX-License-Identifier: ISC
/*
 * ICMP and ICMPv6 echo begin alike, with type, code, checksum, id and sequence
 * number, and a request of these eight bytes is answered by the same.  The
 * kernel has sockets for just that, which keep the id and the checksum and get
 * no other answers; but they are for the groups of net.ipv4.ping_group_range
 * alone.  Otherwise a raw socket does it, whose answers are filtered by BPF.
 */
#include "base/util.h"
#include "supervise/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

/* A raw socket gets every ICMP packet: lets only answers to us pass. */
static int set_filter(int fd, int family, uint16_t id)
{
	/* IPv4 comes with its header, whose length goes into X. */
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog p = {.len = COUNT(v4), .filter = v4};

	if (family == AF_INET6)
		p = (struct sock_fprog){.len = COUNT(v6), .filter = v6};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p));
}

static uint16_t echo_id(void)
{
	return (uint16_t)getpid();
}

/* The descriptor or -errno. */
static int open_echo_socket(int family)
{
	int protocol =
		family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;
	int fd = socket(family, SOCK_DGRAM | FLAGS, protocol);

	if (fd >= 0)
		return fd;
	fd = socket(family, SOCK_RAW | FLAGS, protocol);
	if (fd < 0)
		return -errno;
	if (set_filter(fd, family, echo_id()) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

static int connect_to(int fd, int family, const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int rc;

	if (family == AF_INET6) {
		inet_pton(AF_INET6, address, &in6.sin6_addr);
		rc = connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	} else {
		inet_pton(AF_INET, address, &in.sin_addr);
		rc = connect(fd, (struct sockaddr *)&in, sizeof(in));
	}
	return rc < 0 ? -errno : 0;
}

/* The checksum of RFC 1071 over a packet of four words. */
static uint16_t checksum(const uint16_t word[4])
{
	uint32_t sum = 0;

	for (int i = 0; i < 4; i++)
		sum += word[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* An answer to any probe, however old, shows that the tunnel works.  Errors of
 * earlier probes are taken off the socket as well. */
static void on_answer(struct watch *w, uint32_t events)
{
	struct monitor *m = w->arg;
	char none;

	(void)events;
	for (int i = 0; i < 16; i++) {
		if (recv(m->fd, &none, 0, MSG_TRUNC) >= 0)
			m->misses = 0;
		else if (errno == EAGAIN)
			return;
	}
}

static void on_probe_due(struct timer *t)
{
	struct monitor *m = t->arg;
	int type = m->family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	uint16_t word[4] = {htons((uint16_t)(type << 8)), 0, htons(echo_id())};

	if (m->misses++ >= MONITOR_MISSES) {
		monitor_stop(m);
		m->on_silence(m->arg);
		return;
	}
	word[3] = htons(++m->sequence);
	if (m->family == AF_INET) /* the kernel computes ICMPv6's */
		word[1] = checksum(word);
	/* A request that cannot be sent counts as one without an answer. */
	send(m->fd, word, sizeof(word), MSG_NOSIGNAL);
	loop_timer(m->loop, t, m->interval, on_probe_due, m);
}

int monitor_start(struct monitor *m, struct loop *l, const char *address,
		  const char *interface, int64_t interval,
		  void (*on_silence)(void *arg), void *arg)
{
	int rc = 0;

	monitor_stop(m);
	m->loop = l;
	m->on_silence = on_silence;
	m->arg = arg;
	m->interval = interval;
	m->misses = 0;
	m->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	m->fd = open_echo_socket(m->family);
	if (m->fd < 0)
		return m->fd;
	if (interface[0] &&
	    setsockopt(m->fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface)) < 0)
		rc = -errno;
	if (!rc)
		rc = connect_to(m->fd, m->family, address);
	if (!rc)
		rc = loop_watch(l, &m->watch, m->fd, EPOLLIN, on_answer, m);
	if (rc < 0) {
		monitor_stop(m);
		return rc;
	}
	loop_timer(l, &m->timer, 0, on_probe_due, m);
	return 0;
}

void monitor_stop(struct monitor *m)
{
	loop_timer_stop(&m->timer);
	loop_unwatch(&m->watch);
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
