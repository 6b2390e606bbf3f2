// SPDX-License-Identifier: ISC
/*
 * For LD_PRELOAD: a server that closes a channel on which nothing runs.  While
 * /srv/closes, one byte, has a 1, the question of
 * keepalive-interval is one that makes any server do so: to run `true`.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <libssh2.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const volatile char *byte;

/* A session can open no file. */
__attribute__((constructor)) static void map_byte(void)
{
	int fd = open("/srv/closes", O_RDONLY | O_CLOEXEC);
	void *p = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		byte = p;
	if (fd >= 0)
		close(fd);
}

typedef int setenv_fn(LIBSSH2_CHANNEL *ch, const char *name,
		      unsigned int name_len, const char *value,
		      unsigned int value_len);

int libssh2_channel_setenv_ex(LIBSSH2_CHANNEL *ch, const char *name,
			      unsigned int name_len, const char *value,
			      unsigned int value_len)
{
	void *found;
	setenv_fn *real;

	if (byte && *byte == '1')
		return libssh2_channel_process_startup(ch, "exec", 4, "true",
						       4);
	found = dlsym(RTLD_NEXT, "libssh2_channel_setenv_ex");
	memcpy(&real, &found, sizeof(real));
	return real(ch, name, name_len, value, value_len);
}
