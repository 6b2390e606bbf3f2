// SPDX-License-Identifier: ISC
/*
 * net_connect() has two parts:
 *
 *   resolve: the name's addresses, by lookup.h.  If the name servers do not
 *            answer in time, because they are behind the tunnel that is down,
 *            the address of an earlier session is taken.
 *   race:    an attempt starts every NET_ATTEMPT_DELAY, or at once when the
 *            last one failed; the first that connects wins, and the others are
 *            closed (RFC 8305, 5).
 *
 * Both run the caller's loop.  Anything else that ends it, such as a deadline,
 * ends the connecting without a failure of its own.
 */
#include "ssh/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "ssh/lookup.h"

struct net_attempt {
	struct watch watch;
	struct race *race;
	struct sockaddr_storage *to;
	int fd;
};

struct race {
	struct loop *loop;
	const struct net_target *target;
	struct lookup lookup;
	bool looked_up;
	struct net_attempt attempt[LOOKUP_ADDRESSES_MAX];
	bool timed_out; /* the name servers take their time */
	bool fallback;	/* the answer is the target's, not of a name server */
	int started;
	int open;
	struct timer next;
	struct net_attempt *winner;
	int error;	 /* errno of the last failed attempt */
	char failed[64]; /* and its address */
};

/*
 * Puts the addresses in the order of the attempts: the families take turns,
 * starting with that of the first; the order within a family stays (RFC 8305,
 * 4).
 */
static void interleave(struct sockaddr_storage *a, int n)
{
	for (int i = 1; i < n; i++) {
		struct sockaddr_storage other;
		int j = i;

		while (j < n && a[j].ss_family == a[i - 1].ss_family)
			j++;
		if (j == n)
			return;
		other = a[j];
		memmove(&a[i + 1], &a[i], (size_t)(j - i) * sizeof(a[0]));
		a[i] = other;
	}
}

static void on_name_answer(struct lookup *l)
{
	struct race *r = l->arg;

	r->looked_up = true;
	loop_quit(r->loop);
}

static void on_resolve_limit(struct timer *t)
{
	struct race *r = t->arg;

	r->timed_out = true;
	loop_quit(r->loop);
}

/* -1 without a failure if something else ended the loop. */
static int wait_for_answer(struct race *r)
{
	struct lookup *l = &r->lookup;

	if (r->target->fallback)
		loop_timer(r->loop, &r->next, r->target->resolve_ms,
			   on_resolve_limit, r);
	loop_run(r->loop);
	loop_timer_stop(&r->next);
	lookup_stop(l);
	if (!r->looked_up && r->timed_out)
		l->answer = (struct lookup_answer){.error = EAI_AGAIN};
	return r->looked_up || r->timed_out ? 0 : -1;
}

/* Takes the fallback address, if there is one that can be used. */
static bool use_fallback(struct race *r)
{
	const struct net_target *t = r->target;
	static struct lookup other;

	if (!t->fallback)
		return false;
	if (lookup_start(&other, r->loop, t->fallback, t->port, t->family,
			 on_name_answer) != 1) {
		lookup_stop(&other); /* no address */
		return false;
	}
	if (!other.answer.n)
		return false;
	r->lookup.answer = other.answer;
	r->fallback = true;
	return true;
}

static int resolve(struct race *r, struct failure *f)
{
	const struct net_target *t = r->target;
	struct lookup *l = &r->lookup;
	int rc;

	l->arg = r;
	l->forget = t->forget;
	l->forget_arg = t->forget_arg;
	rc = lookup_start(l, r->loop, t->host, t->port, t->family,
			  on_name_answer);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "the resolver child: %s",
			    strerror(-rc));
	if (!rc && wait_for_answer(r) < 0)
		return -1;
	if (!l->answer.n && !use_fallback(r))
		return fail(f, REASON_RESOLVE,
			    "cannot resolve %s: %s; look at `server` and at "
			    "the name service of this host",
			    t->host, lookup_error(&l->answer));
	interleave(l->answer.address, l->answer.n);
	return 0;
}

static void close_attempt(struct net_attempt *a)
{
	loop_unwatch(&a->watch);
	if (a->fd >= 0) {
		close(a->fd);
		a->race->open--;
	}
	a->fd = -1;
}

