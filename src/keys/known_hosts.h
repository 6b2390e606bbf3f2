/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_KNOWN_HOSTS_H
#define SSHDIAL_KEYS_KNOWN_HOSTS_H

#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"

/*
 * OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), read by a
 * parser of our own: plain and hashed names, comma lists, * and ? patterns,
 * negation, [host]:port, @revoked.  @cert-authority lines are skipped, because
 * libssh2 checks no host certificates.  A line that cannot be read is skipped
 * and logged at debug level, as ssh(1) does.
 *
 * Names are compared in lower case.  For a port other than 22 the entries of
 * [host]:port count.  If there are none, a key is also good if it is stored
 * under the plain name, as in ssh(1); another key there says nothing.  An alias
 * is looked up as it is, without a port.
 *
 * It is stricter than OpenSSH 9.2 in three things: a stored key counts even if
 * its type is not known or it is no point of its curve, so the host is not
 * "unknown"; a marker may end with a tab; and @revoked under the plain name
 * holds for all ports.
 */

#define KNOWN_KEY_MAX	  4096 /* bytes of one key */
#define KNOWN_NAME_MAX	  1024 /* bytes of a name with its port, and the zero */
#define KNOWN_ENTRIES_MAX 64   /* entries kept for one host */
#define KNOWN_FILE_MAX	  ((size_t)16 * 1024 * 1024)

enum known_verdict {
	KNOWN_MATCH,
	KNOWN_UNKNOWN, /* no key of this host is stored */
	KNOWN_CHANGED, /* another key, or a key of another type, is stored */
	KNOWN_REVOKED,
};

struct known_entry {
	char *type;   /* as in the file: "ssh-ed25519" */
	uint8_t *key; /* the decoded key */
	size_t len;
	int revoked;
	int plain;  /* the line has the host without the port asked for */
	char *file; /* for messages */
	unsigned int line;
};

/* The entries of one host; all zeros are none. */
struct known_hosts {
	struct known_entry entry[KNOWN_ENTRIES_MAX];
	size_t n;
};

/*
 * Writes the name that known_hosts files have for a server: lower case, and
 * [host]:port unless the port is 22.  0, or -ENAMETOOLONG.
 */
int known_hosts_name(const char *host, int port, char *out, size_t size);

/*
 * Adds the entries of a text, the content of one file, that match `host`,
 * which is the alias or the name of the server, and `port`, 22 for an alias.
 * An @revoked line counts if its names match.  0, or -ENOMEM, -ENAMETOOLONG,
 * -E2BIG over KNOWN_ENTRIES_MAX; then kh may have some of the entries.
 */
int known_hosts_parse(struct known_hosts *kh, const char *file,
		      const char *text, size_t len, const char *host, int port);

/*
 * Reads a file and parses it.  A file that is not there is no error.  0, or an
 * error of known_hosts_parse(), or of file_read(): -EFBIG, -EINVAL (no regular
 * file), or the errno of open(2) or read(2).
 */
int known_hosts_read(struct known_hosts *kh, const char *file, const char *host,
		     int port);

/*
 * Reads all files of a list, also if one of them cannot be read.  0, or the
 * first error, and *bad is its file.
 */
int known_hosts_load(struct known_hosts *kh, const struct conf_list *files,
		     const char *host, int port, const char **bad);

/* Frees the entries; kh is empty again. */
void known_hosts_free(struct known_hosts *kh);

/*
 * The verdict on a key in wire form (RFC 4253, 6.6).  *where gets the entry
 * that decided, or NULL; for KNOWN_CHANGED one of the same type if there is
 * one.
 */
enum known_verdict known_hosts_check(const struct known_hosts *kh,
				     const uint8_t *key, size_t len,
				     const struct known_entry **where);

/*
 * Writes the host key algorithms to offer to this host, as a list with commas:
 * of those in `offer`, which is such a list, the ones that a stored, unrevoked
 * key can sign with.  A key of type ssh-rsa can sign with rsa-sha2-512,
 * rsa-sha2-256 and ssh-rsa.  If nothing is stored it is all of `offer`; if only
 * the plain name of a host with another port is, its algorithms come first.
 * Certificates are left out unless kh is empty.  At most `size` bytes with the
 * zero.  0, -ENOKEY if keys are stored but none of a type in `offer`, -ENOSPC.
 */
int known_hosts_algorithms(const struct known_hosts *kh, const char *offer,
			   char *out, size_t size);

/* Writes "SHA256:..." as ssh-keygen -l does, 51 bytes with the zero.  0,
 * -ENOSPC or -ENOMEM. */
int known_hosts_fingerprint(const uint8_t *key, size_t len, char *out,
			    size_t size);

/*
 * Copies the type that stands in the key, such as "ssh-ed25519".  0, -ENOSPC,
 * or -EBADMSG if it is no key: a name, one or more strings, and nothing else.
 * A certificate is no key.
 */
int known_hosts_type(const uint8_t *key, size_t len, char *out, size_t size);

/*
 * Adds one line for host and key to the end of a file; the host is written as
 * by known_hosts_name().  A missing file is made with mode 0644, less the
 * umask.  The line is written whole or not at all, also on a full disk; a last
 * line without newline gets one first.  0, -EBADMSG if it is no key, -EINVAL
 * if the host would not be read back as one name or the file is not a regular
 * one, -ENAMETOOLONG, or another -errno.
 */
int known_hosts_add(const char *file, const char *host, int port,
		    const uint8_t *key, size_t len);

#endif
