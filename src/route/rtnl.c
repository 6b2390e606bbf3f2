// SPDX-License-Identifier: ISC
/*
 * A full tunnel with the prefixes of a country excluded is ten thousand
 * routes.  With a message and an answer for each, setting them takes longer
 * than a hook may; so messages are sent in batches, without asking for an
 * acknowledgement, except for the last one of each batch.  The kernel handles
 * a socket's messages in order, so that acknowledgement says that all of them
 * are done.  In between only what fails is answered, and its sequence number
 * says which request that was.
 *
 * A dump can be torn: if the table changes while the kernel lists it, objects
 * may be missing.  The kernel says so (NLM_F_DUMP_INTR), and the dump is
 * repeated, three times at most.
 *
 * Answers of older requests (after a time limit was exceeded) are recognised by
 * their sequence numbers and skipped.
 */
#include "route/rtnl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Even if all requests of a batch fail, the answers fit into the receive buffer
 * of a socket. */
#define BATCH	    64
#define BATCH_BYTES 16384
#define BUFFER	    (256 * 1024)

#define DUMPS 3 /* tries for a dump that is not torn */

int rtnl_open(struct rtnl *r)
{
	const struct timeval limit = {.tv_sec = RTNL_LIMIT};
	int on = 1, rc = -NLE_NOMEM, fd;

	*r = (struct rtnl){.sock = nl_socket_alloc()};
	if (r->sock)
		rc = nl_connect(r->sock, NETLINK_ROUTE);
	if (rc < 0) {
		nl_socket_free(r->sock);
		r->sock = NULL;
		return rc == -NLE_NOMEM ? -ENOMEM : -EIO;
	}
	/* This also switches off libnl's check of sequence numbers. */
	nl_socket_disable_auto_ack(r->sock);
	nl_socket_set_buffer_size(r->sock, BUFFER, BUFFER);
	fd = nl_socket_get_fd(r->sock);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	/* Errors do not repeat the request; the kernel filters dumps. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

void rtnl_close(struct rtnl *r)
{
	nl_socket_free(r->sock);
	r->sock = NULL;
}

/* The answers to one batch, question or dump, as far as they have come. */
struct answers {
	uint32_t first, last; /* sequence numbers */
	bool complete;
	bool torn; /* something changed while it was dumped */
	rtnl_refused_fn *refused;
	rtnl_seen_fn *seen;
	size_t base; /* the index of the request that has `first` */
	int error;   /* of a question or a dump */
	void *arg;
};

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct answers *a = arg;
	uint32_t sequence = e->msg.nlmsg_seq;

	(void)from;
	if (sequence - a->first > a->last - a->first)
		return NL_SKIP; /* of an older request */
	if (e->error && a->refused)
		a->refused(a->arg, a->base + (sequence - a->first), e->error);
	else
		a->error = e->error;
	if (sequence == a->last)
		a->complete = true;
	return NL_SKIP;
}

static int on_last_answer(struct nl_msg *msg, void *arg)
{
	struct answers *a = arg;

	if (nlmsg_hdr(msg)->nlmsg_seq == a->last)
		a->complete = true;
	return NL_OK;
}

static int on_object(struct nl_msg *msg, void *arg)
{
	struct answers *a = arg;

	if (a->seen && nlmsg_hdr(msg)->nlmsg_seq == a->last)
		a->seen(a->arg, nlmsg_hdr(msg));
	return NL_OK;
}

/* Reads until the last answer is there.  0 or -errno. */
static int read_answers(struct rtnl *r, struct answers *a)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = 0;

	if (!cb)
		return -ENOMEM;
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, a);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_last_answer, a);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_last_answer, a);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_object, a);
	while (!a->complete && rc >= 0) {
		errno = 0;
		rc = nl_recvmsgs(r->sock, cb);
		/* libnl has one error for many; errno is more exact. */
		if (rc == -NLE_DUMP_INTR)
			a->torn = true;
		if (rc == -NLE_DUMP_INTR || rc == -NLE_INTR ||
		    (rc < 0 && errno == EINTR))
			rc = 0;
	}
	nl_cb_put(cb);
	if (rc >= 0)
		return 0;
	return rc == -NLE_AGAIN ? -ETIMEDOUT : errno ? -errno : -EIO;
}

