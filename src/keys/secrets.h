/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_SECRETS_H
#define SSHDIAL_KEYS_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/failure.h"
#include "conf/conf.h"

/*
 * What a login needs: key files with their certificates, passphrases, the
 * password, the agent's socket.  The parent reads all of it, because the
 * session has no right to open these files, and hands it to the session.
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
 * that no libssh2 can use is left out with a warning while others remain; that
 * of a hop alone has no others.  0, or -1 with REASON_IDENTITY.
 */
int auth_load(struct auth_secrets *s, const struct conf *c, bool ask,
	      struct failure *f);

/* Frees and overwrites all. */
void auth_wipe(struct auth_secrets *s);

#endif
