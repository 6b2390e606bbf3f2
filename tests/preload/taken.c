// SPDX-License-Identifier: ISC
/*
 * For LD_PRELOAD: a session that somebody else has taken over.  While it makes
 * its connection, and at the first question of keepalive-interval, it tries
 * what such a one would; what came of it is a line each in /srv/taken, a page
 * of blanks.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static char *page;
static size_t used;

__attribute__((constructor)) static void map_page(void)
{
	int fd = open("/srv/taken", O_RDWR | O_CLOEXEC);
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		page = p;
	if (fd >= 0)
		close(fd);
}

static void tell(const char *when, const char *what, bool done)
{
	const char *name = done ? "done" : strerrorname_np(errno);
	int n = snprintf(page + used, PAGE - used, "%s %s: %s\n", when, what,
			 name ? name : "?");

	if (n > 0 && (size_t)n < PAGE - used)
		used += (size_t)n;
}

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool makes_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool makes_netfilter(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

/* In a child, for the program would end it. */
static bool runs(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno);
	}
	if (pid < 0)
		return execl("/bin/true", "true", (char *)NULL) == 0;
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return !errno;
}

/* A child of the parent's, which would outlive us. */
static bool strays(void)
{
	long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid > 0;
}

/* What is written and then run. */
static bool maps_code(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool done;

	if (p == MAP_FAILED)
		return false;
	done = mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0;
	munmap(p, PAGE);
	return done;
}

/* The next packet would be a signal to the parent. */
static bool owns(void)
{
	return fcntl(STDIN_FILENO, F_SETOWN, getppid()) == 0;
}

static bool connects(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return false;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (rc < 0 && errno == ECONNREFUSED) /* nobody is there, so it asked */
		rc = 0;
	close(fd);
	return rc == 0;
}

/* TCP Fast Open, tcp(7): a send that connects. */
static bool sends_to(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	if (fd < 0)
		return false;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	n = sendto(fd, "", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
		   (struct sockaddr *)&to, sizeof(to));
	if (n < 0 && errno == ECONNREFUSED)
		n = 0;
	close(fd);
	return n >= 0;
}

/* Of the kernel's own name space for them: unix(7). */
static bool connects_abstract(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0taken"};
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 6;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return false;
	rc = connect(fd, (struct sockaddr *)&to, len);
	close(fd);
	return rc == 0;
}

static bool kills_by_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
	long rc = syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);

	if (fd >= 0)
		close(fd);
	return rc == 0;
}

static void try_all(const char *when)
{
	int flags = O_WRONLY | O_CREAT;

	tell(when, "write /tmp/taken", opens("/tmp/taken", flags));
	tell(when, "read /home/secret", opens("/home/secret", O_RDONLY));
	tell(when, "list /home", opens("/home", O_RDONLY | O_DIRECTORY));
	tell(when, "remove /tmp/others", unlink("/tmp/others") == 0);
	tell(when, "read /etc/hosts", opens("/etc/hosts", O_RDONLY));
	tell(when, "run", runs());
	tell(when, "fork", forks());
	tell(when, "socket inet", makes_socket(AF_INET, SOCK_STREAM));
	tell(when, "socket packet", makes_socket(AF_PACKET, SOCK_DGRAM));
	tell(when, "code", maps_code());
	tell(when, "netfilter", makes_netfilter());
	tell(when, "stray child", strays());
	tell(when, "signal", kill(getppid(), SIGTERM) == 0);
	tell(when, "signal to a thread",
	     tgkill(getppid(), getppid(), SIGCHLD) == 0);
	tell(when, "signal by a socket", owns());
	tell(when, "kill by a pidfd", kills_by_pidfd());
	tell(when, "connect to 7002", connects(7002));
	tell(when, "connect to 7003", connects(7003));
	tell(when, "send to 7003", sends_to(7003));
	tell(when, "abstract socket", connects_abstract());
	/* The whole process group, and so this process too. */
	tell(when, "kill all", kill(0, SIGKILL) == 0);
	tell(when, "trace", ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int libssh2_session_handshake(LIBSSH2_SESSION *s, libssh2_socket_t fd)
{
	static bool tried;
	int (*fn)(LIBSSH2_SESSION *, libssh2_socket_t);
	void *found = real(__func__);

	memcpy(&fn, &found, sizeof(fn));
	if (!tried && page)
		try_all("first");
	tried = true;
	return fn(s, fd);
}

int libssh2_channel_setenv_ex(LIBSSH2_CHANNEL *ch, const char *name,
			      unsigned int name_len, const char *value,
			      unsigned int value_len)
{
	static bool tried;
	int (*fn)(LIBSSH2_CHANNEL *, const char *, unsigned int, const char *,
		  unsigned int);
	void *found = real(__func__);

	memcpy(&fn, &found, sizeof(fn));
	if (!tried && page) {
		try_all("later");
		tell("later", "end", true);
	}
	tried = true;
	return fn(ch, name, name_len, value, value_len);
}
