/* SPDX-License-Identifier: ISC */
/*
 * For the programs in this folder: each gives libFuzzer's bytes to what reads
 * those of somebody else, and holds the answers against what the headers
 * promise.  The corpus of X.c is tests/fuzz/X/.
 */
#ifndef SSHDIAL_FUZZ_H
#define SSHDIAL_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static inline void must(int promise)
{
	if (!promise)
		abort();
}

/* Text with its end, as a function takes it.  free(3) it. */
static inline char *text_of(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	must(text != NULL);
	memcpy(text, bytes, len);
	text[len] = 0;
	return text;
}

static inline int printable(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return 0;
	return 1;
}

#endif
