/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_KNOWN_HOSTS_H
#define SSHDIAL_KNOWN_HOSTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), read by a
 * parser of our own: plain and hashed names, comma lists, * and ? patterns,
 * negation, [host]:port, @revoked.  @cert-authority lines are skipped: libssh2
 * checks no host certificates.  A line that cannot be read is skipped and
 * logged once at debug level, as ssh(1) does; it never ends the reading.
 *
 * Names are compared in lower case.  With a port other than 22 only
 * [host]:port entries count, as in ssh(1); an alias is looked up as it is,
 * without a port.
 */

#define KNOWN_KEY_MAX	  4096 /* bytes of one key */
#define KNOWN_ENTRIES_MAX 64   /* entries kept for one host */
#define KNOWN_FILE_MAX	  (16 * 1024 * 1024)

enum known_verdict {
	KNOWN_MATCH,
	KNOWN_UNKNOWN,	/* no key of this host is stored */
	KNOWN_CHANGED,	/* another key, or a key of another type, is stored */
	KNOWN_REVOKED,
};

struct known_entry {
	char *type;	/* as in the file: "ssh-ed25519" */
	uint8_t *key;	/* the decoded key */
	size_t len;
	int revoked;
	char *file;	/* where it stands, for messages */
	unsigned int line;
};

/* The entries of one host.  Zero it before first use. */
struct known_hosts {
	struct known_entry entry[KNOWN_ENTRIES_MAX];
	size_t n;
};

/*
 * Adds from text (one file's content) the entries that match `host`, which is
 * the alias or the server's name, and `port` (22 for an alias).  An @revoked
 * line counts where its names match.  0, or -ENOMEM, -E2BIG over
 * KNOWN_ENTRIES_MAX.
 */
int known_hosts_parse(struct known_hosts *kh, const char *file,
		      const char *text, size_t len, const char *host,
		      int port);

/*
 * Reads a file and parses it.  A file that is not there is no error.  0, or
 * -EFBIG, -ENOMEM, -E2BIG, or the errno of open(2) or read(2).
 */
int known_hosts_read(struct known_hosts *kh, const char *file,
		     const char *host, int port);

void known_hosts_free(struct known_hosts *kh);

/* The verdict on a key in its SSH wire form (RFC 4253, 6.6). *where gets the
 * entry that decided, or NULL. */
enum known_verdict known_hosts_check(const struct known_hosts *kh,
				     const uint8_t *key, size_t len,
				     const struct known_entry **where);

/*
 * The host key algorithms to offer for this host, as a list with commas for
 * LIBSSH2_METHOD_HOSTKEY: of `offer` (what may be used, in order, with commas)
 * those that a stored, unrevoked key could sign with; ssh-rsa keys stand for
 * rsa-sha2-512, rsa-sha2-256 and ssh-rsa.  Where nothing is stored, `offer`
 * itself.  Writes at most size bytes with the zero.  0, -ENOKEY where keys
 * are stored but none of a type in `offer`, -ENOSPC.
 */
int known_hosts_algorithms(const struct known_hosts *kh, const char *offer,
			   char *out, size_t size);

/*
 * "SHA256:..." as ssh-keygen -l prints it.  size is at least 52.  0 or
 * -errno.
 */
int known_hosts_fingerprint(const uint8_t *key, size_t len, char *out,
			    size_t size);

/* The key's own name for its type ("ssh-ed25519"), copied out of the key.
 * 0, or -EBADMSG where the key has no such form, -ENOSPC. */
int known_hosts_type(const uint8_t *key, size_t len, char *out, size_t size);

/*
 * Adds one line for host (with [host]:port where the port is not 22) and key
 * to the end of a file, which is made with mode 0644 where it is missing.  The
 * line is written whole or not at all, also on a full disk; a last line
 * without an end is ended first.  0, -EBADMSG for a key without form, or
 * -errno.
 */
int known_hosts_add(const char *file, const char *host, int port,
		    const uint8_t *key, size_t len);

#endif
