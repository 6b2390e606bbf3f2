// SPDX-License-Identifier: ISC
#include "ipc/login_secrets.h"

#include <stdlib.h>
#include "base/util.h"

void identity_wipe(struct identity *id)
{
	if (id->key)
		wipe(id->key, id->key_len);
	free(id->key);
	free(id->certificate);
	wipe(id, sizeof(*id));
}

void secrets_wipe(struct secrets *s)
{
	for (size_t i = 0; i < s->n; i++)
		identity_wipe(&s->identity[i]);
	wipe(s, sizeof(*s));
}
