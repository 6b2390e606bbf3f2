// SPDX-License-Identifier: ISC
#include "ssh/callback.h"

#include <string.h>

void callback_set(LIBSSH2_SESSION *ssh, int which, void (*fn)(void))
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(ssh, which, (libssh2_cb_generic *)fn);
#else
	void *p;

	/* ISO C has no cast from function to object pointers. */
	memcpy(&p, &fn, sizeof(p));
	libssh2_session_callback_set(ssh, which, p);
#endif
}
