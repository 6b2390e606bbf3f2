// SPDX-License-Identifier: ISC
/* valgrind: no.  Debian 12's does not know pidfd_open(2). */
/* What a resolver process that a name server has taken over can answer. */
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "ssh/lookup.h"

static struct lookup_answer forged;
static int secret; /* that the child is to forget */

/* In the place of libc's: the child does not look up, but writes its answer
 * to the pipe that lookup.c gives it as standard input. */
int getaddrinfo(const char *host, const char *port,
		const struct addrinfo *hints, struct addrinfo **list)
{
	(void)host;
	(void)port;
	(void)list;
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	if (secret)
		_exit(1);
	_exit(write(STDIN_FILENO, &forged, sizeof(forged)) < 0);
}

static void forget(void *arg)
{
	*(int *)arg = 0;
}

static void on_answer(struct lookup *l)
{
	loop_quit(l->watch.loop);
}

static const struct lookup_answer *answer_to(struct lookup *l)
{
	struct loop loop;

	memset(l, 0, sizeof(*l));
	l->forget = secret ? forget : NULL;
	l->forget_arg = &secret;
	assert_int_equal(loop_init(&loop, NULL, NULL, NULL), 0);
	assert_int_equal(lookup_start(l, &loop, "gate.example.org", 22,
				      AF_UNSPEC, on_answer),
			 0);
	loop_run(&loop);
	loop_close(&loop);
	return &l->answer;
}

static void forge(int n)
{
	memset(&forged, 0, sizeof(forged));
	forged.n = n;
	for (int i = 0; i < n && i < LOOKUP_ADDRESSES_MAX; i++)
		forged.address[i].ss_family = i % 2 ? AF_INET : AF_INET6;
}

static void refused(void)
{
	struct lookup l;
	const struct lookup_answer *a = answer_to(&l);

	assert_int_equal(a->error, EAI_FAIL);
	assert_int_equal(a->n, 0);
}

static void right(void **state)
{
	struct lookup l;

	(void)state;
	forge(LOOKUP_ADDRESSES_MAX);
	assert_int_equal(answer_to(&l)->n, LOOKUP_ADDRESSES_MAX);
	assert_int_equal(l.answer.error, 0);
}

/* The child alone: its parent has it still. */
static void secrets(void **state)
{
	secret = 7;
	right(state);
	assert_int_equal(secret, 7);
	secret = 0;
}

static void counts(void **state)
{
	static const int n[] = {-1, LOOKUP_ADDRESSES_MAX + 1, 1000000,
				INT32_MAX, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		forge(n[i]);
		refused();
	}
}

static void families(void **state)
{
	(void)state;
	forge(3);
	forged.address[2].ss_family = AF_UNIX;
	refused();
	forged.address[2].ss_family = AF_UNSPEC;
	refused();
}

static void error_with_addresses(void **state)
{
	(void)state;
	forge(3);
	forged.error = EAI_AGAIN;
	refused();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right),
		cmocka_unit_test(secrets),
		cmocka_unit_test(counts),
		cmocka_unit_test(families),
		cmocka_unit_test(error_with_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
