// SPDX-License-Identifier: ISC
#include "ssh/remarks.h"

#include <string.h>
#include "base/log.h"
#include "ssh/callback.h"

static void on_disconnect(LIBSSH2_SESSION *ssh, int reason, const char *message,
			  int message_len, const char *language,
			  int language_len, void **abstract)
{
	struct transport *t = *abstract;

	(void)ssh;
	(void)reason;
	(void)language;
	(void)language_len;
	if (message && message_len > 0)
		log_printable(t->farewell, sizeof(t->farewell), message,
			      (size_t)message_len);
}

/*
 * OpenSSH since 7.4 says "FILE:LINE: key options: agent-forwarding command
 * pty" for each key that it looks at.  The last one is the key that was
 * accepted, so a line without "command" takes back what an earlier one said.
 */
static void note_forced_command(struct transport *t)
{
	static const char head[] = ": key options:";
	const char *words = strstr(t->remark, head);
	const char *command;

	if (!words)
		return;
	words += strlen(head);
	command = strstr(words, " command");
	t->forced = command && strchr(" ", command[strlen(" command")]);
}

static void on_debug(LIBSSH2_SESSION *ssh, int always_display,
		     const char *message, int message_len, const char *language,
		     int language_len, void **abstract)
{
	struct transport *t = *abstract;

	(void)ssh;
	(void)always_display;
	(void)language;
	(void)language_len;
	if (!message || message_len <= 0)
		return;
	log_printable(t->remark, sizeof(t->remark), message,
		      (size_t)message_len);
	note_forced_command(t);
	log_debug("the server remarks: %s", t->remark);
}

void remarks_take(struct transport *t)
{
	t->farewell[0] = 0;
	t->remark[0] = 0;
	t->forced = false;
	callback_set(t->ssh, LIBSSH2_CALLBACK_DISCONNECT,
		     (void (*)(void))on_disconnect);
	callback_set(t->ssh, LIBSSH2_CALLBACK_DEBUG, (void (*)(void))on_debug);
}
