/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "conf/conf.h"

static char dir[64];

/* The path of a file in the directory; good until the next call. */
static const char *in_dir(const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sshdial-conf.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"default.conf", "office.conf",
					    "target"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(in_dir(files[i]));
	return rmdir(dir);
}

static void write_mode(const char *file, const char *text, mode_t mode)
{
	FILE *f = fopen(in_dir(file), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	fclose(f);
}

static void write_file(const char *file, const char *text)
{
	write_mode(file, text, 0644);
}

static void loads(struct conf *c)
{
	struct conf_error e;

	if (conf_load_from(c, dir, "office", &e))
		fail_msg("%s", e.text);
}

/* The error, and a message that starts with `file` and has `part`. */
static void fails(const char *name, int error, const char *file,
		  const char *part)
{
	static const struct conf empty;
	struct conf_error e = {""};
	struct conf c;

	memset(&c, 0xff, sizeof(c));
	assert_int_equal(conf_load_from(&c, dir, name, &e), error);
	assert_memory_equal(&c, &empty, sizeof(c));
	if (file && strncmp(e.text, in_dir(file), strlen(in_dir(file))))
		fail_msg("\"%s\" is not about %s", e.text, file);
	if (!strstr(e.text, part))
		fail_msg("\"%s\" does not have \"%s\"", e.text, part);
}

static void test_one_file(void **state)
{
	struct conf c;

	(void)state;
	write_file("office.conf", "server vpn.example.com\n");
	loads(&c);
	assert_string_equal(c.name, "office");
	assert_string_equal(c.linkname, "office");
	assert_string_equal(c.server, "vpn.example.com");
	assert_string_equal(c.user, "pppuser");
	conf_free(&c);
}

static void test_default_file(void **state)
{
	struct conf c;

	(void)state;
	write_file("default.conf", "server a\nuser u\nidentity /a\n"
				   "identity /b\nmtu 1400\n");
	write_file("office.conf", "server b\nidentity /c\nmtu none\n");
	loads(&c);
	assert_string_equal(c.server, "b");
	assert_string_equal(c.user, "u");
	assert_int_equal(c.identity.n, 1);
	assert_string_equal(c.identity.v[0], "/c");
	assert_int_equal(c.mtu, 0);
	conf_free(&c);
	write_file("default.conf", "\nport x\n");
	fails("office", -EINVAL, "default.conf", ":2: port: \"x\"");
}

static void test_names(void **state)
{
	(void)state;
	write_file("default.conf", "server a\n");
	fails("default", -EINVAL, NULL, "\"default\" is not the name");
	fails("../office", -EINVAL, NULL, "\"../office\" is not the name");
	fails("", -EINVAL, NULL, "\"\" is not the name");
	fails("a\nb", -EINVAL, NULL, "\"a\\x0ab\" is not the name");
	fails("office", -ENOENT, "office.conf", "No such file");
}

static void test_whole(void **state)
{
	(void)state;
	write_file("office.conf", "port 22\n");
	fails("office", -EINVAL, "office.conf", ".conf: server: missing");
	write_file("office.conf", "server a\nport\n");
	fails("office", -EINVAL, "office.conf", ".conf:2: port: no value");
}

static void test_modes(void **state)
{
	struct conf c;

	(void)state;
	write_mode("office.conf", "server a\n", 0664);
	fails("office", -EPERM, "office.conf",
	      ": writable by group or others (mode 0664); run chmod go-w /");
	write_mode("office.conf", "server a\n", 0602);
	fails("office", -EPERM, "office.conf", "(mode 0602)");
	write_mode("office.conf", "server a\n", 0400);
	loads(&c);
	conf_free(&c);
	write_mode("default.conf", "", 0666);
	fails("office", -EPERM, "default.conf", "(mode 0666)");
}

static void test_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("office.conf", "server a\n");
	assert_int_equal(chown(in_dir("office.conf"), 12345, -1), 0);
	fails("office", -EPERM, "office.conf", "belongs to user 12345");
}

static void test_symlink(void **state)
{
	struct conf c;

	(void)state;
	write_file("target", "server a\n");
	assert_int_equal(symlink("target", in_dir("office.conf")), 0);
	loads(&c);
	conf_free(&c);
	write_mode("target", "server a\n", 0666);
	fails("office", -EPERM, "office.conf", "(mode 0666)");
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_dir("office.conf"), 0600), 0);
	fails("office", -EINVAL, "office.conf", "not a regular file");
	unlink(in_dir("office.conf"));
	assert_int_equal(symlink("/dev/zero", in_dir("office.conf")), 0);
	fails("office", -EINVAL, "office.conf", "not a regular file");
}

static void test_size(void **state)
{
	static char text[CONF_FILE_MAX + 2];
	struct conf c;

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	memcpy(text, "server a\n", 9);
	write_file("office.conf", text);
	fails("office", -EFBIG, "office.conf", "too large");
	text[CONF_FILE_MAX] = '\0';
	write_file("office.conf", text);
	loads(&c);
	conf_free(&c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_file), TEST(test_default_file), TEST(test_names),
		TEST(test_whole),    TEST(test_modes),	      TEST(test_owner),
		TEST(test_symlink),  TEST(test_kinds),	      TEST(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
