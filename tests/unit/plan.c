// SPDX-License-Identifier: ISC
/* What the parent hands over to a session, read back; and what is wrong. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/util.h"
#include "ipc/session_plan.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static const char text[] = "server gate.example.org\nuser alice\n"
			   "hop jump.example.org:2222\n"
			   "forward-local 7007:localhost:7\n"
			   "keepalive-interval 1500ms\n"
			   "remote-command printf 'a  \\\\b'; exec cat\n";
static struct conf conf;
static struct secrets secrets;
static struct display display = {.host = "127.0.0.1",
				 .port = 6010,
				 .screen = 1,
				 .has_cookie = true,
				 .cookie = "fifteen bytes.."};
static struct session_port port[2] = {{9, 0}, {10, 1}};
static struct session_plan plan = {
	.job = SESSION_LINE,
	.request = FAR_SUBSYSTEM,
	.display = &display,
	.command = "printf 'a  \\\\b'; exec cat",
	.in = 7,
	.out = 7,
	.err = -1,
	.line_ready = true,
	.reached = "fe80::1%eth0",
	.port = port,
	.ports = 2,
	.stats = 11,
	.uid = 990,
	.gid = 65534,
	.hostkeys = "ssh-ed25519,rsa-sha2-512",
	.host = {{"ssh-ed25519", "a"}, {"", "b"}},
};
static struct plan_input in;

static int prepare(void **state)
{
	struct conf_error e;

	(void)state;
	assert_int_equal(conf_defaults(&conf, "far"), 0);
	assert_int_equal(conf_parse(&conf, "test", text, strlen(text), &e), 0);
	assert_int_equal(conf_validate(&conf, &e), 0);
	secrets.n = 2;
	secrets.identity[0] = (struct identity){.path = "/k/one",
						.everywhere = true,
						.key = strdup("key\0one"),
						.key_len = 3,
						.passphrase = "secret"};
	secrets.identity[1] = (struct identity){
		.path = "/k/two",
		.key = strdup("key two"),
		.key_len = 7,
		.certificate = strdup("certificate"),
		.certificate_len = 11,
		.rsa = true,
		.encrypted = true,
	};
	strcpy(secrets.password, "password");
	secrets.has_password = true;
	strcpy(secrets.agent, "/run/agent");
	return 0;
}

static void free_text(const char *p)
{
	union {
		const char *from;
		char *to;
	} u = {.from = p};

	free(u.to);
}

/* The session has it to its end. */
static void release(void)
{
	for (size_t i = 0; i < in.secrets.n; i++)
		free_text(in.secrets.identity[i].path);
	free_text(in.plan.command);
	conf_free(&in.conf);
	secrets_wipe(&in.secrets);
	memset(&in, 0, sizeof(in));
}

static int read_plan(int fd)
{
	release();
	return plan_read(fd, &in);
}

static int finish(void **state)
{
	(void)state;
	release();
	conf_free(&conf);
	secrets_wipe(&secrets);
	return 0;
}

static void same_text(const struct conf *a, const struct conf *b)
{
	char *one = NULL, *two = NULL;
	size_t len;
	FILE *out = open_memstream(&one, &len);

	conf_print(a, out);
	fclose(out);
	out = open_memstream(&two, &len);
	conf_print(b, out);
	fclose(out);
	assert_string_equal(one, two);
	free(one);
	free(two);
}

