// SPDX-License-Identifier: ISC
/*
 * Two mechanisms of the kernel, each of which limits what the other cannot
 * see.  Landlock knows files, ports and other processes, but not the kernel's
 * own surface.  Seccomp knows system calls and their plain arguments, but not
 * what a pointer points to.
 *
 * Landlock rules are set once.  The seccomp filter comes twice: the first one
 * leaves what it takes to look up a name and to connect; the second one, put on
 * top of it, leaves what moves bytes through descriptors that are open.
 *
 * A call that is not allowed fails with ENOSYS; it does not kill.  A new libc
 * tries new calls first and falls back, so a session goes on after an upgrade
 * of libc.  An entry of the tables below is allowed in one of the two phases or
 * in both.
 *
 * On i386 and s390x some calls have their arguments in memory, where a filter
 * cannot look: there every use of such a call is allowed.
 */
#include "guard/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/util.h"

/* ---- Landlock ---- */

#define READ_FILE    LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDER  (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_OF_ABI_1 (2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1)

/* Of later kernels than Debian 12's header (landlock(7)). */
#define ABI_TRUNCATE  3
#define TRUNCATE      ((uint64_t)1 << 14)
#define ABI_TCP	      4
#define BIND_TCP      ((uint64_t)1 << 0)
#define CONNECT_TCP   ((uint64_t)1 << 1)
#define RULE_NET_PORT 2
#define ABI_SCOPED    6
#define ABSTRACT      ((uint64_t)1 << 0)
#define SIGNALS	      ((uint64_t)1 << 1)

enum handled { FILES, NET, SCOPED, HANDLED }; /* of landlock_ruleset_attr */

struct net_port_attr {
	uint64_t allowed_access;
	uint64_t port;
};

/*
 * For getaddrinfo(3), whichever modules nsswitch.conf(5) names, and for
 * libcrypto.  The files of /etc may be links to somewhere else.
 */
static const char *const readable[] = {
	"/etc",
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/resolv.conf",
	"/usr",
	"/lib",
	"/lib32",
	"/lib64",
	"/nix",
	"/run/NetworkManager",
	"/run/connman",
	"/run/nscd",
	"/run/resolvconf",
	"/run/systemd/resolve",
	"/var/lib/libvirt/dnsmasq",
	"/var/lib/sss",
	"/dev/urandom",
};

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			    LANDLOCK_CREATE_RULESET_VERSION);
}

/* Allows a file, or all below a folder; a path that does not exist needs no
 * rule. */
static int allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr a = {.allowed_access = READ_FILE};
	struct stat st;
	int rc = 0;

	a.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (a.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : -1;
	if (!fstat(a.parent_fd, &st) && S_ISDIR(st.st_mode))
		a.allowed_access = READ_FOLDER;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &a, 0))
		rc = -1;
	close(a.parent_fd);
	return rc;
}

static int allow_port(int rules, uint64_t access, uint16_t port)
{
	struct net_port_attr a = {access, port};

	return (int)syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &a, 0);
}

static int restrict_files_and_net(const struct sandbox_net *net,
				  struct failure *f)
{
	uint64_t a[HANDLED] = {[FILES] = ALL_OF_ABI_1};
	size_t size = NET * sizeof(a[0]);
	int abi = landlock_abi(), rc = 0, rules;

	if (abi < 1)
		return 0;
	if (abi >= ABI_TRUNCATE)
		a[FILES] |= TRUNCATE;
	if (abi >= ABI_TCP) {
		a[NET] = BIND_TCP | CONNECT_TCP;
		size = SCOPED * sizeof(a[0]);
	}
	if (abi >= ABI_SCOPED) {
		a[SCOPED] = net->abstract ? SIGNALS : SIGNALS | ABSTRACT;
		size = sizeof(a);
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, a, size, 0);
	if (rules < 0)
		return fail(f, REASON_INTERNAL, "landlock: %m");
	for (size_t i = 0; !rc && i < COUNT(readable); i++)
		rc = allow_reading(rules, readable[i]);
	if (!rc && a[NET] && net->bind) /* to port 0: the kernel chooses */
		rc = allow_port(rules, BIND_TCP, 0);
	for (size_t i = 0; !rc && a[NET] && i < net->n; i++)
		rc = allow_port(rules, CONNECT_TCP, net->port[i]);
	if (!rc)
		rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (rc)
		fail(f, REASON_INTERNAL, "landlock: %m");
	close(rules);
	return rc;
}

