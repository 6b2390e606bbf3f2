/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_AUTH_H
#define SSHDIAL_AUTH_H

#include "base/failure.h"
#include "conf/target.h"
#include "ssh/transport.h"

/*
 * Login (RFC 4252): key files and their certificates, the agent, then a
 * password as keyboard-interactive (RFC 4256) or as password.
 *
 * Secrets are read by the parent, which may read them, before the session
 * that uses them is forked and gives up its rights; the parent wipes them
 * right after.
 */

#define AUTH_FILE_MAX 65536 /* bytes of a key file */
#define AUTH_LINE_MAX 1024  /* bytes of a password or passphrase */

struct auth_identity {
	const char *path; /* of the configuration */
	bool everywhere;  /* of the key `identity`, not of a hop alone */
	char *key;	  /* the file's text */
	size_t key_len;
	char *certificate; /* PATH-cert.pub, where there is one */
	size_t certificate_len;
	bool encrypted;
	char passphrase[AUTH_LINE_MAX];
};

struct auth_secrets {
	struct auth_identity identity[2 * CONF_LIST_MAX];
	size_t n;
	char password[AUTH_LINE_MAX];
	bool has_password;
	char agent[108]; /* the agent's socket, or "" */
};

/*
 * Reads what the configuration names.  A passphrase comes from
 * `passphrase-file`, or is asked for on /dev/tty where `ask` is true.  A key
 * that this libssh2 cannot use is left out with a warning while others remain;
 * that of a hop alone has no others.  0, or -1 with REASON_IDENTITY.
 */
int auth_load(struct auth_secrets *s, const struct conf *c, bool ask,
	      struct failure *f);

/* Frees and overwrites all. */
void auth_wipe(struct auth_secrets *s);

/*
 * Connects to the agent, which may take rights that the session gives up
 * later.  It belongs to t from then on.  Nothing where none is configured; an
 * agent that is not there is a warning, not a failure.
 */
void auth_agent_open(struct transport *t, const struct auth_secrets *s);

/*
 * Logs in at `to`, with the keys that are for it, and with the password where
 * it is no hop.  Runs the loop; *how (size bytes) gets the method that was
 * accepted, in words.  0, or -1 with REASON_LOGIN_REFUSED and what was tried,
 * or REASON_LINK_LOST; or -1 with f as it was after loop_quit().
 */
int auth_login(struct transport *t, const struct conf_target *to,
	       const struct auth_secrets *s, char *how, size_t size,
	       struct failure *f);

#endif
