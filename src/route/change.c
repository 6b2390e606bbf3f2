// SPDX-License-Identifier: ISC
/*
 * A ledger is text, so that a person can read what a killed call has left.  It
 * is also what root acts on, so nothing in it may be taken for something that
 * we never wrote.
 *
 * One table has the form of each kind's line: words that stand for themselves,
 * and capital letters that stand for a field.  The same table formats and
 * parses.  A line that was parsed is formatted again and has to be the same,
 * byte for byte: so leading zeros, other spellings of an address, numbers that
 * are too large and trailing text are all refused, without a check for each.
 */
#include "route/change.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/parse.h"
#include "base/util.h"
#include "names/dns.h"

/*
 * The letters: F 4 or 6, P prefix/length, I interface, X its index, M metric,
 * T table, R preference, N number, O owner, D who is in charge of names, U
 * until-held or until-end.
 */
static const char *const forms[CHANGE_KINDS] = {
	[CHANGE_SLOT] = "slot N",
	[CHANGE_UNREACHABLE] = "unreachable F P metric M table T",
	[CHANGE_THROW] = "throw F P metric M table T U",
	[CHANGE_ACCOUNT] = "rule F R account N U",
	[CHANGE_SERVER] = "rule F R server P port N U",
	[CHANGE_MAIN] = "rule F R main U",
	[CHANGE_TABLE] = "rule F R table T U",
	[CHANGE_ADDRESS] = "address F P dev I X",
	[CHANGE_ROUTE] = "route F P dev I X metric M table T",
	[CHANGE_NAMES] = "dns D I X U",
};

/* The form of a slot whose owner is not root. */
static const char owned_slot[] = "slot N user O";

int changes_add(struct changes *all, const struct change *c)
{
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct change *v = realloc(all->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		all->v = v;
		all->room = room;
	}
	all->v[all->n++] = *c;
	return 0;
}

void changes_free(struct changes *all)
{
	free(all->v);
	*all = (struct changes){0};
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* For qsort(3) and bsearch(3). */
static int compare_changes(const void *one, const void *other)
{
	const struct change *a = one, *b = other;
	int d = compare_numbers(a->kind, b->kind);

	if (!d)
		d = compare_numbers(a->family, b->family);
	if (!d)
		d = memcmp(a->address, b->address, sizeof(a->address));
	if (!d)
		d = compare_numbers(a->length, b->length);
	if (!d)
		d = compare_numbers(a->metric, b->metric);
	if (!d)
		d = compare_numbers(a->table, b->table);
	if (!d)
		d = compare_numbers(a->preference, b->preference);
	if (!d)
		d = compare_numbers(a->number, b->number);
	return d ? d : compare_numbers(a->ifindex, b->ifindex);
}

void changes_sort(struct changes *all)
{
	if (all->n)
		qsort(all->v, all->n, sizeof(*all->v), compare_changes);
}

struct change *changes_find(const struct changes *all, const struct change *c)
{
	if (!all->n)
		return NULL;
	return bsearch(c, all->v, all->n, sizeof(*all->v), compare_changes);
}

bool change_is_rule(const struct change *c)
{
	return c->kind >= CHANGE_ACCOUNT && c->kind <= CHANGE_TABLE;
}

/* The number that a letter stands for, or NULL if it is none. */
static uint32_t *field_of(struct change *c, char letter)
{
	switch (letter) {
	case 'X':
		return &c->ifindex;
	case 'M':
		return &c->metric;
	case 'T':
		return &c->table;
	case 'R':
		return &c->preference;
	case 'N':
		return &c->number;
	case 'O':
		return &c->owner;
	default:
		return NULL;
	}
}

static void format_prefix(char *out, size_t size, const struct change *c)
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop((int)c->family, c->address, address, sizeof(address));
	snprintf(out, size, "%s/%u", address, c->length);
}

size_t change_format(char *out, const struct change *c)
{
	struct change copy = *c;
	const char *p = c->kind == CHANGE_SLOT && c->owner ? owned_slot
							   : forms[c->kind];
	size_t used = 0;

	for (; *p; p++) {
		const uint32_t *number = field_of(&copy, *p);
		size_t size = CHANGE_LINE - used - 1;
		char *word = out + used;

		if (number)
			snprintf(word, size, "%u", *number);
		else if (*p == 'F')
			snprintf(word, size, "%d",
				 c->family == AF_INET6 ? 6 : 4);
		else if (*p == 'P')
			format_prefix(word, size, c);
		else if (*p == 'I')
			snprintf(word, size, "%.*s", IFNAMSIZ - 1,
				 c->interface);
		else if (*p == 'D')
			snprintf(word, size, "%s",
				 dns_keeper_name((enum dns_keeper)c->number));
		else if (*p == 'U')
			snprintf(word, size, "until-%s",
				 c->until_end ? "end" : "held");
		else
			snprintf(word, size, "%c", *p);
		used += strlen(word);
	}
	out[used++] = '\n';
	out[used] = '\0';
	return used;
}