/* ---- seccomp ---- */

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)
#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |           \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)
#define STRAY	(CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED)
#define WORD	UINT32_MAX /* of an argument that is an int */
#define SEVERAL 0xc /* a bit of the types but SOCK_STREAM, _DGRAM and _RAW */
#ifdef __s390__
#define CLONE_FLAGS 1 /* which argument */
#else
#define CLONE_FLAGS 0
#endif

/* When a session may make a call: before sandbox_narrow(), after it. */
enum phase { FIRST = 1, LATER = 2, BOTH = FIRST | LATER };

static const struct call {
	enum phase phase;
	int number; /* negative if this machine does not have it */
} calls[] = {
	/* moving bytes */
	{BOTH, SCMP_SYS(read)},
	{BOTH, SCMP_SYS(readv)},
	{BOTH, SCMP_SYS(write)},
	{BOTH, SCMP_SYS(writev)},
	{BOTH, SCMP_SYS(recv)},
	{BOTH, SCMP_SYS(recvfrom)},
	{BOTH, SCMP_SYS(recvmsg)},
	{BOTH, SCMP_SYS(close)},
	{BOTH, SCMP_SYS(shutdown)},
	{BOTH, SCMP_SYS(accept4)},
	{BOTH, SCMP_SYS(epoll_ctl)},
	{BOTH, SCMP_SYS(epoll_wait)},
	{BOTH, SCMP_SYS(epoll_pwait)},
	{BOTH, SCMP_SYS(epoll_pwait2)},
	{BOTH, SCMP_SYS(poll)},
	{BOTH, SCMP_SYS(ppoll)},
	{BOTH, SCMP_SYS(ppoll_time64)},
	{BOTH, SCMP_SYS(select)},
	{BOTH, SCMP_SYS(_newselect)},
	{BOTH, SCMP_SYS(pselect6)},
	{BOTH, SCMP_SYS(pselect6_time64)},
	/* descriptors */
	{BOTH, SCMP_SYS(lseek)},
	{BOTH, SCMP_SYS(_llseek)},
	{BOTH, SCMP_SYS(getsockname)},
	{BOTH, SCMP_SYS(getpeername)},
	{BOTH, SCMP_SYS(getsockopt)},
	{FIRST, SCMP_SYS(setsockopt)},
	/* memory */
	{BOTH, SCMP_SYS(brk)},
	{BOTH, SCMP_SYS(munmap)},
	{BOTH, SCMP_SYS(mremap)},
	{BOTH, SCMP_SYS(madvise)},
#ifdef __s390__
	{BOTH, SCMP_SYS(mmap)}, /* its arguments are in memory */
#endif
	/* time, random numbers, the process itself */
	{BOTH, SCMP_SYS(time)},
	{BOTH, SCMP_SYS(gettimeofday)},
	{BOTH, SCMP_SYS(clock_gettime)},
	{BOTH, SCMP_SYS(clock_gettime64)},
	{BOTH, SCMP_SYS(nanosleep)},
	{BOTH, SCMP_SYS(clock_nanosleep)},
	{BOTH, SCMP_SYS(clock_nanosleep_time64)},
	{BOTH, SCMP_SYS(getrandom)},
	{BOTH, SCMP_SYS(getpid)},
	{BOTH, SCMP_SYS(gettid)},
	{BOTH, SCMP_SYS(getuid)},
	{BOTH, SCMP_SYS(geteuid)},
	{BOTH, SCMP_SYS(getgid)},
	{BOTH, SCMP_SYS(getegid)},
	{BOTH, SCMP_SYS(getuid32)},
	{BOTH, SCMP_SYS(geteuid32)},
	{BOTH, SCMP_SYS(getgid32)},
	{BOTH, SCMP_SYS(getegid32)},
	{BOTH, SCMP_SYS(uname)},
	{BOTH, SCMP_SYS(sysinfo)},
	{BOTH, SCMP_SYS(futex)},
	{BOTH, SCMP_SYS(futex_time64)},
	{BOTH, SCMP_SYS(sched_yield)},
	{BOTH, SCMP_SYS(rt_sigaction)},
	{BOTH, SCMP_SYS(rt_sigprocmask)},
	{BOTH, SCMP_SYS(rt_sigreturn)},
	{BOTH, SCMP_SYS(sigreturn)},
	{BOTH, SCMP_SYS(restart_syscall)},
	{BOTH, SCMP_SYS(exit)},
	{BOTH, SCMP_SYS(exit_group)},
	/* reading files */
	{FIRST, SCMP_SYS(fstat)},
	{FIRST, SCMP_SYS(fstat64)},
	{FIRST, SCMP_SYS(stat)},
	{FIRST, SCMP_SYS(stat64)},
	{FIRST, SCMP_SYS(lstat)},
	{FIRST, SCMP_SYS(lstat64)},
	{FIRST, SCMP_SYS(newfstatat)},
	{FIRST, SCMP_SYS(fstatat64)},
	{FIRST, SCMP_SYS(statx)},
	{FIRST, SCMP_SYS(statfs)},
	{FIRST, SCMP_SYS(statfs64)},
	{FIRST, SCMP_SYS(fstatfs)},
	{FIRST, SCMP_SYS(fstatfs64)},
	{FIRST, SCMP_SYS(access)},
	{FIRST, SCMP_SYS(faccessat)},
	{FIRST, SCMP_SYS(faccessat2)},
	{FIRST, SCMP_SYS(readlink)},
	{FIRST, SCMP_SYS(readlinkat)},
	{FIRST, SCMP_SYS(getdents)},
	{FIRST, SCMP_SYS(getdents64)},
	{FIRST, SCMP_SYS(pread64)},
	/* connecting */
	{FIRST, SCMP_SYS(connect)},
	{FIRST, SCMP_SYS(bind)},
	{FIRST, SCMP_SYS(recvmmsg)},
	{FIRST, SCMP_SYS(recvmmsg_time64)},
	/* the resolver process */
	{FIRST, SCMP_SYS(fork)},
	{FIRST, SCMP_SYS(vfork)},
	{FIRST, SCMP_SYS(set_robust_list)},
	{FIRST, SCMP_SYS(rseq)},
	{FIRST, SCMP_SYS(pipe2)},
	{FIRST, SCMP_SYS(dup2)},
	{FIRST, SCMP_SYS(dup3)},
	{FIRST, SCMP_SYS(close_range)},
	{FIRST, SCMP_SYS(wait4)},
	{FIRST, SCMP_SYS(waitid)},
	{FIRST, SCMP_SYS(pidfd_open)},
	{FIRST, SCMP_SYS(getppid)},
	{FIRST, SCMP_SYS(epoll_create1)},
	{FIRST, SCMP_SYS(eventfd2)},
	{FIRST, SCMP_SYS(membarrier)},
	/* sandbox_narrow() itself */
	{FIRST, SCMP_SYS(seccomp)},
};

