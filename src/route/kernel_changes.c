// SPDX-License-Identifier: ISC
/*
 * Changes go to the kernel in batches (route/rtnl.h), in the order of the list
 * that the plan or the ledger has: what catches traffic comes before the rules
 * that lead to it, and undoing goes backwards.  Names are no request: a program
 * sets them (names/dns.h), and they are undone first, while the routes to
 * their servers still exist.
 *
 * A job remembers which change each request is, because the kernel's answers
 * name requests.  An answer that means "nothing left to do" is no failure.  If
 * the kernel cannot be asked at all, the outcome of the job is not known: then
 * all of its changes count as not undone and stay in the ledger.
 */
#include "route/kernel_changes.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "names/dns.h"
#include "route/request.h"

static bool is_request(const struct change *c)
{
	return c->kind != CHANGE_SLOT && c->kind != CHANGE_NAMES;
}

int kernel_open(struct kernel_changes *m, const char *peer, struct failure *f)
{
	int rc;

	*m = (struct kernel_changes){.peer = peer};
	rc = rtnl_open(&m->rtnl);
	if (rc < 0)
		return fail(f, REASON_INTERNAL, "netlink: %s", strerror(-rc));
	return 0;
}

void kernel_close(struct kernel_changes *m)
{
	rtnl_close(&m->rtnl);
}

/* Changes that go to the kernel together, in the order of sending. */
struct job {
	const struct changes *all;
	size_t *index; /* of each request: its change in `all` */
	size_t n;
	bool undo;
	bool restore;  /* an interface may be down or gone */
	size_t unmade; /* there already, or not possible to restore */
	bool *failed;  /* of each change in `all`, or NULL */
	struct failure *f;
};

static int make_request(void *arg, size_t i, struct nl_msg *m)
{
	const struct job *j = arg;

	return request_make(m, &j->all->v[j->index[i]], j->undo);
}

static void on_refused(void *arg, size_t i, int error)
{
	struct job *j = arg;
	const struct change *c = &j->all->v[j->index[i]];
	char words[160];

	if (request_is_done(error, j->undo) ||
	    (j->restore && (error == -ENODEV || error == -ENETDOWN))) {
		j->unmade++;
		return;
	}
	if (j->failed)
		j->failed[j->index[i]] = true;
	fail(j->f, REASON_INTERNAL, "%s: %s%s",
	     change_words(c, words, sizeof(words)),
	     j->undo ? "cannot be removed: " : "", strerror(-error));
}

/* 0, or -1 with j->f set if not all was done. */
static int run_job(struct kernel_changes *m, struct job *j)
{
	struct failure mine = {0}, *f = j->f;
	int rc;

	j->f = &mine;
	rc = rtnl_request(&m->rtnl, j->n, make_request, on_refused, j);
	if (rc < 0)
		fail(&mine, REASON_INTERNAL, "netlink: %s", strerror(-rc));
	/* It is not known which of them were done. */
	for (size_t i = 0; rc < 0 && j->failed && i < j->n; i++)
		j->failed[j->index[i]] = true;
	j->f = f;
	return failure_is_set(&mine) ? fail(f, mine.reason, "%s", mine.text)
				     : 0;
}

static int run_all(struct kernel_changes *m, struct job *j)
{
	int rc;

	j->index = calloc(j->all->n + 1, sizeof(*j->index));
	if (!j->index)
		return fail(j->f, REASON_INTERNAL, "routes: out of memory");
	for (size_t i = 0; i < j->all->n; i++)
		if (is_request(&j->all->v[i]))
			j->index[j->n++] = i;
	rc = run_job(m, j);
	free(j->index);
	return rc;
}

int kernel_apply(struct kernel_changes *m, const struct changes *all,
		 struct failure *f)
{
	struct job j = {.all = all, .f = f};

	return run_all(m, &j);
}

int kernel_restore(struct kernel_changes *m, const struct changes *all,
		   size_t *missing, struct failure *f)
{
	struct job j = {.all = all, .restore = true, .f = f};
	int rc = run_all(m, &j);

	*missing = rc ? 0 : j.n - j.unmade;
	return rc;
}

int kernel_undo(struct kernel_changes *m, const struct changes *all,
		struct changes *left, struct failure *f)
{
	struct job j = {.all = all, .undo = true, .f = f};
	int rc = 0;

	j.index = calloc(all->n + 1, sizeof(*j.index));
	j.failed = calloc(all->n + 1, sizeof(*j.failed));
	if (!j.index || !j.failed) {
		free(j.index);
		free(j.failed);
		return fail(f, REASON_INTERNAL, "routes: out of memory");
	}
	for (size_t i = all->n; i-- > 0;) {
		const struct change *c = &all->v[i];

		if (is_request(c))
			j.index[j.n++] = i;
		if (c->kind != CHANGE_NAMES)
			continue;
		/* systemd-resolved has forgotten the names with our interface;
		 * another may have the interface's name by now. */
		if (c->number == DNS_RESOLVED &&
		    if_nametoindex(c->interface) != c->ifindex)
			continue;
		j.failed[i] = dns_undo((enum dns_keeper)c->number, m->peer,
				       c->interface, f) < 0;
		if (j.failed[i])
			rc = -1;
	}
	if (run_job(m, &j) < 0)
		rc = -1;
	for (size_t i = 0; i < all->n; i++)
		if (j.failed[i] && changes_add(left, &all->v[i]) < 0)
			rc = fail(f, REASON_INTERNAL, "routes: out of memory");
	free(j.index);
	free(j.failed);
	return rc;
}
