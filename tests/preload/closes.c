// SPDX-License-Identifier: ISC
/*
 * For LD_PRELOAD: a server that closes a channel on which nothing runs.  While
 * the file that CLOSES names is there, the question of keepalive-interval is
 * one that makes any server do so: to run `true`.
 */
#include <dlfcn.h>
#include <libssh2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int setenv_fn(LIBSSH2_CHANNEL *ch, const char *name,
		      unsigned int name_len, const char *value,
		      unsigned int value_len);

int libssh2_channel_setenv_ex(LIBSSH2_CHANNEL *ch, const char *name,
			      unsigned int name_len, const char *value,
			      unsigned int value_len)
{
	const char *path = getenv("CLOSES");
	void *found;
	setenv_fn *real;

	if (path && !access(path, F_OK))
		return libssh2_channel_process_startup(ch, "exec", 4, "true",
						       4);
	found = dlsym(RTLD_NEXT, "libssh2_channel_setenv_ex");
	memcpy(&real, &found, sizeof(real));
	return real(ch, name, name_len, value, value_len);
}
