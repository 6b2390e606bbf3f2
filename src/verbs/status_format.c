// SPDX-License-Identifier: ISC
/*
 * A status as a line for people or an object for programs.  Texts in it come
 * from a configuration, from pppd or from a server, in whatever encoding; the
 * supervisor has made most of them printable, but another user's supervisor
 * need not have.  JSON must be valid UTF-8 (RFC 8259, section 8.1), and many
 * parsers refuse the whole object if it is not.
 */
#include "verbs/status_format.h"

#include <inttypes.h>
#include <string.h>
#include "ipc/stats.h"

const char *status_bytes(char *out, size_t size, double bytes)
{
	static const char unit[] = "BkMGTP";
	size_t i = 0;

	while (bytes >= 1000 && i + 2 < sizeof(unit)) {
		bytes /= 1000;
		i++;
	}
	snprintf(out, size, i ? "%.1f%c" : "%.0f%c", bytes, unit[i]);
	return out;
}

/* Writes "3d04h", "2h05m", "1m01s" or "41s".  Returns out. */
static const char *format_age(char *out, size_t size, int64_t ms)
{
	int64_t s = ms / 1000;

	if (s >= 86400)
		snprintf(out, size, "%" PRId64 "d%02dh", s / 86400,
			 (int)(s % 86400 / 3600));
	else if (s >= 3600)
		snprintf(out, size, "%" PRId64 "h%02dm", s / 3600,
			 (int)(s % 3600 / 60));
	else if (s >= 60)
		snprintf(out, size, "%" PRId64 "m%02ds", s / 60, (int)(s % 60));
	else
		snprintf(out, size, "%" PRId64 "s", s);
	return out;
}

void status_print(const struct control_status *s, FILE *out)
{
	char since[24], in[24], sent[24];

	fprintf(out, "%-12s %-11s %7s", s->peer, s->state,
		format_age(since, sizeof(since), s->since));
	if (s->up >= 0) {
		if (s->local[0])
			fprintf(out, "  %s %s -> %s", s->interface, s->local,
				s->remote);
		fprintf(out, "  in %s out %s",
			status_bytes(in, sizeof(in), (double)s->received),
			status_bytes(sent, sizeof(sent), (double)s->sent));
		if (s->rtt_us)
			fprintf(out, "  rtt %.1f ms", (double)s->rtt_us / 1000);
	}
	if (s->sessions)
		fprintf(out, "  redials %" PRIu64, s->sessions);
	if (s->next_try >= 0)
		fprintf(out, "  next try in %s",
			format_age(since, sizeof(since), s->next_try + 999));
	if (s->up < 0 && s->text[0])
		fprintf(out, "  %s: %s", s->reason, s->text);
	else if (s->up >= 0 && s->hook[0])
		fprintf(out, "  hook: %s", s->hook);
	fputc('\n', out);
}

/*
 * The length in bytes of the character at p, 1 to 4, or 0 if that is not valid
 * UTF-8: a byte that begins none, a character cut short, an overlong form, a
 * surrogate, or a number over U+10FFFF (RFC 3629, section 4).
 */
static size_t utf8_length(const char *p)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* Control characters are escaped, those of U+0080 to U+009F as well, because
 * a terminal may obey them.  What is not UTF-8 becomes U+FFFD, byte by byte. */
static void json_text(const char *name, const char *text, FILE *out)
{
	size_t len;

	fprintf(out, ",\"%s\":\"", name);
	for (const char *p = text; *p; p += len) {
		unsigned char c = (unsigned char)*p;

		len = utf8_length(p);
		if (!len) {
			fputs("\\ufffd", out);
			len = 1;
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(out, "\\u%04x", c);
		} else if (c == 0xc2 && (unsigned char)p[1] < 0xa0) {
			fprintf(out, "\\u%04x", (unsigned char)p[1]);
		} else {
			if (c == '"' || c == '\\')
				fputc('\\', out);
			fwrite(p, 1, len, out);
		}
	}
	fputc('"', out);
}

/* A negative number stands for "none". */
static void json_number(const char *name, int64_t n, FILE *out)
{
	if (n < 0)
		fprintf(out, ",\"%s\":null", name);
	else
		fprintf(out, ",\"%s\":%" PRId64, name, n);
}

static void json_forwards(const struct control_status *s, FILE *out)
{
	static const char *const state[] = {
		[FORWARD_DOWN] = "down",
		[FORWARD_UP] = "up",
		[FORWARD_UNAVAILABLE] = "held",
		[FORWARD_REFUSED] = "refused",
	};

	fputs(",\"forwards\":[", out);
	for (uint32_t i = 0; i < s->forwards && i < CONF_FORWARDS_MAX; i++) {
		const struct control_forward *f = &s->forward[i];

		fprintf(out, "%s{\"state\":\"%s\"", i ? "," : "",
			f->state <= FORWARD_REFUSED ? state[f->state] : "?");
		json_text("forward", f->text, out);
		json_number("port", f->port ? f->port : -1, out);
		json_number("open", f->open, out);
		json_number("received", (int64_t)f->received, out);
		json_number("sent", (int64_t)f->sent, out);
		fputc('}', out);
	}
	fputc(']', out);
}

void status_json(const struct control_status *s, FILE *out)
{
	fprintf(out, "{\"version\":%d", STATUS_VERSION);
	json_text("peer", s->peer, out);
	json_text("state", s->state, out);
	json_text("mode", s->pipe ? "pipe" : "call", out);
	json_number("since_ms", s->since, out);
	json_number("up_ms", s->up, out);
	json_number("next_try_ms", s->next_try, out);
	json_text("interface", s->interface, out);
	json_text("local", s->local, out);
	json_text("remote", s->remote, out);
	json_text("server", s->server, out);
	json_number("received", (int64_t)s->received, out);
	json_number("sent", (int64_t)s->sent, out);
	json_number("rtt_us", s->rtt_us ? (int64_t)s->rtt_us : -1, out);
	json_number("redials", (int64_t)s->sessions, out);
	json_text("reason", s->reason, out);
	json_text("text", s->text, out);
	json_text("hook", s->hook, out);
	json_number("pid", s->pid, out);
	json_number("session_pid", s->session_pid ? s->session_pid : -1, out);
	json_number("pppd_pid", s->pppd_pid ? s->pppd_pid : -1, out);
	json_forwards(s, out);
	fputc('}', out);
}
