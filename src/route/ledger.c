// SPDX-License-Identifier: ISC
/*
 * The undo is armed before the first change: all lines of a call are written
 * before the kernel is asked, so that a kill at any point leaves lines for all
 * that was made.  The ledger may say too much (what was never made), never too
 * little; undoing what does not exist is no error.
 *
 * Lines are appended in one write.  If a kill or a full disk cuts the last one,
 * it has no newline, and the next append begins at its start.  When something
 * was undone, the rest is written to NAME.undo.new and renamed over the ledger.
 *
 * The first line names the slot.  Slots of different peers differ, so choosing
 * one is a look at the first line of all ledgers, under a lock on the folder.
 * If the first line is lost, all that follows is undone before anything new is
 * set, because what we set is only told apart by the slot.
 */
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

static int fail_on(const char *path, struct failure *f, int error)
{
	return fail(f, REASON_INTERNAL, "%s: %s", path, strerror(-error));
}

static int set_paths(struct ledger *g, const char *peer)
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

	return !set_paths(&g, peer) && !lstat(g.path, &st);
}

/* Parses the lines of a text into `all`.  The length of its whole lines, or
 * -ENOMEM; *wrong is the number of the first line that is not valid. */
static long long parse_lines(struct changes *all, const char *text, size_t len,
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

/* Reads the whole file, of at most LEDGER_MAX bytes.  0 or -errno. */
static int read_file(int fd, char **text, size_t *len)
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

static int explain_open(const struct ledger *g, struct failure *f, int error)
{
	if (error == -EPERM)
		return fail(f, REASON_INTERNAL,
			    "%s: file or folder do not belong to root alone; "
			    "look at it, then remove it",
			    g->path);
	if (error == -EBUSY)
		return fail(f, REASON_INTERNAL,
			    "%s: another process has had it locked for %d s",
			    g->path, LEDGER_WAIT / 1000);
	return fail_on(g->path, f, error);
}

/* 0 or -errno; nothing is open then. */
static int open_and_read(struct ledger *g, const char *peer, bool make,
			 int64_t wait)
{
	unsigned int wrong = 0;
	size_t len = 0;
	char *text = NULL;
	int rc = set_paths(g, peer);

	if (!rc)
		rc = ledger_file_open(g, make, wait);
	if (rc)
		return rc;
	rc = read_file(g->fd, &text, &len);
	if (!rc) {
		g->size = parse_lines(&g->made, text, len, &wrong);
		free(text);
		if (wrong)
			log_warn("%s:%u: not a line that sshdial writes; "
				 "skipped",
				 g->path, wrong);
		rc = g->size < 0 ? -ENOMEM : 0;
	}
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
	return rc < 0 ? explain_open(g, f, rc) : 1;
}

int ledger_try_open(struct ledger *g, const char *peer, struct failure *f)
{
	int rc = open_and_read(g, peer, false, 0);

	if (rc == -ENOENT)
		return 0;
	if (rc == -EBUSY)
		return rc;
	return rc < 0 ? explain_open(g, f, rc) : 1;
}

/* The lines of all changes, which the caller frees, or NULL. */
static char *format_all(const struct changes *all, size_t *len)
{
	char *text = malloc(all->n * CHANGE_LINE + 1);

	*len = 0;
	for (size_t i = 0; text && i < all->n; i++)
		*len += change_format(text + *len, &all->v[i]);
	return text;
}

int ledger_append(struct ledger *g, const struct changes *more,
		  struct failure *f)
{
	size_t len, had = g->made.n;
	char *text = format_all(more, &len);
	int rc = text ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < more->n; i++)
		rc = changes_add(&g->made, &more->v[i]);
	if (!rc && g->size + (long long)len > LEDGER_MAX)
		rc = -EFBIG;
	/* A line that was cut, behind g->size, is overwritten. */
	if (!rc && (ftruncate(g->fd, g->size) < 0 ||
		    lseek(g->fd, g->size, SEEK_SET) < 0))
		rc = -errno;
	if (!rc)
		rc = fd_write_all(g->fd, text, len);
	free(text);
	if (!rc) {
		g->size += (long long)len;
		return 0;
	}
	g->made.n = had;
	if (ftruncate(g->fd, g->size) < 0)
		log_warn("%s: %s", g->path, strerror(errno));
	return fail_on(g->path, f, rc);
}

/* True if no change is left to undo: a slot is none. */
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
	unlinkat(g->folder, fresh, 0); /* a killed process left it */
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
		text = format_all(left, &len);
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

/* Reads the slot of another peer's ledger from its first line. */
static bool read_slot(const struct ledger *g, const char *name,
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

/* Marks the slots of all other ledgers as taken.  0 or -errno. */
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
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name), suffix = strlen(SUFFIX);

		if (len > suffix && strcmp(e->d_name, g->name) != 0 &&
		    !strcmp(e->d_name + len - suffix, SUFFIX) &&
		    read_slot(g, e->d_name, &slot))
			taken[slot] = true;
	}
	closedir(d);
	return 0;
}

uid_t ledger_owner(const struct ledger *g)
{
	return g->made.n && g->made.v[0].kind == CHANGE_SLOT
		       ? g->made.v[0].owner
		       : 0;
}

/* Makes a ledger that a killed call left one of another user. */
static void change_owner(struct ledger *g, uid_t owner)
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
		change_owner(g, owner);
	if (g->made.n && g->made.v[0].kind == CHANGE_SLOT) {
		*slot = g->made.v[0].number;
		return 0;
	}
	rc = ledger_file_lock(g->folder, LEDGER_WAIT);
	if (!rc)
		rc = mark_slots(g, taken);
	if (rc < 0)
		return fail_on(LEDGER_FOLDER, f, rc);
	while (i < SLOTS && (taken[i] || in_use(arg, i)))
		i++;
	*slot = i;
	/* The slot is ours once its line is there, so the lock spans both. */
	if (i < SLOTS) {
		struct change c = {
			.kind = CHANGE_SLOT, .owner = owner, .number = i};

		rc = ledger_append(g, &(struct changes){.n = 1, .v = &c}, f);
	} else {
		rc = fail(f, REASON_INTERNAL,
			  "no routing table from %d to %d is free", SLOT_TABLE,
			  SLOT_TABLE + SLOTS - 1);
	}
	flock(g->folder, LOCK_UN);
	return rc;
}
