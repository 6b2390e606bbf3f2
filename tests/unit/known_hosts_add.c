/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "keys/known_hosts.h"
#include "keys.h"

static char dir[] = "/tmp/known_hosts.XXXXXX";
static char path[64]; /* of a file in it that does not exist */

static void content_is(const char *want)
{
	char got[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, want);
}

static void content_put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int add(const char *host, int port, const char *line)
{
	struct key k = key_of(line);

	return known_hosts_add(path, host, port, k.p, k.len);
}

static void add_and_read(void **state)
{
	const struct known_entry *where;
	struct known_hosts kh = {0};
	struct key k = key_of(ECDSA);
	struct stat st;

	(void)state;
	assert_int_equal(known_hosts_read(&kh, path, "h", 22), 0);
	assert_int_equal(kh.n, 0);
	umask(022);
	assert_int_equal(add("Host.Example", 22, ED_A), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(add("h", 2222, ECDSA), 0);
	content_is("host.example " ED_A "\n[h]:2222 " ECDSA "\n");
	assert_int_equal(known_hosts_read(&kh, path, "H", 2222), 0);
	assert_int_equal(known_hosts_check(&kh, k.p, k.len, &where),
			 KNOWN_MATCH);
	assert_int_equal(where->line, 2);
	assert_string_equal(where->file, path);
	assert_string_equal(where->type, "ecdsa-sha2-nistp256");
	known_hosts_free(&kh);
}

static void add_to_others(void **state)
{
	struct stat before, after;

	(void)state;
	content_put("x y z");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(add("h", 22, ED_A), 0);
	content_is("x y z\nh " ED_A "\n");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mode, after.st_mode);
	content_put("x\r\n");
	assert_int_equal(add("h", 22, ED_A), 0);
	content_is("x\r\nh " ED_A "\n");
}

static void add_refused(void **state)
{
	static const char *const bad[] = {
		"",   "*",    "a*b", "a,b", "a b", "a\tb",  "a\nb x",
		"!a", "|1|x", "#a",  "@a",  "a?",  "a\x7f", "\rx",
	};
	char folder[sizeof(dir) + 8], longname[2000];
	struct key k = key_of(ED_A);

	(void)state;
	content_put("x\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(add(bad[i], 22, ED_A), -EINVAL);
	memset(longname, 'a', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	assert_int_equal(add(longname, 22, ED_A), -ENAMETOOLONG);
	assert_int_equal(known_hosts_add(path, "h", 22, k.p, k.len - 1),
			 -EBADMSG);
	assert_int_equal(known_hosts_add(path, "h", 22, k.p, 0), -EBADMSG);
	content_is("x\n");
	snprintf(folder, sizeof(folder), "%s/no/kh", dir);
	assert_int_equal(known_hosts_add(folder, "h", 22, k.p, k.len), -ENOENT);
	assert_int_equal(known_hosts_add(dir, "h", 22, k.p, k.len), -EISDIR);
	assert_int_equal(known_hosts_add("/dev/null", "h", 22, k.p, k.len),
			 -EINVAL);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(known_hosts_add(path, "h", 22, k.p, k.len), -EINVAL);
}

/* The write is cut at each possible byte. */
static void add_disk_full(void **state)
{
	static const char old[] = "x y z";
	struct rlimit was, limit;
	size_t full = strlen(old) + strlen("\nh " ED_A "\n");

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	for (size_t room = strlen(old); room < full; room++) {
		int r;

		content_put(old);
		limit = was;
		limit.rlim_cur = room;
		setrlimit(RLIMIT_FSIZE, &limit);
		r = add("h", 22, ED_A);
		setrlimit(RLIMIT_FSIZE, &was);
		assert_int_equal(r, room == strlen(old) ? -EFBIG : -ENOSPC);
		content_is(old);
	}
	signal(SIGXFSZ, SIG_DFL);
}

static void read_refused(void **state)
{
	struct known_hosts kh = {0};

	(void)state;
	assert_int_equal(known_hosts_read(&kh, dir, "h", 22), -EINVAL);
	content_put("");
	assert_int_equal(truncate(path, KNOWN_FILE_MAX + 1), 0);
	assert_int_equal(known_hosts_read(&kh, path, "h", 22), -EFBIG);
}

static int fresh(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/known_hosts", dir);
	return 0;
}

static int teardown(void **state)
{
	fresh(state);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(add_and_read, fresh),
		cmocka_unit_test_setup(add_to_others, fresh),
		cmocka_unit_test_setup(add_refused, fresh),
		cmocka_unit_test_setup(add_disk_full, fresh),
		cmocka_unit_test_setup(read_refused, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
