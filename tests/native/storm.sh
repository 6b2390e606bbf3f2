#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                            server
#     sshdial pipe far,                 sshd, and a far command that fails;
#     a fifo as its line                at times nobody, who refuses
#     eth0 10.9.0.1 ------------- 10.9.0.2 eth0
#
# test: after 1000 redials a supervisor has the descriptors, the memory and
# test: the children of its start, and has logged a line or two for each
# limit: 300
. "$REPO/tests/lib/lib.sh"

readonly REFUSED=900 LOGINS=100
dial_pair 'MaxStartups 100'
far_peer far 'remote-command false' 'redial-min 10ms' 'redial-max 10ms' \
	'log-level warn'
mkfifo /tmp/.line

field() { # NAME: of its status, which is not 0 where it is not online
	{ QUIET=1 on client sshdial status --json far || true; } | jq -r ".$1"
}
redials() {
	field redials
}
beyond() { # COUNT
	(($(redials) >= $1))
}
fds() {
	find "/proc/$pid/fd" -type l | wc -l
}
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
}
children() { # those of a session that runs are one
	pgrep -c -P "$pid" || true
}
zombies() {
	pgrep -c -r Z -P "$pid" || true
}
# between two sessions: SIGSTOP, then look; with a session it has one more
# descriptor or two
at_rest() {
	[[ $(children) == 0 ]]
}
look() { # WHAT: FDS and RSS of the supervisor between two sessions
	wait_for 10 "between two sessions" at_rest_stopped
	FDS=$(fds) RSS=$(resident)
	is 0 "$(zombies)" "zombies"
	kill -CONT "$pid"
	note "$1: $FDS descriptors, $RSS KiB"
}
at_rest_stopped() {
	kill -STOP "$pid"
	at_rest && return
	kill -CONT "$pid"
	return 1
}

note "--- sshd is there, the far command fails"
daemon pipe on client sh -c 'exec sshdial pipe far <>/tmp/.line >&0'
pid=$(pid_of pipe)
wait_for 20 "20 sessions" beyond 20
look "at the start"
fds=$FDS rss=$RSS
wait_for 200 "$LOGINS logins" beyond "$LOGINS"
note "$WAITED ms"
lines=$(wc -l <"$OUT/pipe.log")
is far-failed "$(field reason)" "the reason"
((lines <= 2 * ($(redials) + 1))) || fail "$lines lines for $(redials) redials"
accepted=$(grep -c 'Accepted publickey' "$OUT/sshd-server.log")
((accepted >= LOGINS)) || fail "only $accepted logins"

note "--- nobody is there"
stop sshd-server
before=$(redials)
wait_for 60 "$REFUSED more are refused" beyond $((before + REFUSED))
note "$WAITED ms"
look "after $(redials) redials"
is "$fds" "$FDS" "descriptors"
((RSS <= rss + 512)) || fail "$rss KiB at the start, $RSS KiB now"
lines=$(wc -l <"$OUT/pipe.log")
count=$(redials)
note "$lines lines of log for $count redials"
((lines <= 2 * (count + 1))) || fail "$lines lines for $count redials"
stop pipe
is 0 "$STATUS" "exit status"
nothing_left client
