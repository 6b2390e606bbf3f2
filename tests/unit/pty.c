/* SPDX-License-Identifier: ISC */
/* The line: every byte passes, nothing is echoed, the end is seen. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>
#include "line/pty.h"

static int master, slave;

static int setup(void **state)
{
	(void)state;
	return pty_open(&master, &slave);
}

static int teardown(void **state)
{
	(void)state;
	close(master);
	if (slave >= 0)
		close(slave);
	return 0;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

static void passes(int from, int to)
{
	uint8_t sent[512], got[512];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i < 256 ? i : 511 - i);
	assert_int_equal(write(from, sent, sizeof(sent)), sizeof(sent));
	while (n < sizeof(got)) {
		ssize_t r;

		assert_true(readable(to, 5000));
		r = read(to, got + n, sizeof(got) - n);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(sent, got, sizeof(got));
	assert_false(readable(to, 10));
	assert_false(readable(from, 10)); /* no echo */
}

static void every_byte_passes_unchanged(void **state)
{
	(void)state;
	passes(master, slave);
	passes(slave, master);
	passes(master, slave);
}

static void descriptors_are_as_promised(void **state)
{
	(void)state;
	assert_true(fcntl(master, F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fcntl(slave, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_true(fcntl(master, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(slave, F_GETFD) & FD_CLOEXEC);
	assert_true(isatty(slave));
}

static void speed_is_not_zero(void **state)
{
	struct termios t;

	(void)state;
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_int_equal(cfgetospeed(&t), B115200);
	assert_int_equal(cfgetispeed(&t), B115200);
	assert_true(t.c_cflag & CLOCAL);
	assert_true(t.c_cflag & CREAD);
	assert_int_equal(t.c_cflag & (CSIZE | PARENB | CRTSCTS), CS8);
	assert_int_equal(t.c_lflag & (ECHO | ICANON | ISIG | IEXTEN), 0);
	assert_int_equal(t.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), 0);
	assert_int_equal(t.c_oflag & OPOST, 0);
}

static void no_controlling_terminal(void **state)
{
	pid_t session;

	(void)state;
	assert_int_equal(ioctl(slave, TIOCGSID, &session), -1);
	assert_int_equal(errno, ENOTTY);
}

static void closed_slave_is_the_end(void **state)
{
	char c;

	(void)state;
	assert_int_equal(write(slave, "x", 1), 1);
	close(slave);
	slave = -1;
	assert_true(readable(master, 5000));
	assert_int_equal(read(master, &c, 1), 1); /* what was written stays */
	assert_int_equal(c, 'x');
	assert_int_equal(read(master, &c, 1), -1);
	assert_int_equal(errno, EIO);
}

static void raw_only_for_terminals(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(pty_raw(slave), 0);
	assert_int_equal(pty_raw(fd), 0);
	close(fd);
	assert_int_equal(pty_raw(-1), -EBADF);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_byte_passes_unchanged),
		TEST(descriptors_are_as_promised),
		TEST(speed_is_not_zero),
		TEST(no_controlling_terminal),
		TEST(closed_slave_is_the_end),
		TEST(raw_only_for_terminals),
	};

	return cmocka_run_group_tests_name("pty", tests, NULL, NULL);
}
