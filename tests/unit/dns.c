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
#include "base/util.h"
#include "base/child.h"
#include "names/resolv_conf.h"
#include "names/resolv_file.h"
#include <cmocka.h> /* its fail() is not ours */

#define MISSING ((const char *)0)

static const char *const servers[] = {"10.1.0.1", "fd00::1"};
static const char *const domains[] = {"corp.example", "lab.example"};
static const char *const others[] = {"b.example"};

static const struct dns_wish office = {"office", "ppp0",  2,	 servers,
				       2,	 domains, false, false};
static const struct dns_wish plain = {"plain", "ppp1", 1,    servers,
				      0,       NULL,   true, false};
static const struct dns_wish branch = {"branch", "ppp2", 1,	servers + 1,
				       1,	 others, false, false};

static struct resolv_conf text_of(const char *s)
{
	return (struct resolv_conf){strdup(s ? s : ""), s ? strlen(s) : 0,
				    s != MISSING};
}

/* A text after a change; the one before is freed. */
static void set(struct resolv_conf *c, const struct dns_wish *w)
{
	struct resolv_conf out;

	assert_int_equal(resolv_conf_set(c, w, &out), 0);
	free(c->text);
	*c = out;
}

static void undo(struct resolv_conf *c, const char *peer)
{
	struct resolv_conf out;

	assert_int_equal(resolv_conf_undo(c, peer, &out), 0);
	free(c->text);
	*c = out;
}

static void is_text(const struct resolv_conf *c, const char *expected)
{
	assert_int_equal(c->there, expected != MISSING);
	assert_string_equal(c->text, expected ? expected : "");
	assert_int_equal(c->len, expected ? strlen(expected) : 0);
}

/* What is before us comes back, whatever it is. */
static const char *const before[] = {
	MISSING,
	"",
	"\n",
	"x",
	"nameserver 192.0.2.1",
	"nameserver 192.0.2.1\n",
	"nameserver 192.0.2.1\r\nsearch home.example\r\n",
	"search home.example\nnameserver 192.0.2.1\noptions rotate",
	"domain home.example other.example\n\n\n",
	"# sshdial peer office\n",
	"# sshdial peer office\nnameserver 192.0.2.7\n",
	"# sshdial search joined\nsearch x\n",
	"# sshdial end\n",
	"# sshdial peer ../x\n# sshdial end\n",
	"  # a comment\n; another\nnameserver 192.0.2.1 \n",
};

#define BEFORE (sizeof(before) / sizeof(before[0]))

/* A line of ours whose block nobody has closed is ours alone. */
static const char *without_ours(const char *s)
{
	if (s && !strncmp(s, "# sshdial peer office", 21))
		return strchr(s, '\n') + 1;
	if (s && !strncmp(s, "# sshdial search", 16))
		return "search x\n";
	return s;
}

static void test_layout(void **state)
{
	struct resolv_conf c = text_of("search home.example lab.example\n"
				       "nameserver 192.0.2.1\n");

	(void)state;
	set(&c, &office);
	is_text(&c, "# sshdial peer office\n"
		    "nameserver 10.1.0.1\n"
		    "nameserver fd00::1\n"
		    "# search corp.example lab.example\n"
		    "# sshdial end\n"
		    "search home.example lab.example\n"
		    "nameserver 192.0.2.1\n"
		    "# sshdial search\n"
		    "search corp.example lab.example home.example\n"
		    "# sshdial end\n");
	set(&c, &plain);
	set(&c, &branch);
	is_text(&c, "# sshdial peer office\n"
		    "nameserver 10.1.0.1\n"
		    "nameserver fd00::1\n"
		    "# search corp.example lab.example\n"
		    "# sshdial end\n"
		    "# sshdial peer plain\n"
		    "nameserver 10.1.0.1\n"
		    "# sshdial end\n"
		    "# sshdial peer branch\n"
		    "nameserver fd00::1\n"
		    "# search b.example\n"
		    "# sshdial end\n"
		    "search home.example lab.example\n"
		    "nameserver 192.0.2.1\n"
		    "# sshdial search\n"
		    "search corp.example lab.example b.example home.example\n"
		    "# sshdial end\n");
	undo(&c, "office");
	undo(&c, "plain");
	is_text(&c, "# sshdial peer branch\n"
		    "nameserver fd00::1\n"
		    "# search b.example\n"
		    "# sshdial end\n"
		    "search home.example lab.example\n"
		    "nameserver 192.0.2.1\n"
		    "# sshdial search\n"
		    "search b.example home.example lab.example\n"
		    "# sshdial end\n");
	free(c.text);
}

