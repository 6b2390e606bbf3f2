/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_LINE_PTY_H
#define SSHDIAL_LINE_PTY_H

/*
 * Opens a pty for a line: raw, 8 bits, no echo, no modem lines, 115200 baud
 * (pppd refuses 0).  *master is non-blocking; both are close-on-exec, and
 * neither becomes a controlling terminal.  When each descriptor of the slave is
 * closed, what was written to it can still be read from the master; then
 * read(2) fails with EIO.  0 or -errno.
 */
int pty_open(int *master, int *slave);

/* Puts a terminal into raw mode; does nothing if fd is not a terminal.  0 or
 * -errno. */
int pty_raw(int fd);

#endif