struct batch {
	char bytes[BATCH_BYTES];
	size_t used, n;
	struct nlmsghdr *last;
};

static int send_batch(struct rtnl *r, struct batch *b, size_t base,
		      rtnl_refused_fn *refused, void *arg)
{
	struct answers a = {.first = r->sequence - (uint32_t)b->n + 1,
			    .last = r->sequence,
			    .refused = refused,
			    .base = base,
			    .arg = arg};
	int rc;

	b->last->nlmsg_flags |= NLM_F_ACK;
	errno = 0;
	rc = nl_sendto(r->sock, b->bytes, b->used);
	if (rc < 0)
		return errno ? -errno : -EIO;
	return read_answers(r, &a);
}

/* Appends one message.  0 or -errno. */
static int append_message(struct rtnl *r, struct batch *b, size_t i,
			  rtnl_make_fn *make, void *arg)
{
	struct nl_msg *m = nlmsg_alloc_size(512);
	struct nlmsghdr *h;
	int rc = m ? make(arg, i, m) : -ENOMEM;

	if (!rc) {
		h = nlmsg_hdr(m);
		b->last = (struct nlmsghdr *)(void *)(b->bytes + b->used);
		memcpy(b->last, h, h->nlmsg_len);
		b->last->nlmsg_seq = ++r->sequence;
		b->last->nlmsg_pid = 0;
		b->last->nlmsg_flags |= NLM_F_REQUEST;
		b->used += NLMSG_ALIGN(h->nlmsg_len);
		b->n++;
	}
	nlmsg_free(m);
	return rc;
}

int rtnl_request(struct rtnl *r, size_t n, rtnl_make_fn *make,
		 rtnl_refused_fn *refused, void *arg)
{
	struct batch b __attribute__((aligned(NLMSG_ALIGNTO)));
	int rc = 0;

	for (size_t i = 0; i < n && !rc;) {
		size_t base = i;

		b.used = b.n = 0;
		memset(b.bytes, 0, sizeof(b.bytes));
		while (!rc && i < n && b.n < BATCH &&
		       b.used + 512 <= sizeof(b.bytes))
			rc = append_message(r, &b, i++, make, arg);
		if (!rc)
			rc = send_batch(r, &b, base, refused, arg);
	}
	return rc;
}

/* Sends one message and reads all that it brings. */
static int send_question(struct rtnl *r, struct nl_msg *m, struct answers *a)
{
	struct nlmsghdr *h = nlmsg_hdr(m);
	int rc;

	a->first = a->last = ++r->sequence;
	a->complete = a->torn = false;
	h->nlmsg_seq = r->sequence;
	errno = 0;
	rc = nl_sendto(r->sock, h, h->nlmsg_len);
	return rc < 0 ? (errno ? -errno : -EIO) : read_answers(r, a);
}

int rtnl_ask(struct rtnl *r, struct nl_msg *m, int *refused, rtnl_seen_fn *seen,
	     void *arg)
{
	struct answers a = {.seen = seen, .arg = arg};
	int rc;

	/* The acknowledgement behind the answer says that it is complete. */
	nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	rc = send_question(r, m, &a);
	*refused = a.error;
	return rc;
}

int rtnl_dump(struct rtnl *r, int type, void *header, size_t len,
	      uint32_t table, rtnl_seen_fn *seen, void *arg)
{
	struct answers a = {.seen = seen, .arg = arg, .torn = true};
	int rc = 0;

	for (int i = 0; i < DUMPS && a.torn && !rc; i++) {
		struct nl_msg *m =
			nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP);

		rc = -ENOMEM;
		if (m && !nlmsg_append(m, header, len, NLMSG_ALIGNTO) &&
		    (!table || !nla_put_u32(m, RTA_TABLE, table)))
			rc = send_question(r, m, &a);
		nlmsg_free(m);
		if (!rc)
			rc = a.error;
	}
	return rc == -ENOENT && table ? 0 : rc; /* there is no such table */
}
