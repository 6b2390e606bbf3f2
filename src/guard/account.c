// SPDX-License-Identifier: ISC
#include "guard/account.h"

#include <pwd.h>
#include <stddef.h>
#include "base/log.h"

#define NOBODY 65534

const struct account *session_account(void)
{
	static struct account account;
	static bool known;
	const struct passwd *pw;

	if (known)
		return &account;
	pw = getpwnam(SESSION_USER);
	account = pw ? (struct account){pw->pw_uid, pw->pw_gid, true}
		     : (struct account){NOBODY, NOBODY, false};
	known = true;
	if (!pw)
		log_debug("no account %s: sessions run as nobody",
			  SESSION_USER);
	return &account;
}
