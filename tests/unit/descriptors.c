/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ipc/descriptors.h"
#include <cmocka.h>

#define SEND_MAX 8

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* A sender that does not keep to what descriptors_send() can send. */
static void send_raw(int fd, size_t bytes, size_t n)
{
	static char buf[64];
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(SEND_MAX * sizeof(int))] = {0};
	struct iovec io = {.iov_base = buf, .iov_len = bytes};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	int sent[SEND_MAX];
	struct cmsghdr *c;

	for (size_t i = 0; i < SEND_MAX; i++)
		sent[i] = STDIN_FILENO;
	if (n) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), sent, n * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &m, 0), bytes);
}

static void test_count(void **state)
{
	int fd[2], received[DESCRIPTORS_SENT_MAX];
	size_t before, passed;
	char buf[32];
	ssize_t rc;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	before = open_descriptors();
	for (size_t n = 0; n <= SEND_MAX; n++) {
		send_raw(fd[0], 4, n);
		rc = descriptors_receive(fd[1], buf, sizeof(buf), received,
					 &passed);
		if (n <= DESCRIPTORS_SENT_MAX) {
			assert_int_equal(rc, 4);
			assert_int_equal(passed, n);
		} else {
			assert_int_equal(rc, -EMSGSIZE);
			assert_int_equal(passed, 0);
		}
		descriptors_close(received, passed);
		assert_int_equal(open_descriptors(), before);
	}
	close(fd[0]);
	close(fd[1]);
}

static void test_too_long(void **state)
{
	int fd[2], received[DESCRIPTORS_SENT_MAX];
	size_t before, passed;
	char buf[32];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	before = open_descriptors();
	for (size_t n = 0; n <= SEND_MAX; n++) {
		send_raw(fd[0], sizeof(buf) + 1, n);
		assert_int_equal(descriptors_receive(fd[1], buf, sizeof(buf),
						     received, &passed),
				 -EMSGSIZE);
		assert_int_equal(passed, 0);
		assert_int_equal(open_descriptors(), before);
	}
	close(fd[0]);
	assert_int_equal(
		descriptors_receive(fd[1], buf, sizeof(buf), received, &passed),
		0);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
