/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_LOGIN_SECRETS_H
#define SSHDIAL_IPC_LOGIN_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

/*
 * All that the logins of a peer need.  The parent reads it (keys/secrets.h),
 * because the session has no right to open these files, and hands it over in
 * the plan; both overwrite their copy as soon as they do not need it any more.
 * The memory that pointers lead to belongs to the struct, except for paths.
 */

#define SECRETS_FILE_MAX 65536 /* bytes of a key file */
#define SECRETS_LINE_MAX 1024  /* bytes of a password or passphrase */

struct identity {
	const char *path;  /* as configured */
	bool everywhere;   /* for every host; false: for hops that name it */
	char *key;	   /* the text of the file */
	size_t key_len;	   /* bytes */
	char *certificate; /* the text of PATH-cert.pub, or NULL */
	size_t certificate_len;
	bool rsa;	/* the key is known to be an RSA key */
	bool encrypted; /* and then this is its passphrase: */
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
