// SPDX-License-Identifier: ISC
/*
 * The form of a plan, for both ends.
 *
 * A plan is a row of fields without padding: a number is 8 bytes in the
 * machine's order; bytes are their length as a number, then themselves.  Both
 * ends are the same program on the same machine, and the first field is its
 * version, which is checked all the same.  One function lists the fields of
 * each struct and is called by the writer and by the reader, so that the two
 * cannot differ in order or type.
 *
 * The configuration goes as the text that `check --print` shows, and is read
 * by the parser of the configuration files: what that refuses, no session
 * starts with.
 *
 * The writer uses write(2) on the memfd itself, and the reader reads from a
 * mapping of it, so that no copy of a secret stays behind in a buffer.  The
 * seals make sure that what the session reads does not change.  Nobody can
 * overwrite a sealed memfd either, but its pages are freed when both processes
 * have closed it, which they do before the session touches the network, and
 * the kernel clears a page before anybody else gets it.
 */
#include "ipc/session_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3; vm.memfd_noexec=2 demands it */
#define MFD_NOEXEC_SEAL 8U
#endif
#define SEALS	 (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define TEXT_MAX ((size_t)8 * 1024 * 1024) /* of a command, of all keys */

/* Writes while fd is there, otherwise reads from p. */
struct fields {
	int fd;
	const uint8_t *p;
	size_t left;
	int error; /* the first: 0 or -errno; then nothing happens any more */
};

static void move_raw(struct fields *f, void *data, size_t len)
{
	if (f->error)
		return;
	if (f->fd >= 0) {
		f->error = fd_write_all(f->fd, data, len);
	} else if (len > f->left) {
		f->error = -EBADMSG;
	} else {
		memcpy(data, f->p, len);
		f->p += len;
		f->left -= len;
	}
}

/* A number that must be in this range where it is read. */
static int64_t move_number(struct fields *f, int64_t n, int64_t min,
			   int64_t max)
{
	move_raw(f, &n, sizeof(n));
	if (!f->error && (n < min || n > max))
		f->error = -EBADMSG;
	return f->error ? min : n;
}

#define MOVE(f, field, min, max)                                               \
	((field) = (__typeof__(field))move_number(f, (int64_t)(field), min,    \
						  (int64_t)(max)))
#define MOVE_BOOL(f, field) ((field) = move_number(f, field, 0, 1) != 0)
#define MOVE_FD(f, field)   MOVE(f, field, -1, 1 << 20)

/* A text that fits into `text` with its zero. */
static void move_text(struct fields *f, char *text, size_t size)
{
	size_t len = f->fd >= 0 ? strnlen(text, size) : 0;

	MOVE(f, len, 0, size - 1);
	move_raw(f, text, len);
	if (f->fd < 0) {
		text[f->error ? 0 : len] = 0;
		if (strlen(text) != len && !f->error)
			f->error = -EBADMSG;
	}
}

/* Bytes in memory of their own; NULL is one of their values. */
static void move_bytes(struct fields *f, char **bytes, size_t *len, size_t max)
{
	bool there = *bytes != NULL;

	MOVE_BOOL(f, there);
	if (!there || f->error)
		return;
	MOVE(f, *len, 0, max);
	if (f->fd < 0 && !f->error) {
		*bytes = *len > f->left ? NULL : calloc(1, *len + 1);
		if (!*bytes)
			f->error = *len > f->left ? -EBADMSG : -ENOMEM;
	}
	if (!f->error)
		move_raw(f, *bytes, *len);
}

/* A text in memory of its own. */
static void move_string(struct fields *f, char **text)
{
	size_t len = *text ? strlen(*text) : 0;

	move_bytes(f, text, &len, TEXT_MAX);
	if (f->fd < 0 && !f->error && *text && strlen(*text) != len)
		f->error = -EBADMSG;
}

/* The plan points at members of *in, which are filled already or will be. */
static void move_plan(struct fields *f, struct plan_input *in)
{
	struct session_plan *p = &in->plan;
	bool display = p->display != NULL;
	union {
		const char *from;
		char *to;
	} command = {.from = p->command}; /* which a writer only reads */

	MOVE(f, p->job, 0, SESSION_JOBS - 1);
	MOVE(f, p->target, 0, CONF_TARGETS_MAX - 1);
	MOVE(f, p->request, FAR_COMMAND, FAR_SHELL);
	move_string(f, &command.to);
	p->command = command.to;
	MOVE_FD(f, p->in);
	MOVE_FD(f, p->out);
	MOVE_FD(f, p->err);
	MOVE_BOOL(f, p->line_ready);
	MOVE_BOOL(f, p->stale);
	move_text(f, in->reached, sizeof(in->reached));
	MOVE(f, p->ports, 0, CONF_FORWARDS_MAX);
	for (int i = 0; i < p->ports; i++) {
		MOVE_FD(f, in->port[i].fd);
		MOVE(f, in->port[i].forward, 0, CONF_FORWARDS_MAX - 1);
	}
	MOVE_FD(f, p->stats);
	MOVE(f, p->uid, 0, UINT32_MAX);
	MOVE(f, p->gid, 0, UINT32_MAX);
	MOVE_BOOL(f, display);
	if (display) {
		struct display *d = &in->display;

		move_text(f, d->path, sizeof(d->path));
		move_text(f, d->host, sizeof(d->host));
		MOVE(f, d->port, 0, 65535);
		MOVE(f, d->screen, 0, INT32_MAX);
		MOVE_BOOL(f, d->has_cookie);
		move_raw(f, d->cookie, sizeof(d->cookie));
	}
	move_text(f, p->hostkeys, sizeof(p->hostkeys));
	for (size_t i = 0; i < CONF_TARGETS_MAX; i++) {
		move_text(f, p->host[i].offer, sizeof(p->host[i].offer));
		move_text(f, p->host[i].stored, sizeof(p->host[i].stored));
	}
	p->display = display ? &in->display : NULL;
	p->reached = in->reached[0] ? in->reached : NULL;
	p->port = in->port;
}

