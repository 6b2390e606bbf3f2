// SPDX-License-Identifier: ISC
/*
 * A name that is an address is answered at once.  For any other a child is
 * forked, which calls getaddrinfo(3), writes the answer into a pipe and ends.
 * The child reads what name servers send, so its answer is not trusted further
 * than an address can be.
 */
#include "ssh/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/util.h"

static void resolve_name(const char *host, int port, int family, int flags,
			 struct lookup_answer *a)
{
	struct addrinfo hints = {.ai_family = family,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICSERV | flags};
	struct addrinfo *list, *i;
	char text[16];

	memset(a, 0, sizeof(*a));
	snprintf(text, sizeof(text), "%d", port);
	a->error = getaddrinfo(host, text, &hints, &list);
	if (a->error) {
		a->sys = errno;
		return;
	}
	for (i = list; i && a->n < LOOKUP_ADDRESSES_MAX; i = i->ai_next)
		if (i->ai_addrlen <= sizeof(a->address[0]))
			memcpy(&a->address[a->n++], i->ai_addr, i->ai_addrlen);
	freeaddrinfo(list);
}

void lookup_stop(struct lookup *l)
{
	if (!l->pid)
		return;
	loop_unwatch(&l->watch);
	close(l->fd);
	pidfd_send_signal(l->pidfd, SIGKILL, NULL, 0);
	close(l->pidfd);
	waitpid(l->pid, NULL, 0);
	l->pid = 0;
}

/* A child that was taken over must not lead us out of the array. */
static bool answer_is_valid(const struct lookup_answer *a)
{
	if (a->n < 0 || a->n > LOOKUP_ADDRESSES_MAX || (a->error && a->n))
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->address[i].ss_family != AF_INET &&
		    a->address[i].ss_family != AF_INET6)
			return false;
	return true;
}

static void on_lookup_answer(struct watch *w, uint32_t events)
{
	struct lookup *l = w->arg;
	char *p = (char *)&l->answer;
	ssize_t n = read(w->fd, p + l->got, sizeof(l->answer) - l->got);

	(void)events;
	if (n < 0 && errno == EINTR)
		return;
	if (n > 0)
		l->got += (size_t)n;
	if (n > 0 && l->got < sizeof(l->answer))
		return;
	lookup_stop(l);
	if (l->got < sizeof(l->answer)) /* the child died */
		l->answer = (struct lookup_answer){.error = EAI_AGAIN};
	else if (!answer_is_valid(&l->answer))
		l->answer = (struct lookup_answer){.error = EAI_FAIL};
	l->fn(l);
}

int lookup_start(struct lookup *l, struct loop *loop, const char *host,
		 int port, int family, lookup_fn *fn)
{
	int fd[2], rc;

	resolve_name(host, port, family, AI_NUMERICHOST, &l->answer);
	if (l->answer.error != EAI_NONAME)
		return 1;
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	l->pid = fork();
	if (!l->pid) {
		/* The child may wait for long: it keeps none of our sockets
		 * and dies with us. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd[1], STDIN_FILENO);
		close_range(STDERR_FILENO + 1, ~0U, 0);
		if (l->forget)
			l->forget(l->forget_arg);
		resolve_name(host, port, family, 0, &l->answer);
		_exit(fd_write_all(STDIN_FILENO, &l->answer, sizeof(l->answer))
			      ? 1
			      : 0);
	}
	if (l->pid > 0)
		l->pidfd = pidfd_open(l->pid, 0);
	rc = l->pid < 0 || l->pidfd < 0 ? -errno : 0;
	close(fd[1]);
	if (rc < 0) {
		/* A child without a pidfd ends by itself: nobody reads it. */
		l->pid = 0;
		close(fd[0]);
		return rc;
	}
	l->fn = fn;
	l->fd = fd[0];
	l->got = 0;
	rc = loop_watch(loop, &l->watch, l->fd, EPOLLIN, on_lookup_answer, l);
	if (rc < 0)
		lookup_stop(l);
	return rc;
}

const char *lookup_error(const struct lookup_answer *a)
{
	return a->error == EAI_SYSTEM ? strerror(a->sys)
	       : a->error	      ? gai_strerror(a->error)
				      : "it has no address";
}

const char *lookup_text(const struct sockaddr_storage *a, char *out,
			size_t size)
{
	if (getnameinfo((const struct sockaddr *)a, sizeof(*a), out,
			(socklen_t)size, NULL, 0, NI_NUMERICHOST))
		snprintf(out, size, "?");
	return out;
}
