/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PTY_H
#define SSHDIAL_LINE_PTY_H

/*
 * Opens a pty for a line: raw, 8 bits, no echo, local, 115200 baud (pppd
 * refuses 0).  *master is non-blocking; both are close-on-exec and neither
 * becomes a controlling terminal.  Once every slave is closed, what was
 * written to it can still be read from the master, then read(2) gives EIO.
 * 0 or -errno.
 */
int pty_open(int *master, int *slave);

/* Raw mode for a descriptor that is a terminal; nothing for one that is not.
 * 0 or -errno. */
int pty_raw(int fd);

#endif
