// SPDX-License-Identifier: ISC
#include "ipc/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct session_stats *map_stats(int fd)
{
	void *p = mmap(NULL, sizeof(struct session_stats),
		       PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct session_stats *stats_open(int *fd)
{
	struct session_stats *s;
	int error;

	*fd = memfd_create("sshdial-stats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return NULL;
	/* The session has this descriptor, too: with the seals it cannot cut
	 * the memory that we read. */
	s = ftruncate(*fd, sizeof(*s)) < 0 ||
			    fcntl(*fd, F_ADD_SEALS,
				  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0
		    ? NULL
		    : map_stats(*fd);
	if (s)
		return s;
	error = errno;
	close(*fd);
	*fd = -1;
	errno = error;
	return NULL;
}

struct session_stats *stats_map(int fd)
{
	struct session_stats *s = NULL;
	struct stat st;

	if (fcntl(fd, F_GET_SEALS) >= 0 && !fstat(fd, &st) &&
	    st.st_size == sizeof(*s))
		s = map_stats(fd);
	close(fd);
	return s;
}
