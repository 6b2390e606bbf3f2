// SPDX-License-Identifier: ISC
/*
 * Setting and undoing what a peer wants, under the lock of its ledger.
 *
 * routes_set() brings the machine from whatever it is in to what the
 * configuration wants for a link.  It works in this order, so that a process
 * that is killed at any point leaves a ledger from which all can be undone,
 * and traffic never finds a gap:
 *
 * 1. The plan (plan.h) lists all changes that are wanted (`want`).
 * 2. Those that the ledger does not have (`fresh`) are written to it.
 * 3. All that is wanted is made; what is there already stays as it is.
 * 4. What the ledger has and nobody wants any more is undone, and the ledger
 *    is written anew without it.
 *
 * If step 3 fails, what step 2 has added is undone, but for what `fail-closed`
 * keeps: a link without its routes must lead nobody outside.
 *
 * So the first call after a killed one takes over what that has left, and a
 * link that has changed needs no code of its own.
 */
#include "route/apply.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/parse.h"
#include "conf/route_spec.h"
#include "route/change.h"
#include "names/dns.h"
#include "route/ledger.h"
#include "route/kernel_changes.h"
#include "route/plan.h"
#include "route/kernel_state.h"
#include "route/rtnl.h"

/* The state of one routes_set(). */
struct work {
	const struct conf *c;
	const struct route_link *l;
	int family;
	unsigned int ifindex;
	struct ledger ledger;
	struct kernel_changes kernel;
	struct changes want;   /* in the order to make them */
	struct changes sorted; /* the same, to find one */
	struct changes fresh;  /* those that the ledger does not have */
	struct failure *f;
};

static int no_memory(struct failure *f)
{
	return fail(f, REASON_INTERNAL, "routes: out of memory");
}

static bool slot_in_use(void *arg, unsigned int slot)
{
	struct work *w = arg;

	return kernel_has_table(&w->kernel.rtnl, SLOT_TABLE + slot);
}

static bool wants_names(const struct work *w)
{
	return w->family == AF_INET && (w->c->dns.n || w->c->dns_search.n ||
					(w->c->peer_dns && w->l->dns_n));
}

/* All name servers are one change; its keeper is the program that keeps
 * resolv.conf now. */
static int add_names(struct work *w)
{
	struct change ch = {.kind = CHANGE_NAMES,
			    .number = dns_keeper(),
			    .ifindex = w->ifindex};
	int family;

	/* They are kept while the line is held only if the server is given by
	 * its address: a name could not be looked up with them. */
	ch.until_end =
		w->c->fail_closed && parse_address(w->c->server, &family);
	snprintf(ch.interface, sizeof(ch.interface), "%s", w->l->interface);
	return changes_add(&w->want, &ch);
}

/* The change for name servers that is wanted, which is the last; or NULL. */
static const struct change *names_of(const struct work *w)
{
	return wants_names(w) ? &w->want.v[w->want.n - 1] : NULL;
}

static int append_changes(struct changes *to, const struct changes *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (changes_add(to, &from->v[i]) < 0)
			return -1;
	return 0;
}

/* Takes out of `want` an address that is there and not in our ledger: somebody
 * else has set it, and it is not ours to undo. */
static void leave_foreign(struct work *w, const struct changes *made)
{
	size_t n = 0;

	for (size_t i = 0; i < w->want.n; i++) {
		struct change *ch = &w->want.v[i];

		if (ch->kind == CHANGE_ADDRESS && !changes_find(made, ch) &&
		    kernel_has_address(&w->kernel.rtnl, (int)ch->family,
				       ch->address, ch->ifindex))
			continue;
		w->want.v[n++] = *ch;
	}
	w->want.n = n;
}

/* Undoes all that a ledger has whose first line, its slot, is lost. */
static int recover_ledger(struct work *w)
{
	struct changes left = {0};
	int rc;

	if (!w->ledger.made.n || w->ledger.made.v[0].kind == CHANGE_SLOT)
		return 0;
	rc = kernel_undo(&w->kernel, &w->ledger.made, &left, w->f);
	ledger_replace(&w->ledger, &left);
	changes_free(&left);
	return rc;
}

