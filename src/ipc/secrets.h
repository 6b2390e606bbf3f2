/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_SECRETS_H
#define SSHDIAL_IPC_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

/*
 * What a login needs: key files with their certificates, passphrases, the
 * password, the agent's socket.  The parent reads all of it, because the
 * session has no right to open these files, and hands it to the session.
 */

#define SECRETS_FILE_MAX 65536 /* bytes of a key file */
#define SECRETS_LINE_MAX 1024  /* bytes of a password or passphrase */

struct identity {
	const char *path; /* of the configuration */
	bool everywhere;  /* of the key `identity`, not of a hop alone */
	char *key;	  /* the file's text */
	size_t key_len;
	char *certificate; /* PATH-cert.pub, where there is one */
	size_t certificate_len;
	bool encrypted;
	char passphrase[SECRETS_LINE_MAX];
};

struct secrets {
	struct identity identity[2 * CONF_LIST_MAX];
	size_t n;
	char password[SECRETS_LINE_MAX];
	bool has_password;
	char agent[108]; /* the agent's socket, or "" */
};

/* Overwrites and frees one of them. */
void identity_wipe(struct identity *id);

/* Overwrites and frees all. */
void secrets_wipe(struct secrets *s);

#endif
