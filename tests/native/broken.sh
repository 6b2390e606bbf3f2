#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 ---------------------- 10.9.0.2 server
#     sshdial                                sshd on 22
#                                            proxy.pl on 2022, before it
#
# test: a session that breaks off ends everything that hung on it, and nothing
# test: of that looks like an end in good order
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair 'X11Forwarding yes'
known_hosts '[10.9.0.2]:2022' |
	QUIET=1 on client sh -c 'cat >>/etc/sshdial/known_hosts'
mkdir /srv/proxy
daemon proxy on server perl "$REPO/tests/lib/proxy.pl" 2022 127.0.0.1 22 \
	/srv/proxy
wait_for 5 "the proxy" listens server 2022
junk() { # no packet of SSH
	head -c 4096 /dev/zero | tr '\0' '\377' >/srv/proxy/.new
	mv /srv/proxy/.new /srv/proxy/junk
}

note "--- exec -X, whose command has ended and whose window is open"
daemon display on client nc -klU /srv/display
wait_for 5 "the display" test -e /srv/display
chmod 666 /srv/display
daemon left on client env DISPLAY=/srv/display sshdial exec -X -p 2022 far \
	'echo is on; until [ -e /srv/go ]; do sleep 0.1; done; exit 7'
is_on() {
	grep -q 'is on' "$OUT/left.log"
}
window_open() {
	[[ -n $(ss -N client -Hx state connected src /srv/display) ]]
}
far_command_over() {
	! pgrep -u alice -f 'exit 7'
}
wait_for 5 "the far command runs" is_on
daemon window on server nc -d localhost 6010
wait_for 5 "the window is here" window_open
touch /srv/go
wait_for 5 "the command has ended" far_command_over
sleep 0.5
alive left || fail "it has not waited for the window"
junk
ended_within left 3
is 7 "$STATUS" "status"

note "--- somebody who connects to the display and says nothing"
daemon silent on client env DISPLAY=/srv/display sshdial exec -X far 'sleep 54'
wait_for 5 "the display is there" listens server 6010
# shellcheck disable=SC2016 # expanded over there
daemon says-nothing on server bash -c 'since=$SECONDS
	nc -d localhost 6010
	echo $((SECONDS - since)) >/srv/seconds'

note "--- exec --shared, whose client is gone before the server has answered"
far_peer held 'ppp no' 'port 2022' 'forward-local 7001:localhost:1' \
	'log-level debug' 'keepalive-interval 0'
state() { # FIELD
	QUIET=1 on client sshdial status --json held 2>/dev/null | jq -r ".$1"
}
online() {
	[[ $(state state) == online ]]
}
daemon held on client sshdial call held
wait_for 10 "held is online" online
descriptors() {
	local all=("/proc/$(state session_pid)/fd"/*)
	echo ${#all[@]}
}
before=$(descriptors)
touch /srv/proxy/down
daemon client on client sshdial exec --shared held 'sleep 53'
asked() {
	(($(descriptors) == before + 3))
}
wait_for 5 "the session has it" asked
sleep 0.2
touch /srv/proxy/up
rm /srv/proxy/down
has_begun() {
	grep -q 'exec --shared: sleep 53' "$OUT/held.log"
}
wait_for 5 "it has begun" has_begun
stop client KILL
let_go() {
	(($(descriptors) == before))
}
wait_for 2 "the session has let go of it" let_go
rm /srv/proxy/up
is alice "$(QUIET=1 on client sshdial exec --shared held id -un)" "another"
pkill -fx 'sleep 53' || true

note "--- exec --shared, for which the session has no descriptors left"
session=$(state session_pid)
setpriv --reuid sshdial --regid sshdial --clear-groups \
	prlimit --pid "$session" --nofile=$((before + 1))
is alice "$(QUIET=1 on client sshdial exec --shared held id -un)" "its own"
is "$session" "$(state session_pid)" "the session"
stop held

note "--- the silent one is refused"
ended_within says-nothing 12
(($(cat /srv/seconds) >= 9)) || fail "it got too little time"
like 'X11: a program at the far end that showed no cookie in time was refused' \
	"$(log_of silent)" "log"
stop silent INT
stop display
nothing_left client