/* Calls that are allowed if these bits of these arguments have these values.
 * If a call has several rows, any of them will do. */
static const struct use {
	enum phase phase;
	int number;
	struct {
		unsigned int arg;
		uint64_t mask; /* 0: no more */
		uint64_t value;
	} when[3];
} uses[] = {
	/* With MSG_FASTOPEN they connect, and Landlock does not see it. */
	{BOTH, SCMP_SYS(send), {{3, MSG_FASTOPEN, 0}}},
	{BOTH, SCMP_SYS(sendto), {{3, MSG_FASTOPEN, 0}}},
	{BOTH, SCMP_SYS(sendmsg), {{2, MSG_FASTOPEN, 0}}},
	{FIRST, SCMP_SYS(sendmmsg), {{3, MSG_FASTOPEN, 0}}},
	{BOTH, SCMP_SYS(fcntl), {{1, WORD, F_GETFL}}},
	{BOTH, SCMP_SYS(fcntl64), {{1, WORD, F_GETFL}}},
	{BOTH, SCMP_SYS(fcntl), {{1, WORD, F_GETFD}}},
	{BOTH, SCMP_SYS(fcntl64), {{1, WORD, F_GETFD}}},
	{BOTH, SCMP_SYS(fcntl), {{1, WORD, F_SETFD}}},
	{BOTH, SCMP_SYS(fcntl64), {{1, WORD, F_SETFD}}},
	{BOTH, SCMP_SYS(fcntl), {{1, WORD, F_SETFL}, {2, O_ASYNC, 0}}},
	{BOTH, SCMP_SYS(fcntl64), {{1, WORD, F_SETFL}, {2, O_ASYNC, 0}}},
	{FIRST, SCMP_SYS(fcntl), {{1, WORD, F_DUPFD_CLOEXEC}}},
	{FIRST, SCMP_SYS(fcntl64), {{1, WORD, F_DUPFD_CLOEXEC}}},
	{FIRST,
	 SCMP_SYS(socket),
	 {{0, WORD, AF_UNIX}, {1, SEVERAL, 0}, {2, WORD, 0}}},
	{FIRST,
	 SCMP_SYS(socket),
	 {{0, WORD, AF_INET}, {1, SEVERAL, 0}, {2, WORD, 0}}},
	{FIRST,
	 SCMP_SYS(socket),
	 {{0, WORD, AF_INET6}, {1, SEVERAL, 0}, {2, WORD, 0}}},
	{FIRST,
	 SCMP_SYS(socket),
	 {{0, WORD, AF_NETLINK}, {1, SEVERAL, 0}, {2, WORD, 0}}},
	{LATER,
	 SCMP_SYS(setsockopt),
	 {{1, WORD, SOL_SOCKET}, {2, WORD, SO_LINGER}}},
	{LATER,
	 SCMP_SYS(setsockopt),
	 {{1, WORD, SOL_SOCKET}, {2, WORD, SO_KEEPALIVE}}},
	{LATER,
	 SCMP_SYS(setsockopt),
	 {{1, WORD, IPPROTO_TCP}, {2, WORD, TCP_NODELAY}}},
	{LATER,
	 SCMP_SYS(setsockopt),
	 {{1, WORD, IPPROTO_TCP}, {2, WORD, TCP_NOTSENT_LOWAT}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, FIONREAD}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, TCGETS}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, SIOCGIFINDEX}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, SIOCGIFNAME}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, SIOCGIFCONF}}},
	{FIRST, SCMP_SYS(ioctl), {{1, WORD, SIOCGIFFLAGS}}},