/*
 * True, with f set, if the caller must leave the ledger alone: see struct
 * routes_caller.  It is asked under the ledger's lock, because a supervisor
 * opens its socket before it sets anything; `called` does not wait.
 */
static bool is_protected(const struct ledger *g, const char *peer,
			 const struct routes_caller *caller, bool undo,
			 struct failure *f)
{
	uid_t owner = ledger_owner(g);
	bool ordinary = caller && caller->uid && caller->uid != ROUTES_ANYBODY;

	if (!caller || !g->made.n || owner == caller->uid)
		return false;
	if (caller->called(peer, owner))
		fail(f, REASON_INTERNAL,
		     "user %u calls %s, and what is set here is of that call",
		     (unsigned int)owner, peer);
	else if (ordinary && (undo || !owner))
		fail(f, REASON_INTERNAL,
		     "what is set here for %s is of an earlier call of user "
		     "%u, and not for user %u to change",
		     peer, (unsigned int)owner, (unsigned int)caller->uid);
	else
		return false;
	return true;
}

static int make_plan(struct work *w)
{
	struct changes made = {0};
	uid_t owner = w->l->caller ? w->l->caller->uid : 0;
	unsigned int slot;
	int rc;

	if (recover_ledger(w) < 0 ||
	    ledger_slot(&w->ledger, owner, slot_in_use, w, &slot, w->f) < 0)
		return -1;
	rc = plan_make(&w->want, w->c, w->l, w->family, slot, w->ifindex);
	if (rc == -EINVAL)
		return fail(w->f, REASON_INTERNAL,
			    "routes: \"%s\" port %d is no way to the server",
			    w->l->server, w->l->port);
	if (!rc && wants_names(w))
		rc = add_names(w);
	if (!rc)
		rc = append_changes(&made, &w->ledger.made);
	changes_sort(&made);
	if (!rc)
		leave_foreign(w, &made);
	for (size_t i = 0; !rc && i < w->want.n; i++)
		if (!changes_find(&made, &w->want.v[i]))
			rc = changes_add(&w->fresh, &w->want.v[i]);
	changes_free(&made);
	if (!rc)
		rc = append_changes(&w->sorted, &w->want);
	changes_sort(&w->sorted);
	return rc ? no_memory(w->f) : 0;
}

static int set_names(struct work *w)
{
	const struct change *now = names_of(w);
	const char *server[DNS_SERVERS_MAX];
	const struct conf *c = w->c;
	struct dns_wish wish = {
		.peer = c->name,
		.interface = w->l->interface,
		.server = server,
		.searches = c->dns_search.n,
		.search = (const char *const *)c->dns_search.v,
		.all = plan_full_tunnel(c) || !c->dns_search.n,
		.scripts_ran = w->l->usepeerdns,
	};
	size_t n = 0;

	if (!now)
		return 0;
	/* The configuration's servers are asked before the far end's. */
	for (size_t i = 0; i < c->dns.n && n < DNS_SERVERS_MAX; i++)
		server[n++] = c->dns.v[i];
	for (size_t i = 0;
	     c->peer_dns && i < w->l->dns_n && n < DNS_SERVERS_MAX; i++)
		server[n++] = w->l->dns[i];
	wish.servers = n;
	return dns_set((enum dns_keeper)now->number, &wish, w->f);
}

/* Undoes name servers that were set at another keeper, or for another
 * interface. */