static void move_secrets(struct fields *f, struct secrets *s)
{
	MOVE(f, s->n, 0, COUNT(s->identity));
	for (size_t i = 0; i < s->n; i++) {
		struct identity *id = &s->identity[i];
		union {
			const char *from;
			char *to;
		} path = {.from = id->path};

		move_string(f, &path.to);
		id->path = path.to;
		if (!id->path && !f->error)
			f->error = -EBADMSG;
		MOVE_BOOL(f, id->everywhere);
		move_bytes(f, &id->key, &id->key_len, SECRETS_FILE_MAX);
		move_bytes(f, &id->certificate, &id->certificate_len,
			   SECRETS_FILE_MAX);
		MOVE_BOOL(f, id->rsa);
		MOVE_BOOL(f, id->encrypted);
		move_text(f, id->passphrase, sizeof(id->passphrase));
	}
	move_text(f, s->password, sizeof(s->password));
	MOVE_BOOL(f, s->has_password);
	move_text(f, s->agent, sizeof(s->agent));
}

static void move_version(struct fields *f)
{
	char version[64] = VERSION;

	move_text(f, version, sizeof(version));
	if (!f->error && strcmp(version, VERSION) != 0)
		f->error = -EBADMSG;
}

/* ---- the parent ---- */

static void write_conf(struct fields *f, const struct conf *c)
{
	char name[sizeof(c->name)], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out) {
		conf_print(c, out);
		if (fclose(out))
			f->error = -ENOMEM;
	}
	if (!text)
		f->error = -ENOMEM;
	memcpy(name, c->name, sizeof(name));
	move_text(f, name, sizeof(name));
	move_string(f, &text);
	free(text);
}

int plan_write(const struct session_plan *p, const struct conf *c,
	       const struct secrets *s)
{
	static struct plan_input all;
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	struct fields f = {0};

	f.fd = memfd_create("sshdial-plan", flags | MFD_NOEXEC_SEAL);
	if (f.fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		f.fd = memfd_create("sshdial-plan", flags);
	if (f.fd < 0)
		return -errno;
	all.plan = *p;
	if (p->display)
		all.display = *p->display;
	snprintf(all.reached, sizeof(all.reached), "%s",
		 p->reached ? p->reached : "");
	for (int i = 0; i < p->ports; i++)
		all.port[i] = p->port[i];
	all.secrets = *s;
	move_version(&f);
	move_number(&f, log_level(), LOG_ERROR, LOG_DEBUG);
	write_conf(&f, c);
	move_plan(&f, &all);
	move_secrets(&f, &all.secrets);
	wipe(&all, sizeof(all));
	if (!f.error && fcntl(f.fd, F_ADD_SEALS, SEALS) < 0)
		f.error = -errno;
	if (f.error)
		close(f.fd);
	return f.error ? f.error : f.fd;
}

/* ---- the session ---- */

bool plan_is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

static void read_conf(struct fields *f, struct conf *c)
{
	struct conf_error e = {""};
	char name[sizeof(c->name)], *text = NULL;

	move_text(f, name, sizeof(name));
	move_string(f, &text);
	if (f->error || !text) {
		free(text);
		f->error = f->error ? f->error : -EBADMSG;
		return;
	}
	/* Every key is in the text, so the defaults need nobody's home; it is
	 * not looked up while the session has rights. */
	setenv("HOME", "/", 1);
	f->error = conf_defaults(c, name);
	if (!f->error)
		f->error = conf_parse(c, "plan", text, strlen(text), &e);
	if (!f->error)
		f->error = conf_validate(c, &e);
	if (e.text[0])
		log_error("%s", e.text);
	free(text);
}

int plan_read(int fd, struct plan_input *in)
{
	struct fields f = {.fd = -1};
	int level = 0;
	struct stat st;
	void *all;

	if (!plan_is_sealed(fd) || fstat(fd, &st) < 0)
		return -EBADMSG;
	f.left = (size_t)st.st_size;
	all = mmap(NULL, f.left, PROT_READ, MAP_PRIVATE, fd, 0);
	if (all == MAP_FAILED)
		return -errno;
	f.p = all;
	memset(in, 0, sizeof(*in));
	move_version(&f);
	MOVE(&f, level, LOG_ERROR, LOG_DEBUG);
	log_open(NULL, (enum log_level)level);
	read_conf(&f, &in->conf);
	move_plan(&f, in);
	move_secrets(&f, &in->secrets);
	if (!f.error && f.left)
		f.error = -EBADMSG;
	munmap(all, (size_t)st.st_size);
	return f.error;
}
