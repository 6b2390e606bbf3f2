/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SSH_CALLBACK_H
#define SSHDIAL_SSH_CALLBACK_H

#include <libssh2.h>

/* Sets a callback of libssh2, by the call that this version has for it. */
void callback_set(LIBSSH2_SESSION *ssh, int which, void (*fn)(void));

#endif
