/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_DESCRIPTORS_H
#define SSHDIAL_IPC_DESCRIPTORS_H

#include <stddef.h>
#include <sys/types.h>

/* Records of a SOCK_SEQPACKET socket that carry descriptors (unix(7)). */

#define DESCRIPTORS_SENT_MAX 3

/* Sends len bytes and the n descriptors, which stay open here.  Never a
 * signal.  0, or -errno as of sendmsg(2). */
int descriptors_send(int fd, const void *buf, size_t len, const int *sent,
		     size_t n);

/*
 * Receives a record and at most DESCRIPTORS_SENT_MAX descriptors: *n of them,
 * which belong to the caller then.  Returns the number of bytes, 0 at the end,
 * or -errno.  If the record is longer than `size` or carries more descriptors,
 * it is -EMSGSIZE, and none of them is open here.
 */
ssize_t descriptors_receive(int fd, void *buf, size_t size, int *received,
			    size_t *n);

/* Closes n of them. */
void descriptors_close(const int *received, size_t n);

#endif
