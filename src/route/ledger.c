/* SPDX-License-Identifier: ISC */
#include "route/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "base/util.h"
#include "route/ledger_file.h"

#define SUFFIX ".undo"

static int failed(const char *path, struct failure *f, int error)
{
	return fail(f, REASON_INTERNAL, "%s: %s", path, strerror(-error));
}

static int names_of(struct ledger *g, const char *peer)
{
	*g = (struct ledger){.folder = -1, .lock = -1, .fd = -1};
	if (!parse_peer_name(peer))
		return -EINVAL;
	snprintf(g->name, sizeof(g->name), "%s" SUFFIX, peer);
	snprintf(g->path, sizeof(g->path), "%s/%s", LEDGER_FOLDER, g->name);
	return 0;
}

bool ledger_there(const char *peer)
{
	struct ledger g;
	struct stat st;

	return !names_of(&g, peer) && !lstat(g.path, &st);
}

/* Adds what `text` says; the bytes up to the end of the last whole line, or
 * -ENOMEM.  The first line that is wrong is in *wrong. */
static long long take_lines(struct changes *all, const char *text, size_t len,
			    unsigned int *wrong)
{
	const char *p = text, *end = text + len, *eol;
	unsigned int line = 0;
	struct change c;

	for (; p < end && (eol = memchr(p, '\n', (size_t)(end - p)));
	     p = eol + 1) {
		line++;
		if (change_parse(p, (size_t)(eol - p), &c)) {
			if (changes_add(all, &c) < 0)
				return -ENOMEM;
		} else if (!*wrong) {
			*wrong = line;
		}
	}
	return p - text;
}

/* All of a file of at most LEDGER_MAX bytes.  0 or -errno. */
static int read_all(int fd, char **text, size_t *len)
{
	struct stat st;
	size_t used = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) < 0)
		return -errno;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	while (n > 0 && used < (size_t)st.st_size) {
		n = pread(fd, *text + used, (size_t)st.st_size - used,
			  (off_t)used);
		if (n > 0)
			used += (size_t)n;
	}
	if (n < 0) {
		free(*text);
		*text = NULL;
		return -EIO;
	}
	*len = used;
	return 0;
}

static int read_lines(struct ledger *g)
{
	unsigned int wrong = 0;
	size_t len = 0;
	char *text = NULL;
	int rc = read_all(g->fd, &text, &len);

	if (rc < 0)
		return rc;
	g->size = take_lines(&g->made, text, len, &wrong);
	free(text);
	if (wrong)
		log_warn("%s:%u: not a line of ours, skipped", g->path, wrong);
	return g->size < 0 ? -ENOMEM : 0;
}

static int explain(const struct ledger *g, struct failure *f, int error)
{
	if (error == -EPERM)
		return fail(f, REASON_INTERNAL,
			    "%s: not a file of root alone in a folder of root; "
			    "look at it, then remove it",
			    g->path);
	if (error == -EBUSY)
		return fail(f, REASON_INTERNAL,
			    "%s: another process has kept it for %d s", g->path,
			    LEDGER_WAIT / 1000);
	return failed(g->path, f, error);
}

/* 0 or -errno; nothing is open then. */
static int open_and_read(struct ledger *g, const char *peer, bool make,
			 int64_t wait)
{
	int rc = names_of(g, peer);

	if (!rc)
		rc = ledger_file_open(g, make, wait);
	if (rc)
		return rc;
	rc = read_lines(g);
	if (rc < 0)
		ledger_close(g);
	return rc;
}

int ledger_open(struct ledger *g, const char *peer, bool make,
		struct failure *f)
{
	int rc = open_and_read(g, peer, make, LEDGER_WAIT);

	if (rc == -ENOENT && !make)
		return 0;
	return rc < 0 ? explain(g, f, rc) : 1;
}

int ledger_try_open(struct ledger *g, const char *peer, struct failure *f)
{
	int rc = open_and_read(g, peer, false, 0);

	if (rc == -ENOENT)
		return 0;
	if (rc == -EBUSY)
		return rc;
	return rc < 0 ? explain(g, f, rc) : 1;
}

/* The text of them; NULL where there is no memory. */
static char *text_of(const struct changes *all, size_t *len)
{
	char *text = malloc(all->n * CHANGE_LINE + 1);

	*len = 0;
	for (size_t i = 0; text && i < all->n; i++)
		*len += change_format(text + *len, &all->v[i]);
	return text;
}

static int write_at(int fd, const char *text, size_t len, long long at)
{
	if (ftruncate(fd, at) < 0 || lseek(fd, at, SEEK_SET) < 0)
		return -errno;
	return fd_write_all(fd, text, len);
}

int ledger_append(struct ledger *g, const struct changes *more,
		  struct failure *f)
{
	size_t len, had = g->made.n;
	char *text = text_of(more, &len);
	int rc = text ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < more->n; i++)
		rc = changes_add(&g->made, &more->v[i]);
	if (!rc && g->size + (long long)len > LEDGER_MAX)
		rc = -EFBIG;
	if (!rc)
		rc = write_at(g->fd, text, len, g->size);
	free(text);
	if (!rc) {
		g->size += (long long)len;
		return 0;
	}
	g->made.n = had;
	if (ftruncate(g->fd, g->size) < 0)
		log_warn("%s: %s", g->path, strerror(errno));
	return failed(g->path, f, rc);
}

static bool is_nothing(const struct changes *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].kind != CHANGE_SLOT)
			return false;
	return true;
}

