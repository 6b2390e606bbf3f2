/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IPC_DESCRIPTORS_H
#define SSHDIAL_IPC_DESCRIPTORS_H

#include <stddef.h>
#include <sys/types.h>

/* Records of a SOCK_SEQPACKET socket that carry descriptors (unix(7)). */

#define DESCRIPTORS_SENT_MAX 3

/* Sends len bytes and the n descriptors, which stay open here.  Never a
 * signal.  0, or -errno as of sendmsg(2). */
int descriptors_send(int fd, void *buf, size_t len, const int *sent, size_t n);

/*
 * Takes a record and at most DESCRIPTORS_SENT_MAX descriptors, which are the
 * caller's then; *n of them.  The bytes of the record, 0 at the end, or
 * -errno; -EMSGSIZE where it has more of either: then none is left open.
 */
ssize_t descriptors_receive(int fd, void *buf, size_t size, int *received,
			    size_t *n);

/* Closes n of them. */
void descriptors_close(const int *received, size_t n);

#endif
