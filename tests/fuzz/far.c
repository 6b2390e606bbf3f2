// SPDX-License-Identifier: ISC
/* What a far end sends once it is known: text before the first frame, what
 * pppd makes of its messages, the beginning of an X11 connection. */
#include "base/log.h"
#include "line/pppd.h"
#include "io/preamble.h"
#include "conf/display.h"
#include "fuzz.h"

static void check_line(enum log_level level, const char *text, size_t len)
{
	must(level == LOG_INFO && len < LOG_LINE_MAX);
	for (size_t i = 0; i < len; i++)
		must(text[i] >= ' ' && text[i] <= '~');
}

/* In pieces, as it comes. */
static void output(const uint8_t *bytes, size_t len)
{
	struct log_text t;
	size_t piece = len ? bytes[0] % 7 + 1U : 1;

	log_open("fuzz", LOG_INFO);
	log_to(check_line);
	log_text_init(&t, LOG_INFO, "far output");
	for (size_t i = 0; i < len; i += piece)
		log_text_add(&t, bytes + i, len - i < piece ? len - i : piece);
	log_text_end(&t);
}

static void print(const uint8_t *bytes, size_t len)
{
	char small[17], large[4 * 4096 + 1];

	must(log_printable(small, sizeof(small), bytes, len) == small);
	must(strlen(small) < sizeof(small) && printable(small));
	if (len <= 4096)
		must(strlen(log_printable(large, sizeof(large), bytes, len)) >=
		     len);
}

static void first_frame(const uint8_t *bytes, size_t len)
{
	static const uint8_t begin[] = {0x7e, 0xff, 0x7d, 0x23};
	bool frame = false;
	size_t n = preamble_text(bytes, len, &frame);

	must(n <= len);
	if (frame)
		must(len - n >= sizeof(begin) &&
		     !memcmp(bytes + n, begin, sizeof(begin)));
	else
		must(len - n < sizeof(begin));
}

static void pppd_log_line(const uint8_t *bytes, size_t len)
{
	char *line = text_of(bytes, len), value[24];
	enum pppd_event e = pppd_parse_log(line, value, sizeof(value));

	must(e <= PPPD_DOWN && strlen(value) < sizeof(value));
	free(line);
}

static void x11(const uint8_t *bytes, size_t len)
{
	static const uint8_t cookie[16] = {1, 2, 3};
	uint8_t *setup;
	size_t size;
	const uint8_t *at;

	if (len < DISPLAY_SETUP_HEAD)
		return;
	size = display_setup_size(bytes);
	must(size <= DISPLAY_SETUP_MAX);
	if (!size || size > len)
		return;
	setup = malloc(size); /* and not a byte more */
	must(setup != NULL);
	memcpy(setup, bytes, size);
	at = display_setup_cookie(setup, cookie);
	if (at)
		must(at >= setup && at + sizeof(cookie) <= setup + size &&
		     !memcmp(at, cookie, sizeof(cookie)));
	free(setup);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	output(bytes, len);
	print(bytes, len);
	first_frame(bytes, len);
	pppd_log_line(bytes, len);
	x11(bytes, len);
	return 0;
}
