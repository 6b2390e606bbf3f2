// SPDX-License-Identifier: ISC
#include "guard/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- files ---- */

#define READ_FILE    LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDER  (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_OF_ABI_1 (2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1)
#define ABI_TRUNCATE 3 /* since then truncate(2) is one of them, */
#define TRUNCATE     ((uint64_t)1 << 14) /* which Debian 12's header lacks */

/* For getaddrinfo(3), whichever modules nsswitch.conf(5) names, and for
 * libcrypto. */
static const char *const readable[] = {
	"/etc", "/usr", "/lib",		"/lib32",	"/lib64",
	"/run", "/nix", "/var/lib/sss", "/dev/urandom",
};

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			    LANDLOCK_CREATE_RULESET_VERSION);
}

/* What is not there needs no rule. */
static int allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr a = {.allowed_access = READ_FILE};
	struct stat st;
	int rc = 0;

	a.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (a.parent_fd < 0)
		return 0;
	if (!fstat(a.parent_fd, &st) && S_ISDIR(st.st_mode))
		a.allowed_access = READ_FOLDER;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &a, 0))
		rc = -1;
	close(a.parent_fd);
	return rc;
}

static int close_files(struct failure *f)
{
	struct landlock_ruleset_attr a = {.handled_access_fs = ALL_OF_ABI_1};
	int abi = landlock_abi(), rc = 0, rules;

	if (abi < 1)
		return 0;
	if (abi >= ABI_TRUNCATE)
		a.handled_access_fs |= TRUNCATE;
	rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);
	if (rules < 0)
		return fail(f, REASON_INTERNAL, "landlock: %m");
	for (size_t i = 0; !rc && i < COUNT(readable); i++)
		rc = allow_reading(rules, readable[i]);
	if (!rc)
		rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (rc)
		fail(f, REASON_INTERNAL, "landlock: %m");
	close(rules);
	return rc;
}

/* ---- system calls ---- */

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)
#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |           \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)
#ifdef __s390__
#define CLONE_FLAGS 1 /* which argument */
#else
#define CLONE_FLAGS 0
#endif

/* When a session may make a call: until sandbox_narrow(), after it. */
enum span { FIRST = 1, LATER = 2, BOTH = FIRST | LATER };

static const struct call {
	enum span span;
	int number; /* negative where the machine does not have it */
} calls[] = {
	/* what moves the bytes */
	{BOTH, SCMP_SYS(read)},
	{BOTH, SCMP_SYS(readv)},
	{BOTH, SCMP_SYS(write)},
	{BOTH, SCMP_SYS(writev)},
	{BOTH, SCMP_SYS(recv)},
	{BOTH, SCMP_SYS(recvfrom)},
	{BOTH, SCMP_SYS(recvmsg)},
	{BOTH, SCMP_SYS(send)},
	{BOTH, SCMP_SYS(sendto)},
	{BOTH, SCMP_SYS(sendmsg)},
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
	{BOTH, SCMP_SYS(fcntl)},
	{BOTH, SCMP_SYS(fcntl64)},
	{BOTH, SCMP_SYS(fstat)},
	{BOTH, SCMP_SYS(fstat64)},
	{BOTH, SCMP_SYS(lseek)},
	{BOTH, SCMP_SYS(_llseek)},
	{BOTH, SCMP_SYS(getsockname)},
	{BOTH, SCMP_SYS(getpeername)},
	{BOTH, SCMP_SYS(getsockopt)},
	{BOTH, SCMP_SYS(setsockopt)},
	/* memory */
	{BOTH, SCMP_SYS(brk)},
	{BOTH, SCMP_SYS(munmap)},
	{BOTH, SCMP_SYS(mremap)},
	{BOTH, SCMP_SYS(madvise)},
	{FIRST, SCMP_SYS(mmap)},
	{FIRST, SCMP_SYS(mmap2)},
	{FIRST, SCMP_SYS(mprotect)},
	/* time, chance, itself */
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
	{BOTH, SCMP_SYS(tgkill)}, /* abort(3) */
	{BOTH, SCMP_SYS(exit)},
	{BOTH, SCMP_SYS(exit_group)},
	/* files that are read */
	{FIRST, SCMP_SYS(stat)},
	{FIRST, SCMP_SYS(stat64)},
	{FIRST, SCMP_SYS(lstat)},
	{FIRST, SCMP_SYS(lstat64)},
	{FIRST, SCMP_SYS(newfstatat)},
	{FIRST, SCMP_SYS(fstatat64)},
	{FIRST, SCMP_SYS(statx)},
	{FIRST, SCMP_SYS(statfs)},
	{FIRST, SCMP_SYS(fstatfs)},
	{FIRST, SCMP_SYS(access)},
	{FIRST, SCMP_SYS(faccessat)},
	{FIRST, SCMP_SYS(faccessat2)},
	{FIRST, SCMP_SYS(readlink)},
	{FIRST, SCMP_SYS(readlinkat)},
	{FIRST, SCMP_SYS(getdents)},
	{FIRST, SCMP_SYS(getdents64)},
	{FIRST, SCMP_SYS(pread64)},
	/* connections */
	{FIRST, SCMP_SYS(connect)},
	{FIRST, SCMP_SYS(bind)},
	{FIRST, SCMP_SYS(sendmmsg)},
	{FIRST, SCMP_SYS(recvmmsg)},
	{FIRST, SCMP_SYS(recvmmsg_time64)},
	/* a process that looks up a name */
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
	{FIRST, SCMP_SYS(getppid)},
	{FIRST, SCMP_SYS(epoll_create1)},
	{FIRST, SCMP_SYS(eventfd2)},
	{FIRST, SCMP_SYS(membarrier)},
	/* sandbox_narrow() */
	{FIRST, SCMP_SYS(seccomp)},
};