/* One peer, and again with another wish. */
static void test_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEFORE; i++) {
		struct resolv_conf c = text_of(before[i]);
		struct dns_wish w = plain;
		char *once;

		w.peer = "office";
		set(&c, &office);
		assert_true(c.there);
		once = strdup(c.text);
		set(&c, &office);
		assert_string_equal(c.text, once);
		set(&c, &w);
		set(&c, &office);
		assert_string_equal(c.text, once);
		undo(&c, "off");
		assert_string_equal(c.text, once);
		undo(&c, "office");
		is_text(&c, without_ours(before[i]));
		undo(&c, "office");
		is_text(&c, without_ours(before[i]));
		free(once);
		free(c.text);
	}
}

/* Three peers, in every order of start and end. */
static void test_orders(void **state)
{
	static const struct dns_wish *const peers[] = {&office, &plain,
						       &branch};
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	(void)state;
	for (size_t i = 0; i < BEFORE * 36; i++) {
		const int *up = orders[i % 6], *down = orders[i / 6 % 6];
		struct resolv_conf c = text_of(before[i / 36]);

		for (int k = 0; k < 3; k++)
			set(&c, peers[up[k]]);
		for (int k = 0; k < 3; k++)
			undo(&c, peers[down[k]]->peer);
		is_text(&c, without_ours(before[i / 36]));
		free(c.text);
	}
}

/* A text with `add` in it at `at`, as an editor would have left it. */
static void edit(struct resolv_conf *c, size_t at, const char *add)
{
	char *text = malloc(c->len + strlen(add) + 1);

	memcpy(text, c->text, at);
	strcpy(text + at, add);
	strcat(text, c->text + at);
	free(c->text);
	c->text = text;
	c->len = strlen(text);
}

static void test_edits(void **state)
{
	struct resolv_conf c = text_of("nameserver 192.0.2.1");

	(void)state;
	set(&c, &office);
	edit(&c, c.len, "search new.example\n");
	edit(&c, 0, "# first\n");
	set(&c, &branch);
	assert_non_null(strstr(c.text, "\nsearch corp.example lab.example "
				       "b.example new.example\n"
				       "# sshdial end\n"));
	undo(&c, "office");
	edit(&c, c.len, "# last");
	undo(&c, "branch");
	is_text(&c, "# first\nnameserver 192.0.2.1\nsearch new.example\n"
		    "# last");
	free(c.text);

	/* somebody writes it anew while we are up */
	c = text_of(MISSING);
	set(&c, &office);
	free(c.text);
	c = text_of("nameserver 192.0.2.9\n");
	undo(&c, "office");
	is_text(&c, "nameserver 192.0.2.9\n");
	free(c.text);

	/* or adds to the one that we have made */
	c = text_of(MISSING);
	set(&c, &office);
	edit(&c, c.len, "nameserver 192.0.2.9\n");
	set(&c, &plain);
	undo(&c, "office");
	undo(&c, "plain");
	is_text(&c, "nameserver 192.0.2.9\n");
	free(c.text);
}

static void test_odd_bytes(void **state)
{
	static const char odd[] = "a\0b\n# sshdial end\nsearch x\0y z\n\0";
	struct resolv_conf c = {malloc(sizeof(odd)), sizeof(odd), true};

	(void)state;
	memcpy(c.text, odd, sizeof(odd));
	set(&c, &office);
	set(&c, &branch);
	undo(&c, "office");
	undo(&c, "branch");
	assert_int_equal(c.len, sizeof(odd));
	assert_memory_equal(c.text, odd, sizeof(odd));
	free(c.text);
}

/* Any mixture of our lines and others': the second undo changes nothing, and
 * nobody else's line is lost. */