static void fail_attempt(struct net_attempt *a, int error)
{
	struct race *r = a->race;

	r->error = error;
	lookup_text(a->to, r->failed, sizeof(r->failed));
	close_attempt(a);
}

static void start_next_attempt(struct race *r);

static void on_connected(struct watch *w, uint32_t events)
{
	struct net_attempt *a = w->arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		fail_attempt(a, error);
		start_next_attempt(a->race);
		return;
	}
	a->race->winner = a;
	loop_quit(a->race->loop);
}

static int bind_address(int fd, const char *literal, int family)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr *sa = (struct sockaddr *)&in;
	void *where = &in.sin_addr;
	socklen_t len = sizeof(in);

	if (family == AF_INET6) {
		sa = (struct sockaddr *)&in6;
		where = &in6.sin6_addr;
		len = sizeof(in6);
	}
	if (inet_pton(family, literal, where) != 1) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return bind(fd, sa, len);
}

/* 0 if the attempt is under way, or an errno. */
static int begin_attempt(struct net_attempt *a)
{
	struct race *r = a->race;
	int family = a->to->ss_family;
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	a->fd = socket(family, type, 0);
	if (a->fd < 0)
		return errno;
	r->open++;
	if (r->target->bind && bind_address(a->fd, r->target->bind, family) < 0)
		return errno;
	if (connect(a->fd, (struct sockaddr *)a->to, sizeof(*a->to)) < 0 &&
	    errno != EINPROGRESS)
		return errno;
	return -loop_watch(r->loop, &a->watch, a->fd, EPOLLOUT, on_connected,
			   a);
}

static void on_delay(struct timer *t)
{
	start_next_attempt(t->arg);
}

static void start_next_attempt(struct race *r)
{
	while (r->started < r->lookup.answer.n) {
		struct net_attempt *a = &r->attempt[r->started];
		int error;

		a->race = r;
		a->to = &r->lookup.answer.address[r->started++];
		error = begin_attempt(a);
		if (!error) {
			loop_timer(r->loop, &r->next, NET_ATTEMPT_DELAY,
				   on_delay, r);
			return;
		}
		fail_attempt(a, error);
	}
	if (!r->open)
		loop_quit(r->loop);
}

static void set_option(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

static void set_options(int fd, const struct net_target *t)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (t->user_timeout)
		set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, t->user_timeout);
	if (!t->keepalive)
		return;
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (!t->interval)
		return;
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, t->interval);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, t->interval);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, t->count);
}

int net_connect(struct loop *l, const struct net_target *t,
		struct net_result *out, void (*on_resolved)(void *arg, int n),
		void *arg, struct failure *f)
{
	struct race r = {.loop = l, .target = t};
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own);
	bool cancelled;

	l->quit = false;
	if (resolve(&r, f) < 0)
		return -1;
	if (on_resolved)
		on_resolved(arg, r.fallback ? 0 : r.lookup.answer.n);
	l->quit = false;
	start_next_attempt(&r);
	loop_run(l);
	/* Attempts are still open: it was not their failure that ended it. */
	cancelled = !r.winner && r.open;
	loop_timer_stop(&r.next);
	for (int i = 0; i < r.started; i++)
		if (&r.attempt[i] != r.winner)
			close_attempt(&r.attempt[i]);
	if (cancelled)
		return -1;
	if (!r.winner) {
		return fail(f, REASON_CONNECT,
			    "cannot connect to %s port %d: %s%s%s", t->host,
			    t->port, strerror(r.error),
			    strcmp(r.failed, t->host) ? " at " : "",
			    strcmp(r.failed, t->host) ? r.failed : "");
	}
	loop_unwatch(&r.winner->watch);
	set_options(r.winner->fd, t);
	out->fd = r.winner->fd;
	out->addresses = r.fallback ? 0 : r.lookup.answer.n;
	lookup_text(r.winner->to, out->address, sizeof(out->address));
	getsockname(out->fd, (struct sockaddr *)&own, &len);
	lookup_text(&own, out->local, sizeof(out->local));
	return 0;
}