static bool parse_word_of_form(char *word, struct change *c, char letter)
{
	uint32_t *number = field_of(c, letter);
	enum dns_keeper keeper;
	char *length;
	int64_t n;

	if (number) {
		if (!parse_int(word, 0, UINT32_MAX, &n))
			return false;
		*number = (uint32_t)n;
		return true;
	}
	switch (letter) {
	case 'P':
		length = word;
		word = strsep(&length, "/");
		if (!length ||
		    !parse_int(length, 0, c->family == AF_INET6 ? 128 : 32,
			       &n) ||
		    inet_pton((int)c->family, word, c->address) != 1)
			return false;
		c->length = (uint32_t)n;
		return true;
	case 'D':
		if (!dns_keeper_of(word, &keeper))
			return false;
		c->number = keeper;
		return true;
	case 'F':
		c->family = *word == '6' ? AF_INET6 : AF_INET;
		return true;
	case 'U':
		c->until_end = !strcmp(word, "until-end");
		return true;
	default:
		if (!parse_interface(word))
			return false;
		snprintf(c->interface, sizeof(c->interface), "%s", word);
		return true;
	}
}

/* Parses a line by the form of one kind; changes the line. */
static bool parse_form(char *line, const char *form, uint32_t kind,
		       struct change *c)
{
	char *rest = line, *word;

	*c = (struct change){.kind = kind,
			     .until_end = kind == CHANGE_UNREACHABLE};
	while ((word = strsep(&rest, " "))) {
		size_t n = strcspn(form, " ");
		bool letter = n == 1 && *form >= 'A' && *form <= 'Z';

		if (letter ? !parse_word_of_form(word, c, *form)
			   : strlen(word) != n || memcmp(word, form, n) != 0)
			return false;
		form += n;
		if (*form)
			form++;
		else
			return !rest;
	}
	return false;
}

/*
 * Copies a line into out (CHANGE_LINE bytes) with the words that we write now
 * in the place of those of version 0.1, whose ledgers have to be undone after
 * an upgrade.  False if the line is too long or has a zero.
 */
static bool translate_words(char *out, const char *line, size_t len)
{
	static const struct {
		const char *old, *now;
	} last[] = {{" kept", " until-end"}, {" open", " until-held"}};
	static const char twin[] = "twin ";
	size_t skip = strlen(twin);
	bool is_old;

	if (len >= CHANGE_LINE - 16 || memchr(line, '\0', len))
		return false;
	is_old = len > skip && !memcmp(line, twin, skip);
	snprintf(out, CHANGE_LINE, "%s%.*s", is_old ? "unreachable " : "",
		 (int)(len - (is_old ? skip : 0)), line + (is_old ? skip : 0));
	len = strlen(out);
	for (size_t i = 0; i < COUNT(last); i++) {
		size_t n = strlen(last[i].old);

		if (len > n && !strcmp(out + len - n, last[i].old)) {
			snprintf(out + len - n, CHANGE_LINE - (len - n), "%s",
				 last[i].now);
			break;
		}
	}
	return true;
}

bool change_parse(const char *line, size_t len, struct change *c)
{
	char now[CHANGE_LINE], copy[CHANGE_LINE], again[CHANGE_LINE];
	struct change got;

	if (!translate_words(now, line, len))
		return false;
	len = strlen(now);
	for (uint32_t i = 0; i <= CHANGE_KINDS; i++) {
		uint32_t kind = i < CHANGE_KINDS ? i : CHANGE_SLOT;
		const char *form = i < CHANGE_KINDS ? forms[i] : owned_slot;

		memcpy(copy, now, len + 1);
		if (!parse_form(copy, form, kind, &got))
			continue;
		/* A change of ours never has these numbers. */
		if ((kind == CHANGE_SLOT && got.number >= SLOTS) ||
		    (kind == CHANGE_SERVER &&
		     (!got.number || got.number > UINT16_MAX)))
			continue;
		/* Each change is written in one way; it has to be that. */
		if (change_format(again, &got) != len + 1 ||
		    memcmp(again, now, len) != 0)
			continue;
		*c = got;
		return true;
	}
	return false;
}

const char *change_words(const struct change *c, char *out, size_t size)
{
	char prefix[INET6_ADDRSTRLEN + 8];

	format_prefix(prefix, sizeof(prefix), c);
	switch (c->kind) {
	case CHANGE_UNREACHABLE:
	case CHANGE_THROW:
		snprintf(out, size, "%s %s table %u",
			 c->kind == CHANGE_UNREACHABLE ? "unreachable"
						       : "throw",
			 prefix, c->table);
		break;
	case CHANGE_ADDRESS:
		snprintf(out, size, "address %s dev %s", prefix, c->interface);
		break;
	case CHANGE_ROUTE:
		snprintf(out, size, "route %s dev %s", prefix, c->interface);
		if (c->table != 254)
			snprintf(out + strlen(out), size - strlen(out),
				 " table %u", c->table);
		break;
	case CHANGE_NAMES:
		snprintf(out, size, "name servers of %s", c->interface);
		break;
	default:
		snprintf(out, size, "IPv%d rule %u",
			 c->family == AF_INET6 ? 6 : 4, c->preference);
	}
	return out;
}
