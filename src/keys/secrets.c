// SPDX-License-Identifier: ISC
/*
 * Reads all that the logins of a peer need, before one is tried, so that a key
 * file that cannot work is refused by name.  Files with secrets must be
 * readable by nobody else; a passphrase comes from a file or from the terminal.
 *
 * Several keys may be configured.  One that cannot be used is a warning if
 * others remain.  A hop may have a key of its own; that is all it is offered,
 * so there it is a failure.
 */
#include "keys/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "conf/ssh_targets.h"
#include "keys/auth_key.h"

/* Reads the first line of a file, without its end. */
static int read_secret_line(const char *path, const char *key,
			    char line[SECRETS_LINE_MAX], struct failure *f)
{
	char why[300];
	char *text;
	size_t len, size;
	int rc = file_read(path, FILE_SECRET, SECRETS_FILE_MAX, &text, &size);

	if (rc < 0)
		return fail(
			f, REASON_IDENTITY, "%s: %s", key,
			file_explain(path, FILE_SECRET, rc, why, sizeof(why)));
	len = strcspn(text, "\r\n");
	if (!len || len >= SECRETS_LINE_MAX)
		rc = fail(f, REASON_IDENTITY,
			  "%s: %s: the first line must have 1 to %d bytes", key,
			  path, SECRETS_LINE_MAX - 1);
	else
		memcpy(line, text, len);
	line[rc < 0 ? 0 : len] = 0;
	wipe(text, size);
	free(text);
	return rc < 0 ? -1 : 0;
}

/* The length of the line; 0 at the end, -1 if the terminal cannot be read,
 * -ENOTTY, or -EINTR if one of the signals comes first. */
static ssize_t ask_without_echo(int tty, const char *path,
				const sigset_t *signals, char *line,
				size_t size)
{
	struct pollfd p[] = {{.fd = tty, .events = POLLIN},
			     {.fd = -1, .events = POLLIN}};
	struct termios before, quiet;
	ssize_t n = -EINTR;
	int ready;

	if (tcgetattr(tty, &before) < 0)
		return -ENOTTY;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	quiet.c_lflag |= ICANON | ISIG | ECHONL;
	tcsetattr(tty, TCSAFLUSH, &quiet);
	dprintf(tty, "Passphrase of %s: ", path);
	p[1].fd = signalfd(-1, signals, SFD_CLOEXEC);
	do {
		ready = poll(p, 2, -1);
	} while (ready < 0 && errno == EINTR);
	if (p[1].fd >= 0)
		close(p[1].fd);
	if (ready > 0 && !p[1].revents)
		n = read(tty, line, size);
	tcsetattr(tty, TCSAFLUSH, &before);
	return n;
}

/*
 * 0, -ENOTTY if there is no terminal, -ENODATA if there is no line, -EINTR if
 * a signal came: then the terminal is as it was before the signal takes effect.
 */
static int ask_passphrase(const char *path, char line[SECRETS_LINE_MAX])
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	sigset_t signals, mask, before;
	ssize_t n;

	if (tty < 0)
		return -ENOTTY;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	mask = signals;
	sigaddset(&mask, SIGTSTP);
	sigprocmask(SIG_BLOCK, &mask, &before);
	n = ask_without_echo(tty, path, &signals, line, SECRETS_LINE_MAX - 1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(tty);
	if (n <= 0)
		return n < 0 ? (int)n : -ENODATA;
	line[n] = 0;
	line[strcspn(line, "\r\n")] = 0;
	return 0;
}

static int find_passphrase(struct identity *id, const struct conf *c, bool ask,
			   struct failure *f)
{
	int rc;

	if (c->passphrase_file)
		return read_secret_line(c->passphrase_file, "passphrase-file",
					id->passphrase, f);
	rc = ask ? ask_passphrase(id->path, id->passphrase) : -ENOTTY;
	if (rc == -EINTR)
		return fail(
			f, REASON_ASKED,
			"ended as asked, before the passphrase of %s was typed",
			id->path);
	if (rc < 0)
		return fail(f, REASON_IDENTITY,
			    "identity: %s is encrypted and there is no %s; "
			    "set passphrase-file",
			    id->path,
			    rc == -ENOTTY ? "terminal to ask on"
					  : "passphrase for it");
	return 0;
}

/* NULL, or why no libssh2 can use such a key. */
static const char *explain_unusable(const struct auth_key_info *k)
{
	if (k->format == AUTH_KEY_PUBLIC)
		return "is a public key; name the private one, without .pub";
	if (k->format == AUTH_KEY_UNKNOWN)
		return "is not a private key";
	if (k->format == AUTH_KEY_PUTTY)
		return "is a PuTTY key; convert it with puttygen -O "
		       "private-openssh";
	if (!strncmp(k->type, "sk-", 3))
		return "is a security key, which unattended logins cannot use";
	if (!strcmp(k->type, "ssh-dss"))
		return "is a DSA key, which servers refuse; use ed25519";
	if (k->format == AUTH_KEY_PKCS8 && !strcmp(k->type, "ssh-ed25519"))
		return "is an ed25519 key in PKCS#8 form; make a new one with "
		       "ssh-keygen -t ed25519";
	if (k->encrypted && k->cipher[0] && strncmp(k->cipher, "aes", 3))
		return "is encrypted with a cipher that libssh2 does not have; "
		       "change it with ssh-keygen -p -Z aes256-ctr";
	if (strstr(k->cipher, "gcm"))
		return "is encrypted with AES-GCM, which libssh2 cannot read; "
		       "change it with ssh-keygen -p -Z aes256-ctr";
	return NULL;
}

