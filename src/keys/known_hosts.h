/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KEYS_KNOWN_HOSTS_H
#define SSHDIAL_KEYS_KNOWN_HOSTS_H

#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"

/*
 * OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), read by a
 * parser of our own: plain and hashed names, comma lists, * and ? patterns,
 * negation, [host]:port, @revoked.  @cert-authority lines are skipped: libssh2
 * checks no host certificates.  A line that cannot be read is skipped and
 * logged once at debug level, as ssh(1) does; it never ends the reading.
 *
 * Names are compared in lower case.  With a port other than 22 the entries of
 * [host]:port count.  Where there are none, the key is also good if it stands
 * under the plain name, as in ssh(1); another key there says nothing.  An alias
 * is looked up as it is, without a port.
 *
 * Where it differs from OpenSSH 9.2 it is stricter: a stored key of a type that
 * nobody knows yet, or of right form but no point of its curve, counts (the
 * host is not "unknown"); a marker may end with a tab; and @revoked under the
 * plain name holds for all ports.
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
	int plain;  /* the line names the host without the port asked for */
	char *file; /* where it stands, for messages */
	unsigned int line;
};

/* The entries of one host.  Zero it before first use. */
struct known_hosts {
	struct known_entry entry[KNOWN_ENTRIES_MAX];
	size_t n;
};

/*
 * The name that known_hosts files have for a server: lower case, [host]:port
 * where the port is not 22.  0, or -ENAMETOOLONG.
 */
int known_hosts_name(const char *host, int port, char *out, size_t size);

/*
 * Adds from text (one file's content) the entries that match `host`, which is
 * the alias or the server's name, and `port` (22 for an alias).  An @revoked
 * line counts where its names match.  0, or -ENOMEM, -ENAMETOOLONG, -E2BIG
 * over KNOWN_ENTRIES_MAX; then kh may have some of the entries.
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
 * Reads all files of a list.  One that cannot be read does not keep the others
 * from being read.  0, or the first error, with *bad the file that it is of.
 */
int known_hosts_load(struct known_hosts *kh, const struct conf_list *files,
		     const char *host, int port, const char **bad);

/* Frees the entries; kh is empty again. */
void known_hosts_free(struct known_hosts *kh);

/*
 * The verdict on a key in its SSH wire form (RFC 4253, 6.6).  *where gets the
 * entry that decided, or NULL; for KNOWN_CHANGED one of the key's own type if
 * there is one.
 */
enum known_verdict known_hosts_check(const struct known_hosts *kh,
				     const uint8_t *key, size_t len,
				     const struct known_entry **where);

/*
 * The host key algorithms to offer for this host, as a list with commas for
 * LIBSSH2_METHOD_HOSTKEY: of `offer` (what may be used, in order, with commas)
 * those that a stored, unrevoked key could sign with; ssh-rsa keys stand for
 * rsa-sha2-512, rsa-sha2-256 and ssh-rsa.  Where nothing is stored, all of
 * `offer`; where only the plain name of a host with another port is, those of
 * its keys come first.  Certificates are left out unless kh is empty.
 * Writes at most size bytes with the zero.  0, -ENOKEY where keys are stored
 * but none of a type in `offer`, -ENOSPC.
 */
int known_hosts_algorithms(const struct known_hosts *kh, const char *offer,
			   char *out, size_t size);

/*
 * "SHA256:..." as ssh-keygen -l prints it.  size is at least 52.  0 or
 * -errno.
 */
int known_hosts_fingerprint(const uint8_t *key, size_t len, char *out,
			    size_t size);

/*
 * The key's own name for its type ("ssh-ed25519"), copied out of the key.
 * 0, -ENOSPC, or -EBADMSG where it is no key: its wire form is a name and one
 * or more strings, and nothing else.  (A certificate is no key.)
 */
int known_hosts_type(const uint8_t *key, size_t len, char *out, size_t size);

/*
 * Adds one line for host (with [host]:port where the port is not 22) and key
 * to the end of a file, which is made with mode 0644, less the umask, where it
 * is missing.  The line is written whole or not at all, also on a full disk; a
 * last line without an end is ended first.  0, -EBADMSG for a key without
 * form, -EINVAL for a host that would not be read back as one name or a file
 * that is not a regular one, -ENAMETOOLONG, or another -errno.
 */
int known_hosts_add(const char *file, const char *host, int port,
		    const uint8_t *key, size_t len);

#endif
