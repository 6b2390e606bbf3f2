/* SPDX-License-Identifier: ISC */
#include "session/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/parse.h"

int monitor_socket(const char *address)
{
	int family = AF_INET, proto = IPPROTO_ICMP, fd;

	parse_address(address, &family);
	if (family == AF_INET6)
		proto = IPPROTO_ICMPV6;
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (fd < 0)
		fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    proto);
	return fd < 0 ? -errno : fd;
}

static uint16_t checksum(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Both kinds of ICMP echo have the same eight bytes. */
static void send_echo(struct monitor *m)
{
	struct icmphdr h;

	memset(&h, 0, sizeof(h));
	h.type = m->six ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	h.un.echo.id = htons((uint16_t)getpid());
	h.un.echo.sequence = htons(++m->sequence);
	if (!m->six) /* the kernel makes that of ICMPv6 */
		h.checksum = checksum(&h, sizeof(h));
	/* What cannot be sent is not answered either. */
	sendto(m->fd, &h, sizeof(h), MSG_NOSIGNAL, (struct sockaddr *)&m->to,
	       m->to_len);
}

static bool is_answer(const struct monitor *m, const uint8_t *p, size_t len,
		      const struct sockaddr_storage *from)
{
	struct icmphdr h;
	size_t head = 0;

	if (m->raw && !m->six && len > 0)
		head = (size_t)(p[0] & 15) * 4;
	if (len < head + sizeof(h) || from->ss_family != m->to.ss_family)
		return false;
	memcpy(&h, p + head, sizeof(h));
	if (m->raw && h.un.echo.id != htons((uint16_t)getpid()))
		return false;
	return h.type == (m->six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       h.un.echo.sequence == htons(m->sequence);
}

static void on_packet(struct watch *w, uint32_t events)
{
	struct monitor *m = w->arg;
	struct sockaddr_storage from;
	uint8_t packet[256];
	ssize_t n;

	(void)events;
	for (;;) {
		socklen_t len = sizeof(from);

		n = recvfrom(m->fd, packet, sizeof(packet), 0,
			     (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		if (is_answer(m, packet, (size_t)n, &from))
			m->misses = 0;
	}
}

static void on_timer(struct timer *t)
{
	struct monitor *m = t->arg;

	if (m->misses++ >= MONITOR_MISSES) {
		fail(m->f, REASON_MONITOR,
		     "the monitor address gave no answer to %d probes",
		     MONITOR_MISSES);
		loop_quit(m->loop);
		return;
	}
	send_echo(m);
	loop_timer(m->loop, t, m->interval, on_timer, m);
}

static bool set_target(struct monitor *m, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&m->to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&m->to;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		m->to_len = sizeof(*in);
		return true;
	}
	m->six = true;
	in6->sin6_family = AF_INET6;
	m->to_len = sizeof(*in6);
	return inet_pton(AF_INET6, address, &in6->sin6_addr) == 1;
}

void monitor_start(struct monitor *m, struct loop *l, int fd,
		   const struct conf *c, struct failure *f)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (m->loop || fd < 0 || !c->monitor || !set_target(m, c->monitor))
		return;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	m->raw = type == SOCK_RAW;
	m->loop = l;
	m->f = f;
	m->fd = fd;
	m->interval = c->monitor_interval;
	loop_watch(l, &m->watch, fd, EPOLLIN, on_packet, m);
	loop_timer(l, &m->timer, 0, on_timer, m);
}
