/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_IO_PREAMBLE_H
#define SSHDIAL_IO_PREAMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text that a far shell prints before pppd's first frame (a greeting, an error)
 * must not reach the line.  A PPP link opens with an LCP frame whose control
 * characters are all escaped: 7e ff 7d 23 (RFC 1662, 4.2 and 7.1).
 *
 * Returns how many of `len' bytes are text, counted from the start; *frame is
 * true if the first frame begins right behind them.  Bytes at the end that may
 * be the beginning of a frame are not counted: offer them again with more.
 */
size_t preamble_text(const uint8_t *bytes, size_t len, bool *frame);

#endif
