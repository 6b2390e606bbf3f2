/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_TEST_KEYS_H
#define SSHDIAL_TEST_KEYS_H

/* Public keys made by ssh-keygen.  To be included behind cmocka.h. */
#include <string.h>
#include "keys/known_hosts.h"
#include "base/wire.h"
#include "keys/base64.h"

#define ED_A                                                                   \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4y5jeFfVV3Nm6s4zFhRIUQxki/"     \
	"Vs0cgGIvK6ZPO4Vs"
#define ED_B                                                                   \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKIFhdc0M5XrkX3FIhTff13KhONE"     \
	"V3r4w7Fju91GyeNJ"
#define ECDSA                                                                  \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAy"     \
	"NTYAAABBBMebOKfwgjkhYAr7Ooi9+hDufB3fh3bsQWVCAwkHuh2BTvJfcUGzc/Sm"     \
	"jq6N3O+KGJirm/WdUPdye+0tQ/c+2U0="
#define RSA                                                                    \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDRxDv8dsUTTab69RRM1ZcNEWX6"     \
	"oOACVUutMmOltSNxsspK5LE21FRtxu20ImbO6xisNqfXfaBP7/H1DYEnUprSvPS6"     \
	"hNCEKDXx/2xprwnJsgoP+4zLJYYZkeEY1GIRilT+0/ZUpflPfTDyU7JWvpZNEbfA"     \
	"PkSijVuRKIMvOEBxDw=="
/* "type foo", with a body */
#define FUTURE "foo AAAAA2ZvbwAAAANiYXI="

struct key {
	uint8_t p[KNOWN_KEY_MAX];
	size_t len;
};

static inline struct key key_of(const char *line)
{
	struct key k;
	const char *text = strchr(line, ' ') + 1;
	ssize_t n = base64_decode(text, strlen(text), k.p, sizeof(k.p));

	assert_true(n > 0);
	k.len = (size_t)n;
	return k;
}

#endif