static void reads_back(void **state)
{
	int fd = plan_write(&plan, &conf, &secrets);
	const struct session_plan *p = &in.plan;
	const struct identity *id = in.secrets.identity;

	(void)state;
	assert_true(fd >= 0);
	assert_true(plan_is_sealed(fd));
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(read_plan(fd), 0);
	close(fd);
	same_text(&conf, &in.conf);
	assert_string_equal(in.conf.name, "far");
	assert_int_equal(p->job, SESSION_LINE);
	assert_int_equal(p->request, FAR_SUBSYSTEM);
	assert_memory_equal(p->display, &display, sizeof(display));
	assert_string_equal(p->command, plan.command);
	assert_int_equal(p->in, 7);
	assert_int_equal(p->err, -1);
	assert_true(p->line_ready && !p->stale);
	assert_string_equal(p->reached, "fe80::1%eth0");
	assert_int_equal(p->ports, 2);
	assert_memory_equal(p->port, port, sizeof(port));
	assert_int_equal(p->stats, 11);
	assert_int_equal(p->uid, 990);
	assert_int_equal(p->gid, 65534);
	assert_string_equal(p->hostkeys, plan.hostkeys);
	assert_memory_equal(p->host, plan.host, sizeof(plan.host));
	assert_int_equal(in.secrets.n, 2);
	assert_string_equal(id[0].path, "/k/one");
	assert_true(id[0].everywhere && !id[0].encrypted);
	assert_null(id[0].certificate);
	assert_string_equal(id[0].passphrase, "secret");
	assert_int_equal(id[1].key_len, 7);
	assert_memory_equal(id[1].key, "key two", 8);
	assert_string_equal(id[1].certificate, "certificate");
	assert_true(id[1].encrypted && id[1].rsa && !id[0].rsa);
	assert_string_equal(in.secrets.password, "password");
	assert_string_equal(in.secrets.agent, "/run/agent");
}

static void small(void **state)
{
	static const struct secrets none;
	struct session_plan p = {.in = -1,
				 .out = -1,
				 .err = -1,
				 .stats = -1,
				 .uid = 1,
				 .gid = 1};
	int fd = plan_write(&p, &conf, &none);

	(void)state;
	assert_int_equal(read_plan(fd), 0);
	close(fd);
	assert_null(in.plan.command);
	assert_null(in.plan.display);
	assert_null(in.plan.reached);
	assert_int_equal(in.plan.ports, 0);
	assert_int_equal(in.secrets.n, 0);
}

/* A sealed memfd with these bytes. */
static int sealed(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(fd_write_all(fd, bytes, len), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALS), 0);
	return fd;
}

static int read_again(const void *bytes, size_t len)
{
	int fd = sealed(bytes, len), rc = read_plan(fd);

	close(fd);
	return rc;
}

static void wrong(void **state)
{
	int fd = plan_write(&plan, &conf, &secrets);
	struct stat st;
	size_t len;
	uint8_t *all;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	len = (size_t)st.st_size;
	all = malloc(len + 1);
	assert_int_equal(pread(fd, all, len, 0), len);
	all[len] = 0;
	close(fd);
	assert_int_equal(read_again(all, len), 0);
	assert_int_equal(read_again(all, len + 1), -EBADMSG);
	for (size_t n = 1; n < len; n += 1 + n / 64)
		assert_int_equal(read_again(all, n), -EBADMSG);
	/* Whatever a byte is, nothing is read outside. */
	for (size_t i = 0; i < len; i += 1 + i / 64) {
		uint8_t before = all[i];

		all[i] = 0xff;
		read_again(all, len);
		all[i] = before;
	}
	free(all);
}

static void not_sealed(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	assert_false(plan_is_sealed(fd));
	assert_int_equal(read_plan(fd), -EBADMSG);
	close(fd);
	assert_false(plan_is_sealed(-1));
	assert_false(plan_is_sealed(STDIN_FILENO));
	fd = sealed("", 0);
	assert_true(read_plan(fd) < 0);
	close(fd);
}

static void numbers(void **state)
{
	int fd;
	struct session_stats *s = stats_open(&fd), *t;

	(void)state;
	assert_non_null(s);
	assert_int_equal(ftruncate(fd, 0), -1);
	t = stats_map(dup(fd));
	assert_non_null(t);
	t->rtt_us = 7;
	assert_int_equal(s->rtt_us, 7);
	assert_null(stats_map(sealed("x", 1)));
	assert_null(stats_map(open("/dev/null", O_RDWR | O_CLOEXEC)));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back), cmocka_unit_test(small),
		cmocka_unit_test(wrong),      cmocka_unit_test(not_sealed),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, prepare, finish);
}