static void test_mixtures(void **state)
{
	static const char *const lines[] = {
		"# sshdial peer office\n", "# sshdial peer plain made\n",
		"# sshdial search\n",	   "# sshdial search joined\n",
		"# sshdial end\n",	   "nameserver 192.0.2.1\n",
		"search x.example",	   "\n",
		"# search y.example\n",
	};
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct resolv_conf c, again;
		char text[512] = "";

		for (int k = rand_r(&seed) % 12; k > 0; k--)
			strcat(text, lines[rand_r(&seed) % 9]);
		c = text_of(text);
		set(&c, &branch);
		undo(&c, "branch");
		undo(&c, "office");
		undo(&c, "plain");
		assert_null(strstr(c.text, "\n# sshdial peer"));
		assert_int_not_equal(strncmp(c.text, "# sshdial peer", 14), 0);
		again = text_of(c.there ? c.text : MISSING);
		set(&again, &branch);
		undo(&again, "branch");
		assert_string_equal(again.text, c.text);
		free(c.text);
		free(again.text);
	}
}

static void test_too_many(void **state)
{
	struct resolv_conf c = text_of(""), out;
	struct dns_wish w = plain;
	char name[16];

	(void)state;
	w.peer = name;
	for (int i = 0; i < RESOLV_CONF_PEERS; i++) {
		snprintf(name, sizeof(name), "peer%d", i);
		set(&c, &w);
	}
	set(&c, &w);
	assert_int_equal(resolv_conf_set(&c, &office, &out), -E2BIG);
	for (int i = 0; i < RESOLV_CONF_PEERS; i++) {
		snprintf(name, sizeof(name), "peer%d", i);
		undo(&c, name);
	}
	is_text(&c, "");
	free(c.text);
}

/* ---- the file on the disk ---- */

static char dir[64], file[96], path[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sshdial-dns.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/real", dir);
	snprintf(path, sizeof(path), "%s/resolv.conf", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(file);
	return rmdir(dir);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void file_is(const char *expected)
{
	size_t len;
	char *text;
	int rc = file_read(path, FILE_ANY, RESOLV_CONF_MAX, &text, &len);

	assert_int_equal(rc, expected ? 0 : -ENOENT);
	if (!expected)
		return;
	assert_string_equal(text, expected);
	free(text);
}

static void test_file(void **state)
{
	struct failure f = {0};
	struct stat st;

	(void)state;
	/* behind a link, to a name in the same folder */
	write_file(file, "nameserver 192.0.2.1", 0640);
	assert_int_equal(symlink("real", path), 0);
	assert_int_equal(resolv_file_set(path, &office, &f), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(resolv_file_undo(path, "office", &f), 0);
	file_is("nameserver 192.0.2.1");

	/* the link leads nowhere */
	unlink(file);
	assert_int_equal(resolv_file_undo(path, "office", &f), 0);
	file_is(MISSING);
	assert_int_equal(resolv_file_set(path, &office, &f), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(resolv_file_set(path, &plain, &f), 0);
	assert_int_equal(resolv_file_undo(path, "office", &f), 0);
	assert_int_equal(resolv_file_undo(path, "plain", &f), 0);
	file_is(MISSING);
	assert_int_equal(lstat(path, &st), 0);
	assert_string_equal(f.text, "");
}

static void test_file_refused(void **state)
{
	struct failure f = {0};
	char *big = malloc(RESOLV_CONF_MAX + 2);

	(void)state;
	unlink(path);
	assert_int_equal(symlink("resolv.conf", path), 0);
	assert_int_equal(resolv_file_set(path, &office, &f), -1);
	assert_non_null(strstr(f.text, "resolv.conf: Too many levels"));
	unlink(path);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	memset(&f, 0, sizeof(f));
	assert_int_equal(resolv_file_set(path, &office, &f), -1);
	assert_string_equal(f.text, "/nowhere/at/all: No such file or "
				    "directory; the name servers are not set");
	memset(&f, 0, sizeof(f));
	assert_int_equal(resolv_file_undo(path, "office", &f), 0);
	unlink(path);
	memset(big, 'x', RESOLV_CONF_MAX + 1);
	big[RESOLV_CONF_MAX + 1] = '\0';
	write_file(path, big, 0644);
	assert_int_equal(resolv_file_set(path, &office, &f), -1);
	assert_non_null(strstr(f.text, "too large"));
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_mixtures),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