#define FRESH_NAME (sizeof(((struct ledger *)NULL)->name) + 4)

static void fresh_name(char out[FRESH_NAME], const struct ledger *g)
{
	snprintf(out, FRESH_NAME, "%s.new", g->name);
}

/* Puts a file with `text` in the place of the ledger.  0 or -errno. */
static int replace_file(struct ledger *g, const char *text, size_t len)
{
	char fresh[FRESH_NAME];
	int fd, rc;

	fresh_name(fresh, g);
	unlinkat(g->folder, fresh, 0); /* of one who was killed here */
	fd = openat(g->folder, fresh,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	rc = fd_write_all(fd, text, len);
	if (!rc && renameat(g->folder, fresh, g->folder, g->name) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(g->folder, fresh, 0);
		close(fd);
		return rc;
	}
	close(g->fd);
	g->fd = fd;
	g->size = (long long)len;
	return 0;
}

void ledger_replace(struct ledger *g, struct changes *left)
{
	size_t len = 0;
	char *text = NULL;
	int rc = 0;

	if (is_nothing(left)) {
		left->n = 0;
		if (ftruncate(g->fd, 0) < 0)
			rc = -errno;
		else
			g->size = 0;
	} else {
		text = text_of(left, &len);
		rc = text ? replace_file(g, text, len) : -ENOMEM;
		free(text);
	}
	if (rc < 0) {
		log_debug("%s: %s", g->path, strerror(-rc));
		return;
	}
	changes_free(&g->made);
	g->made = *left;
	*left = (struct changes){0};
}

void ledger_tidy(struct ledger *g)
{
	struct changes none = {0};

	if (is_nothing(&g->made))
		ledger_replace(g, &none);
}

void ledger_close(struct ledger *g)
{
	char fresh[FRESH_NAME];
	struct stat st;

	if (!fstat(g->fd, &st) && !st.st_size) {
		fresh_name(fresh, g);
		unlinkat(g->folder, fresh, 0);
		unlinkat(g->folder, g->name, 0);
	}
	ledger_file_close(g);
	changes_free(&g->made);
}

/* The slot in the first line of a ledger that need not be ours. */
static bool first_slot(const struct ledger *g, const char *name,
		       unsigned int *slot)
{
	int fd = openat(g->folder, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char line[CHANGE_LINE];
	struct change c;
	struct stat st;
	ssize_t n = -1;
	char *eol;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && !ledger_file_check(&st))
		n = read(fd, line, sizeof(line));
	close(fd);
	eol = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	if (!eol || !change_parse(line, (size_t)(eol - line), &c) ||
	    c.kind != CHANGE_SLOT)
		return false;
	*slot = c.number;
	return true;
}

static bool is_other(const struct ledger *g, const char *name)
{
	size_t len = strlen(name);

	return len > strlen(SUFFIX) && strcmp(name, g->name) != 0 &&
	       !strcmp(name + len - strlen(SUFFIX), SUFFIX);
}

/* Marks the slots of all other ledgers.  0 or -errno. */
static int mark_slots(const struct ledger *g, bool taken[SLOTS])
{
	int fd = openat(g->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	unsigned int slot;
	int rc = d ? 0 : -errno;

	if (!d && fd >= 0)
		close(fd);
	if (!d)
		return rc;
	while ((e = readdir(d)))
		if (is_other(g, e->d_name) && first_slot(g, e->d_name, &slot))
			taken[slot] = true;
	closedir(d);
	return 0;
}

static int claim(struct ledger *g, uid_t owner, unsigned int slot,
		 struct failure *f)
{
	struct change c = {.kind = CHANGE_SLOT, .number = slot, .owner = owner};
	const struct changes one = {.n = 1, .v = &c};

	return ledger_append(g, &one, f);
}

uid_t ledger_owner(const struct ledger *g)
{
	return g->made.n && g->made.v[0].kind == CHANGE_SLOT
		       ? g->made.v[0].owner
		       : 0;
}

/* What a killed call has left is another's now. */
static void take_over(struct ledger *g, uid_t owner)
{
	struct changes all = {0};

	for (size_t i = 0; i < g->made.n; i++)
		if (changes_add(&all, &g->made.v[i]) < 0)
			goto out;
	all.v[0].owner = owner;
	ledger_replace(g, &all);
out:
	changes_free(&all);
}

int ledger_slot(struct ledger *g, uid_t owner,
		bool (*in_use)(void *arg, unsigned int slot), void *arg,
		unsigned int *slot, struct failure *f)
{
	bool taken[SLOTS] = {false};
	unsigned int i = 0;
	int rc;

	if (g->made.n && ledger_owner(g) != owner)
		take_over(g, owner);
	if (g->made.n && g->made.v[0].kind == CHANGE_SLOT) {
		*slot = g->made.v[0].number;
		return 0;
	}
	rc = ledger_file_lock(g->folder, LEDGER_WAIT);
	if (!rc)
		rc = mark_slots(g, taken);
	if (rc < 0)
		return failed(LEDGER_FOLDER, f, rc);
	while (i < SLOTS && (taken[i] || in_use(arg, i)))
		i++;
	*slot = i;
	if (i < SLOTS)
		rc = claim(g, owner, i, f);
	else
		rc = fail(f, REASON_INTERNAL,
			  "no routing table from %d to %d is free", SLOT_TABLE,
			  SLOT_TABLE + SLOTS - 1);
	flock(g->folder, LOCK_UN);
	return rc;
}
