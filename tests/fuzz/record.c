// SPDX-License-Identifier: ISC
/* What a session that somebody has taken over can tell its parent. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "ipc/message.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static int pair[2] = {-1, -1};
	int descriptors[MESSAGE_DESCRIPTORS];
	struct message m;
	int rc;

	if (pair[0] < 0)
		must(message_pair(pair) == 0);
	if (len > sizeof(m) + 64)
		len = sizeof(m) + 64;
	for (int i = 0; i < 2; i++) {
		must(send(pair[0], bytes, len, 0) == (ssize_t)len);
		rc = i ? message_receive_any(pair[1], &m, descriptors)
		       : message_receive(pair[1], &m);
		must(rc == 1 || rc == -EBADMSG || (rc == 0 && len == 0) ||
		     (i && rc == -EMSGSIZE && len > sizeof(m)));
		if (rc != 1)
			continue;
		must(m.type < MESSAGE_TYPES);
		must(m.type != STEP_HOSTKEY ||
		     (m.hostkey.len && m.hostkey.len <= MESSAGE_KEY_MAX));
		must(m.type != STEP_LOGIN ||
		     strnlen(m.login.method, 200) < 200);
		must(m.type != MESSAGE_END || m.end.reason < REASON_COUNT);
		/* Without descriptors there is no such record. */
		must(m.type != MESSAGE_MUX || !i);
	}
	must(message_receive(pair[1], &m) == -EAGAIN);
	return 0;
}
