#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client  sshdial call far ------------- sshd 22  server
#             session, killed; session, killed; session
#
# test: each session is executed: its address space is unlike that of the
# test: supervisor and of the session before, it has none of its parent's
# test: environment and descriptors, and a program that is replaced goes on;
# test: nobody starts one with rights of another account
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far_peer far "remote-command printf '\\176\\377\\175\\043'; exec cat" \
	'pppd /etc/sshdial/pppd' 'redial-min 300ms'
is 2 "$(cat /proc/sys/kernel/randomize_va_space)" "randomize_va_space"

# maps PID: where the program, libc, the stack and the heap of a process are
maps() {
	awk -v OFS=' ' '
		$6 ~ /\/sshdial( |$)/ && !program++ { print "program", $1 }
		$6 ~ /\/libc\.so/ && !libc++ { print "libc", $1 }
		$6 ~ /\/libssh2\.so/ && !libssh2++ { print "libssh2", $1 }
		$6 == "[stack]" || $6 == "[heap]" && !heap++ { print $6, $1 }
	' "/proc/$1/maps"
}
session_other_than() { # PID
	session=$(pgrep -x sshdial-session) && [[ $session != "$1" ]] &&
		online
}
online() { QUIET=1 on client sshdial status far | grep -q online; }

daemon call on client env SECRET=of-the-parent HOME=/root \
	RES_OPTIONS=attempts:2 sshdial call far
wait_for 10 "the link is up" session_other_than 0
supervisor=$(pgrep -P "$(pid_of call)" -x sshdial || pid_of call)
seen=$(maps "$supervisor")
is 5 "$(wc -l <<<"$seen")" "what was found of the supervisor"

note "--- address spaces"
for n in 1 2 3; do
	echo "session $session"
	its=$(maps "$session")
	echo "$its"
	is 5 "$(wc -l <<<"$its")" "what was found of session $n"
	is '' "$(grep -Fx -f <(echo "$seen") <<<"$its" || true)" \
		"what session $n has at the same place as a process before"
	seen+=$'\n'$its
	((n < 3)) || break
	kill -KILL "$session"
	wait_for 10 "there is another session" session_other_than "$session"
done

note "--- what it has of its parent's"
is 'RES_OPTIONS=attempts:2' "$(tr '\0' '\n' <"/proc/$session/environ")" \
	"environment"
is 'sshdial-session far' "$(tr '\0' ' ' <"/proc/$session/cmdline" |
	sed 's/ $//')" "command line"
is '' "$(find "/proc/$session/fd" "/proc/$supervisor/fd" \
	-lname '*sshdial-plan*')" "descriptors of the plan"
is '' "$(grep sshdial-plan "/proc/$session/maps" \
	"/proc/$supervisor/maps" || true)" "mappings of the plan"
while read -r fd to; do
	case $to in
	socket:* | /dev/null | anon_inode:* | /dev/ptmx | /dev/pts/ptmx) ;;
	*) fail "the session has descriptor $fd: $to" ;;
	esac
done < <(find "/proc/$session/fd" -type l -printf '%f %l\n')

note "--- the program is replaced"
mv /usr/local/sbin/sshdial /usr/local/sbin/older
printf '#!/bin/sh\nexit 1\n' >/usr/local/sbin/sshdial
chmod 755 /usr/local/sbin/sshdial
rm /usr/local/sbin/older
kill -KILL "$session"
ups() { (($(grep -c ': up: ' "$OUT/call.log") >= 4)); }
wait_for 10 "a fourth session is up" ups
like ' \(deleted\)$' "$(readlink "/proc/$(pgrep -x sshdial-session)/exe")" \
	"its program"
stop call
rm /usr/local/sbin/sshdial
install -m 755 "$SSHDIAL" /usr/local/sbin/sshdial

note "--- started by hand"
for fds in '' '3</dev/null 4</dev/null'; do
	rc=0
	said=$(on client bash -c "exec -a sshdial-session sshdial far $fds" \
		2>&1) || rc=$?
	is 2 "$rc" "status"
	is 'sshdial-session: only sshdial itself can start this program' \
		"$said" "what it says"
done

note "--- started by somebody else, with rights that are not theirs"
install -m 4755 "$SSHDIAL" /usr/local/sbin/with-rights
cat >/srv/by-hand <<'EOT'
import fcntl, os, socket, sys
ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
plan = os.memfd_create("plan", os.MFD_ALLOW_SEALING)
fcntl.fcntl(plan, fcntl.F_ADD_SEALS, 15)
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (its.fileno(), plan)]
for to, fd in zip((3, 4), high):
    os.dup2(fd, to)
os.execv(sys.argv[1], ["sshdial-session", "far"])
EOT
rc=0
said=$(on client setpriv --reuid alice --regid alice --init-groups \
	python3 /srv/by-hand /usr/local/sbin/with-rights 2>&1) || rc=$?
is 'sshdial-session: only sshdial itself can start this program' \
	"$said" "what it says"
is 2 "$rc" "status"
rm /usr/local/sbin/with-rights
nothing_left client
