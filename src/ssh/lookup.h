/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_LOOKUP_H
#define SSHDIAL_SSH_LOOKUP_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include "base/loop.h"

/*
 * The addresses of a host's name, by a child of its own, because
 * getaddrinfo(3) cannot be given a deadline.
 */

#define LOOKUP_ADDRESSES_MAX 16

struct lookup_answer {
	int error; /* of getaddrinfo(3) */
	int sys;   /* errno, for EAI_SYSTEM */
	int n;
	struct sockaddr_storage address[LOOKUP_ADDRESSES_MAX];
};

struct lookup;
typedef void lookup_fn(struct lookup *l);

struct lookup {
	struct lookup_answer answer; /* once fn is called */
	void *arg;
	/* If not NULL, the child calls it first, to forget what it got with the
	 * memory of its parent and does not need. */
	void (*forget)(void *arg);
	void *forget_arg;
	/* private from here on */
	lookup_fn *fn;
	struct watch watch;
	pid_t pid; /* 0: no lookup is under way */
	int pidfd; /* the sandbox has no kill(2) */
	int fd;
	size_t got;
};

/*
 * Asks for the addresses of host, with the port in them.  0: fn is called
 * once; 1: host is an address, and the answer is there; or -errno of fork(2)
 * or pipe(2).
 */
int lookup_start(struct lookup *l, struct loop *loop, const char *host,
		 int port, int family, lookup_fn *fn);

/* Ends one that is under way; fn is not called. */
void lookup_stop(struct lookup *l);

/* Why there are no addresses, in words. */
const char *lookup_error(const struct lookup_answer *a);

/* An address without its port, or "?" if it is none.  Returns out. */
const char *lookup_text(const struct sockaddr_storage *a, char *out,
			size_t size);

#endif
