/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_NET_H
#define SSHDIAL_SSH_NET_H

#include <stdbool.h>
#include <sys/socket.h>
#include "base/failure.h"
#include "base/loop.h"

/*
 * The TCP connection to the server: its name is resolved by a short-lived
 * child, because getaddrinfo(3) cannot be given a deadline; then its addresses
 * of both families are raced (RFC 8305, "Happy Eyeballs").
 */

#define NET_ATTEMPT_DELAY 250 /* ms between two attempts; RFC 8305, 5 */

struct net_target {
	const char *host;
	int port;
	int family;	  /* AF_UNSPEC, AF_INET or AF_INET6 */
	const char *bind; /* an address literal, or NULL */
	/* An address literal to take if the name is not resolved within
	 * resolve_ms, or NULL; one of another family is not taken. */
	const char *fallback;
	int resolve_ms;
	void (*forget)(void *arg); /* for the child, as in ssh/lookup.h */
	void *forget_arg;
	int user_timeout; /* ms, TCP_USER_TIMEOUT of tcp(7), or 0 */
	bool keepalive;	  /* SO_KEEPALIVE of socket(7) */
	int interval;	  /* s between its probes, or 0: the system's */
	int count;	  /* of its probes */
};

struct net_result {
	int fd; /* connected, non-blocking, close-on-exec; the caller's */
	int addresses;	  /* how many the name had; 0: the fallback */
	char address[64]; /* the one that answered, without the port */
	char local[64];	  /* our own end's */
};

/*
 * Runs the loop until a connection is there.  on_resolved, if not NULL, is
 * called once in between, with the number of addresses, or 0 for the fallback.
 * 0, or -1 with f set: REASON_RESOLVE, REASON_CONNECT, REASON_INTERNAL; or -1
 * with f as it was if anything else called loop_quit(), such as the caller's
 * deadline.
 */
int net_connect(struct loop *l, const struct net_target *t,
		struct net_result *out, void (*on_resolved)(void *arg, int n),
		void *arg, struct failure *f);

#endif