static int load_identity(struct identity *id, const char *path,
			 const struct conf *c, bool ask, struct failure *f)
{
	struct auth_key_info info;
	char why[300], certificate[4096];
	const char *problem;
	int rc;

	id->path = path;
	rc = file_read(path, FILE_SECRET, SECRETS_FILE_MAX, &id->key,
		       &id->key_len);
	if (rc < 0) {
		id->key = NULL;
		return fail(
			f, REASON_IDENTITY, "identity: %s%s",
			file_explain(path, FILE_SECRET, rc, why, sizeof(why)),
			rc == -ENOENT
				? "; make one: ssh-keygen -t ed25519 -N ''"
				: "");
	}
	rc = auth_key_probe(id->key, id->key_len, &info);
	problem = rc < 0 ? "is damaged" : explain_unusable(&info);
	if (problem)
		return fail(f, REASON_IDENTITY, "identity: %s %s", path,
			    problem);
	id->rsa = !strcmp(info.type, "ssh-rsa");
	id->encrypted = info.encrypted;
	if (id->encrypted && find_passphrase(id, c, ask, f) < 0)
		return -1;
	snprintf(certificate, sizeof(certificate), "%s-cert.pub", path);
	if (file_read(certificate, FILE_ANY, SECRETS_FILE_MAX, &id->certificate,
		      &id->certificate_len) < 0)
		id->certificate = NULL;
	return 0;
}

static int add_identity(struct secrets *s, const char *path,
			const struct conf *c, bool ask, struct failure *f)
{
	struct identity *id = &s->identity[s->n];

	if (!load_identity(id, path, c, ask, f)) {
		s->n++;
		return 0;
	}
	identity_wipe(id);
	return -1;
}

/* Loads the values of the key `identity`. */
static int load_everywhere(struct secrets *s, const struct conf *c, bool ask,
			   struct failure *f)
{
	struct failure first = {0};

	for (size_t i = 0; i < c->identity.n; i++) {
		struct failure one = {0};

		if (!add_identity(s, c->identity.v[i], c, ask, &one)) {
			s->identity[s->n - 1].everywhere = true;
			continue;
		}
		if (one.reason == REASON_ASKED)
			return fail(f, REASON_ASKED, "%s", one.text);
		if (c->identity.n > 1)
			log_warn("%s", one.text);
		fail(&first, one.reason, "%s", one.text);
	}
	if (s->n || s->has_password || s->agent[0])
		return 0;
	return fail(f, REASON_IDENTITY, "%s",
		    failure_is_set(&first)
			    ? first.text
			    : "no identity, agent or password-file");
}

static bool is_loaded(const struct secrets *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->identity[i].path, path))
			return true;
	return false;
}

/* Loads the keys that hops have for themselves, each file once. */
static int load_of_hops(struct secrets *s, const struct conf *c, bool ask,
			struct failure *f)
{
	struct conf_target t;

	for (size_t i = 0; i < conf_targets(c); i++) {
		struct failure one = {0};

		conf_target(c, i, &t);
		if (t.identity && !is_loaded(s, t.identity) &&
		    add_identity(s, t.identity, c, ask, &one) < 0)
			return fail(f, one.reason, "hop %s: %s", t.host,
				    one.text);
	}
	return 0;
}

static int load_all(struct secrets *s, const struct conf *c, bool ask,
		    struct failure *f)
{
	const char *agent = c->identity_agent;

	if (agent && !strcmp(agent, "SSH_AUTH_SOCK"))
		agent = getenv("SSH_AUTH_SOCK");
	if (agent && strlen(agent) >= sizeof(s->agent))
		return fail(f, REASON_IDENTITY,
			    "identity-agent: the path is too long");
	if (agent)
		snprintf(s->agent, sizeof(s->agent), "%s", agent);
	if (c->password_file) {
		if (read_secret_line(c->password_file, "password-file",
				     s->password, f) < 0)
			return -1;
		s->has_password = true;
	}
	if (load_everywhere(s, c, ask, f) < 0)
		return -1;
	return load_of_hops(s, c, ask, f);
}

int secrets_load(struct secrets *s, const struct conf *c, bool ask,
		 struct failure *f)
{
	int rc;

	memset(s, 0, sizeof(*s));
	rc = load_all(s, c, ask, f);
	if (rc < 0)
		secrets_wipe(s);
	return rc;
}