#if !defined(__i386__) && !defined(__s390__) /* its arguments in memory */
	{BOTH, SCMP_SYS(mmap), {{2, PROT_EXEC, 0}}},
	{FIRST, SCMP_SYS(mmap), {{2, PROT_WRITE | PROT_EXEC, PROT_EXEC}}},
#endif
	{BOTH, SCMP_SYS(mmap2), {{2, PROT_EXEC, 0}}},
	{FIRST, SCMP_SYS(mmap2), {{2, PROT_WRITE | PROT_EXEC, PROT_EXEC}}},
	{BOTH, SCMP_SYS(mprotect), {{2, PROT_EXEC, 0}}},
	{FIRST, SCMP_SYS(open), {{1, WRITING, O_RDONLY}}},
	{FIRST, SCMP_SYS(openat), {{2, WRITING, O_RDONLY}}},
	{FIRST, SCMP_SYS(clone), {{CLONE_FLAGS, NAMESPACES | STRAY, 0}}},
	/* Not kill(2): a filter cannot tell pid 0, the caller's whole process
	 * group, from the pid of a child. */
	{FIRST,
	 SCMP_SYS(pidfd_send_signal),
	 {{1, WORD, SIGKILL}, {3, WORD, 0}}},
	{FIRST, SCMP_SYS(prlimit64), {{0, WORD, 0}, {1, WORD, RLIMIT_NPROC}}},
	{FIRST, SCMP_SYS(prctl), {{0, WORD, PR_SET_PDEATHSIG}}},
};

static int add_calls(scmp_filter_ctx filter, enum phase phase)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(calls) && !rc; i++)
		if (calls[i].phase & phase)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					      calls[i].number, 0);
	for (size_t i = 0; i < COUNT(uses) && !rc; i++) {
		const struct use *u = &uses[i];
		struct scmp_arg_cmp when[COUNT(u->when)];
		unsigned int n = 0;

		if (!(u->phase & phase))
			continue;
		for (; n < COUNT(when) && u->when[n].mask; n++)
			when[n] = SCMP_CMP(u->when[n].arg, SCMP_CMP_MASKED_EQ,
					   u->when[n].mask, u->when[n].value);
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, u->number,
					    n, when);
	}
	return rc;
}

static bool has_filters(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static int restrict_calls(enum phase phase, struct failure *f)
{
	scmp_filter_ctx filter;
	int rc = -ENOMEM;

	if (!has_filters())
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (filter) {
		/* no_new_privs is set already; the first filter forbids
		 * prctl(2). */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
		if (!rc)
			rc = add_calls(filter, phase);
		if (!rc)
			rc = seccomp_load(filter);
		seccomp_release(filter);
	}
	return rc ? fail(f, REASON_INTERNAL, "seccomp: %s", strerror(-rc)) : 0;
}

/* ---- both ---- */

int sandbox_enter(const struct sandbox_net *net, struct failure *f)
{
	return restrict_files_and_net(net, f) < 0 ? -1
						  : restrict_calls(FIRST, f);
}

int sandbox_narrow(struct failure *f)
{
	struct rlimit none = {0, 0};

	/* The filter forbids fork as well; this holds if there is none. */
	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		return fail(f, REASON_INTERNAL, "setrlimit: %m");
	return restrict_calls(LATER, f);
}

const char *sandbox_lacks(char *out, size_t size)
{
	bool filters = has_filters(), landlock = landlock_abi() > 0;

	snprintf(out, size, "%s%s%s", filters ? "" : "seccomp filters",
		 filters || landlock ? "" : " and no ",
		 landlock ? "" : "Landlock");
	return out;
}
