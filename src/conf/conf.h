/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_CONF_CONF_H
#define SSHDIAL_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The configuration of one peer: /etc/sshdial/default.conf, if it exists, and
 * then /etc/sshdial/NAME.conf.  sshdial.conf(5) is the reference.
 */

#define CONF_LIST_MAX	16     /* values of a list, such as dns */
#define CONF_ROUTES_MAX 4096   /* values of route, and of route-exclude */
#define CONF_VALUE_MAX	1024   /* bytes of one value */
#define CONF_FILE_MAX	524288 /* bytes of one file */

struct conf_list {
	size_t n;
	char **v; /* NULL where n is 0 */
};

enum conf_policy { POLICY_STRICT, POLICY_ACCEPT_NEW };
enum conf_family { FAMILY_ANY, FAMILY_INET, FAMILY_INET6 };
enum conf_peer_auth { PEER_AUTH_NONE, PEER_AUTH_PAP, PEER_AUTH_CHAP };

/* Values of a time for words that a key takes instead of one. */
#define HOLD_NO	     0
#define HOLD_YES     (-1)
#define TIMEOUT_NO   0
#define TIMEOUT_AUTO (-1)

/*
 * A string is NULL if the key has neither a value nor a default.  Times are in
 * milliseconds.  The struct owns all of its memory; conf_free() frees it.
 */
struct conf {
	char name[33];
	char *server;
	int64_t port;
	struct conf_list hop; /* conf/ssh_targets.h */
	char *user;
	struct conf_list identity;
	char *identity_agent; /* a path, or "SSH_AUTH_SOCK": that variable */
	char *passphrase_file;
	char *password_file;
	struct conf_list known_hosts;
	char *host_key_alias;
	int64_t host_key_policy;
	char *ciphers;
	char *macs;
	char *kex;
	char *host_key_algorithms;
	char *remote_command;
	bool ppp;			/* false: forwards only */
	struct conf_list forward_local; /* both: conf/forward_spec.h */
	struct conf_list forward_remote;
	int64_t address_family;
	char *bind_address;
	int64_t connect_timeout;
	int64_t login_timeout;
	int64_t ppp_timeout;
	char *linkname;
	char *interface;
	char *local_address;
	char *remote_address;
	bool ipv6;
	char *local_address6; /* with its /LENGTH */
	char *remote_address6;
	int64_t mtu; /* 0: pppd's own default */
	int64_t mru;
	char *ppp_user;
	int64_t peer_auth;
	char *pppd;
	struct conf_list pppd_option; /* one line each, for parse_word() */
	struct conf_list route;	      /* both: conf/route_spec.h */
	struct conf_list route_exclude;
	bool fail_closed;
	struct conf_list dns;
	struct conf_list dns_search;
	bool peer_dns;
	char *up; /* commands for /bin/sh */
	char *down;
	char *users;		    /* a group, or "none": conf/users.h */
	int64_t keepalive_interval; /* 0: no ping on the session */
	int64_t keepalive_count;
	bool tcp_keepalive;
	int64_t tcp_user_timeout; /* TIMEOUT_NO, _AUTO, or so long */
	char *monitor;		  /* an address beyond the tunnel */
	int64_t monitor_interval;
	bool watch_route;
	int64_t hold; /* HOLD_YES, HOLD_NO, or so long */
	int64_t redial_min;
	int64_t redial_max;
	int64_t gate_time;
	bool redial_first;
	int64_t max_redials;  /* 0: without end */
	int64_t max_lifetime; /* 0: without end */
	char *control_group;
	int64_t log_level; /* enum log_level */
};

/* One line for people.  Bytes of the file are printable in it. */
struct conf_error {
	char text[512];
};

/*
 * Fills c with the defaults, then with the files of the peer.  Returns 0, or
 * -EINVAL	a line is wrong, or `name` is not the name of a peer
 * -ENOENT	there is no such peer
 * -EPERM	a file belongs to neither root nor the caller, or its group or
 *		others may write it; files that a key names are not looked at
 * -EFBIG	a file is larger than CONF_FILE_MAX
 * or -errno of open(2) or read(2).  After an error e->text explains it, and c
 * is empty: there is nothing to free.
 */
int conf_load(struct conf *c, const char *name, struct conf_error *e);

/* Like conf_load(), with another directory than SYSCONFDIR/sshdial. */
int conf_load_from(struct conf *c, const char *dir, const char *name,
		   struct conf_error *e);

/*
 * The pure part of conf_load(): parses `len` bytes, and calls them `file` in
 * messages.  c must have been set by conf_defaults().  Returns 0, or -EINVAL
 * or -ENOMEM; then the lines before the error have changed c, which the caller
 * frees.
 */
int conf_parse(struct conf *c, const char *file, const char *text, size_t len,
	       struct conf_error *e);

/* Sets all defaults in a c that has nothing to free; `name` must be the name
 * of a peer.  Returns 0, or -ENOMEM with nothing to free. */
int conf_defaults(struct conf *c, const char *name);

/* Checks what only the whole shows, such as a missing server.  Returns 0, or
 * -EINVAL with a text that begins with the key. */
int conf_validate(const struct conf *c, struct conf_error *e);

/* Frees all memory of c, which can then be set again. */
void conf_free(struct conf *c);

/* Prints the effective configuration.  Parsing the output gives the same. */
void conf_print(const struct conf *c, FILE *out);

#endif
