/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_BASE_REASON_H
#define SSHDIAL_BASE_REASON_H

#include <stdbool.h>

/*
 * Why something ended.  Each process of ours ends with one of these, a session
 * reports it to its parent, and the exit code of the program comes from it and
 * from nothing else (sshdial(8), EXIT STATUS).
 */
enum reason {
	REASON_NONE,	 /* nothing has ended or failed */
	REASON_ASKED,	 /* ended as asked */
	REASON_INTERNAL, /* an error of ours or of the machine */
	REASON_USAGE,
	REASON_CONFIG,
	REASON_IDENTITY, /* key, passphrase or password file unusable */
	REASON_RESOLVE,
	REASON_CONNECT,
	REASON_CONNECT_TIMEOUT,
	REASON_HANDSHAKE,     /* not SSH, or no algorithm in common */
	REASON_LOGIN_TIMEOUT, /* silent between connect and exec */
	REASON_HOSTKEY_UNKNOWN,
	REASON_HOSTKEY_CHANGED,
	REASON_HOSTKEY_REVOKED,
	REASON_LOGIN_REFUSED,
	REASON_LOGIN_CLOSED,  /* the server hung up on the login */
	REASON_FAR_NOT_FOUND, /* far command not found (127, 126) */
	REASON_FAR_FAILED,    /* far command ended before the link was up */
	REASON_FAR_ENDED,     /* far command ended after the link was up */
	REASON_PPP_TIMEOUT,
	REASON_LINK_LOST, /* the SSH connection died */
	REASON_NO_PPPD,
	REASON_NO_KERNEL_PPP,
	REASON_PPPD_OPTIONS,
	REASON_PPPD_PRIVILEGE,
	REASON_PPP_AUTH,
	REASON_PPP_NEGOTIATION,
	REASON_ADDRESS,	    /* the link's addresses must not be used */
	REASON_HOOK,	    /* what fail-closed needs was not set */
	REASON_PPPD_ENDED,  /* local pppd ended otherwise */
	REASON_LINE_CLOSED, /* pipe: pppd closed the line */
	REASON_READER_GONE, /* exec: nobody reads our output any more */
	REASON_LOCAL_IO,    /* our standard input or output failed */
	REASON_KEEPALIVE,   /* the server does not answer our ping */
	REASON_MONITOR,	    /* the monitor address does not answer */
	REASON_NETWORK,	    /* the route to the server went or changed */
	REASON_REDIAL,	    /* somebody asked for a new session */
	REASON_FORWARD,	    /* a forward cannot listen on its port here */
	REASON_GAVE_UP,	    /* as many redials as configured */
	REASON_BUSY,	    /* the peer is being called already */
	REASON_COUNT
};

/* The short name used in logs and by programs, such as "login-refused". */
const char *reason_name(enum reason r);

/* The exit code of sshdial(8): 0 to 8. */
int reason_exit_code(enum reason r);

/* True if dialing again cannot help until somebody changes something. */
bool reason_permanent(enum reason r);

#endif
