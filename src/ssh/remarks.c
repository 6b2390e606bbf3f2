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
 * OpenSSH, since 7.4: "FILE:LINE: key options: agent-forwarding command pty".
 * Without "command" there is none, whatever an older line said: the last key
 * is the one that was accepted.
 */
static void note_options(struct transport *t)
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
	note_options(t);
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