static int undo_old_names(struct work *w)
{
	const struct change *now = names_of(w);
	struct changes old = {0}, left = {0};
	int rc = 0;

	for (size_t i = 0; i < w->ledger.made.n && !rc; i++) {
		const struct change *ch = &w->ledger.made.v[i];

		if (w->family != AF_INET || ch->kind != CHANGE_NAMES ||
		    (now && ch->number == now->number &&
		     !strcmp(ch->interface, now->interface)))
			continue;
		rc = changes_add(&old, ch);
	}
	rc = rc ? no_memory(w->f) : kernel_undo(&w->kernel, &old, &left, w->f);
	changes_free(&old);
	changes_free(&left);
	return rc;
}

/* Undoes what the ledger has and nobody wants any more. */
static int remove_stale(struct work *w)
{
	struct changes stale = {0}, left = {0};
	struct ledger *g = &w->ledger;
	bool changed = false;
	int rc = 0;

	for (size_t i = 0; i < g->made.n && !rc; i++) {
		struct change *ch = &g->made.v[i];
		const struct change *same = changes_find(&w->sorted, ch);

		if (!same && plan_concerns(w->c, w->family, ch)) {
			if (ch->kind != CHANGE_NAMES)
				rc = changes_add(&stale, ch);
			changed = true;
			continue;
		}
		if (same && same->until_end != ch->until_end) {
			ch->until_end = same->until_end;
			changed = true;
		}
		rc = changes_add(&left, ch);
	}
	rc = rc ? no_memory(w->f)
		: kernel_undo(&w->kernel, &stale, &left, w->f);
	if (!rc && changed)
		ledger_replace(g, &left);
	changes_free(&stale);
	changes_free(&left);
	return rc;
}

/* Undoes what this call has made or was about to make, but for what
 * `fail-closed` keeps. */
static void roll_back(struct work *w)
{
	struct failure ignored = {0};
	struct changes left = {0}, those = {0};
	size_t before = w->ledger.made.n - w->fresh.n;

	for (size_t i = 0; i < w->ledger.made.n; i++) {
		const struct change *ch = &w->ledger.made.v[i];
		bool stays = i < before ||
			     (ch->until_end && ch->kind != CHANGE_NAMES);

		if (changes_add(stays ? &left : &those, ch) < 0)
			goto out; /* the ledger lists too much: no harm */
	}
	kernel_undo(&w->kernel, &those, &left, &ignored);
	ledger_replace(&w->ledger, &left);
out:
	changes_free(&those);
	changes_free(&left);
}

static int apply_plan(struct work *w)
{
	if (is_protected(&w->ledger, w->c->name, w->l->caller, false, w->f) ||
	    make_plan(w) < 0)
		return -1;
	if (w->fresh.n && ledger_append(&w->ledger, &w->fresh, w->f) < 0)
		return -1;
	if (kernel_apply(&w->kernel, &w->want, w->f) < 0 ||
	    undo_old_names(w) < 0 || set_names(w) < 0) {
		roll_back(w);
		return -1;
	}
	return remove_stale(w);
}

int routes_set(const struct conf *c, const struct route_link *l, int family,
	       struct failure *f)
{
	struct work w = {.c = c, .l = l, .family = family, .f = f};
	int rc;

	/* A link that wants nothing still undoes what an earlier one, with
	 * another configuration, has left. */
	if (!c->route.n && !c->dns.n && !c->dns_search.n && !c->peer_dns &&
	    !c->local_address6 && !c->remote_address6 && !routes_left(c->name))
		return 0;
	if (kernel_open(&w.kernel, c->name, f) < 0)
		return -1;
	rc = ledger_open(&w.ledger, c->name, true, f);
	if (rc > 0) {
		w.ifindex = if_nametoindex(l->interface);
		if (w.ifindex && w.ifindex == l->ifindex)
			rc = apply_plan(&w);
		else
			rc = fail(f, REASON_INTERNAL,
				  "routes: there is no interface %s, or "
				  "another one is called so by now",
				  l->interface);
		ledger_tidy(&w.ledger);
		ledger_close(&w.ledger);
	}
	kernel_close(&w.kernel);
	changes_free(&w.want);
	changes_free(&w.sorted);
	changes_free(&w.fresh);
	return rc < 0 ? -1 : 0;
}

