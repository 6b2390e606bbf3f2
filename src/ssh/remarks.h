/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_REMARKS_H
#define SSHDIAL_SSH_REMARKS_H

#include "ssh/transport.h"

/*
 * Makes libssh2 hand over what a server says in words: why it disconnects, and
 * debug messages (RFC 4253, 11).  They end up in the transport's farewell,
 * remark and forced.
 */
void remarks_take(struct transport *t);

#endif