/* Those of which not every use is allowed: where these bits of the argument
 * have this value.  Several of one call: any of them. */
static const struct use {
	enum span span;
	int number;
	unsigned int arg;
	uint64_t mask, value;
} uses[] = {
	{FIRST, SCMP_SYS(open), 1, WRITING, O_RDONLY},
	{FIRST, SCMP_SYS(openat), 2, WRITING, O_RDONLY},
	{FIRST, SCMP_SYS(clone), CLONE_FLAGS, NAMESPACES, 0},
	{FIRST, SCMP_SYS(kill), 1, UINT32_MAX, SIGKILL},
	{FIRST, SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_PDEATHSIG},
	{FIRST, SCMP_SYS(socket), 0, UINT32_MAX, AF_UNIX},
	{FIRST, SCMP_SYS(socket), 0, UINT32_MAX, AF_INET},
	{FIRST, SCMP_SYS(socket), 0, UINT32_MAX, AF_INET6},
	{FIRST, SCMP_SYS(socket), 0, UINT32_MAX, AF_NETLINK},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFINDEX},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFNAME},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFCONF},
	{FIRST, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS},
	{LATER, SCMP_SYS(mmap), 2, PROT_EXEC, 0},
	{LATER, SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
	{LATER, SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
};

static int add_calls(scmp_filter_ctx filter, enum span span)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(calls) && !rc; i++)
		if (calls[i].span & span)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					      calls[i].number, 0);
	for (size_t i = 0; i < COUNT(uses) && !rc; i++) {
		const struct use *u = &uses[i];

		if (u->span & span)
			rc = seccomp_rule_add(
				filter, SCMP_ACT_ALLOW, u->number, 1,
				SCMP_CMP(u->arg, SCMP_CMP_MASKED_EQ, u->mask,
					 u->value));
	}
	return rc;
}

static bool has_filters(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static int close_calls(enum span span, struct failure *f)
{
	scmp_filter_ctx filter;
	int rc = -ENOMEM;

	if (!has_filters())
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (filter) {
		/* It is there, and prctl(2) may not be any more. */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
		if (!rc)
			rc = add_calls(filter, span);
		if (!rc)
			rc = seccomp_load(filter);
		seccomp_release(filter);
	}
	return rc ? fail(f, REASON_INTERNAL, "seccomp: %s", strerror(-rc)) : 0;
}

/* ---- both ---- */

int sandbox_enter(struct failure *f)
{
	return close_files(f) < 0 ? -1 : close_calls(FIRST, f);
}

int sandbox_narrow(struct failure *f)
{
	return close_calls(LATER, f);
}

const char *sandbox_lacks(char *out, size_t size)
{
	bool filters = has_filters(), landlock = landlock_abi() > 0;

	snprintf(out, size, "%s%s%s", filters ? "" : "seccomp filters",
		 filters || landlock ? "" : " and no ",
		 landlock ? "" : "Landlock");
	return out;
}