/* ---- undo ---- */

static bool is_in_part(const struct change *ch, enum routes_part part)
{
	bool names = ch->kind == CHANGE_NAMES;

	if (part == ROUTES_ALL)
		return true;
	if (ch->kind == CHANGE_SLOT || ch->until_end)
		return false;
	switch (part) {
	case ROUTES_INET:
		return names || ch->family == AF_INET;
	case ROUTES_INET6:
		return ch->family == AF_INET6;
	case ROUTES_HELD:
		return names || change_is_rule(ch);
	default:
		return true;
	}
}

int routes_undo(const char *peer, const struct routes_caller *caller,
		enum routes_part part, struct failure *f)
{
	struct changes those = {0}, left = {0};
	struct kernel_changes kernel;
	struct ledger g;
	int rc = ledger_open(&g, peer, false, f);

	if (rc <= 0)
		return rc;
	if (is_protected(&g, peer, caller, true, f)) {
		ledger_close(&g);
		return 1;
	}
	rc = kernel_open(&kernel, peer, f);
	if (rc < 0)
		goto out;
	for (size_t i = 0; i < g.made.n && !rc; i++) {
		const struct change *ch = &g.made.v[i];

		rc = changes_add(is_in_part(ch, part) ? &those : &left, ch);
	}
	/* Changes that cannot be undone join `left` and stay in the ledger. */
	rc = rc ? no_memory(f) : kernel_undo(&kernel, &those, &left, f);
	if (left.n < g.made.n)
		ledger_replace(&g, &left);
	changes_free(&those);
	changes_free(&left);
	kernel_close(&kernel);
out:
	ledger_tidy(&g);
	ledger_close(&g);
	return rc;
}

int routes_protected(const char *peer, const struct routes_caller *caller,
		     struct failure *f)
{
	struct ledger g;
	int rc = ledger_open(&g, peer, false, f);

	if (rc <= 0)
		return rc;
	rc = is_protected(&g, peer, caller, true, f);
	ledger_close(&g);
	return rc;
}

bool routes_left(const char *peer)
{
	return ledger_there(peer);
}

/* ---- words ---- */

static void add_words(char *out, size_t size, size_t n, const char *one,
		      const char *many)
{
	size_t used = strlen(out);

	if (n == 1)
		snprintf(out + used, size - used, "%s%s", used ? ", " : "",
			 one);
	else if (n)
		snprintf(out + used, size - used, "%s%zu %s", used ? ", " : "",
			 n, many);
}

const char *routes_words(const char *peer, char *out, size_t size)
{
	size_t n[CHANGE_KINDS] = {0}, inet6 = 0, rules = 0;
	struct failure f = {0};
	struct ledger g;
	int rc = ledger_open(&g, peer, false, &f);

	snprintf(out, size, "%s", rc < 0 ? f.text : "");
	if (rc <= 0)
		return out;
	for (size_t i = 0; i < g.made.n; i++) {
		const struct change *ch = &g.made.v[i];

		n[ch->kind]++;
		rules += change_is_rule(ch);
		inet6 += ch->kind == CHANGE_ROUTE && ch->family == AF_INET6;
	}
	ledger_close(&g);
	add_words(out, size, n[CHANGE_ROUTE] - inet6, "1 IPv4 route",
		  "IPv4 routes");
	add_words(out, size, inet6, "1 IPv6 route", "IPv6 routes");
	add_words(out, size, n[CHANGE_UNREACHABLE], "1 unreachable route",
		  "unreachable routes");
	add_words(out, size, n[CHANGE_THROW], "1 excluded prefix",
		  "excluded prefixes");
	add_words(out, size, rules, "1 rule", "rules");
	add_words(out, size, n[CHANGE_ADDRESS], "1 IPv6 address",
		  "IPv6 addresses");
	add_words(out, size, n[CHANGE_NAMES], "name servers", "name servers");
	return out;
}
