#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: redial-first, max-redials and max-lifetime end it, with their exit
# test: status; SIGHUP and `redial' mean now and SIGTERM the end in each state
# limit: 150
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

far_pair <<'LINES'
remote-command false
redial-min 30s
redial-max 60s
LINES
far_command "$FAR_SEED"
before=$(footprint client)

# ends_by NAME STATUS REGEX SECONDS: by itself, and what the last line says
ends_by() {
	ended_within "$1" "$4"
	is "$2" "$STATUS" "exit status of $1, after: $(log_of "$1")"
	like "^sshdial\[$1\]: $3" "$(tail -n 1 "$OUT/$1.log")" "the last line"
	nothing_left client
	is "$before" "$(footprint client)" "what is there at the client"
}

# mode_of NAME LINE...: far's server and account with these lines
mode_of() {
	printf '%s\n' 'server 10.1.0.2' 'ppp-user pppuser' \
		'identity /root/.ssh/id_ed25519' 'remote-command false' \
		"${@:2}" | peer client "$1"
	before=$(footprint client)
}

note "--- redial-first no, and nobody listens"
mode_of first 'redial-first no'
daemon first on client sshdial call first
ends_by first 1 'connect: cannot connect to 10.1.0.2 port 22: .*refused' 5

note "--- max-redials 3"
mode_of three 'max-redials 3' 'redial-min 100ms' 'redial-max 200ms'
daemon three on client sshdial call three
ends_by three 6 '.*refused' 10
is 4 "$(tries_of three)" "sessions"

sshd_start server
note "--- max-lifetime 6s"
mode_of lifetime 'max-lifetime 6s'
far_up lifetime sshdial call lifetime
ends_by lifetime 0 'asked: ended after max-lifetime|ended after max-lifetime' 12

# now_by NAME: makes it dial now, once by each way; the state is WHAT
now_by() {
	local begun way
	for way in HUP redial; do
		"$2" "$1"
		begun=$(tries_of "$1")
		if [[ $way == HUP ]]; then
			kill -HUP "$(pid_of "$1")"
		else
			ok on client sshdial redial "$1"
		fi
		wait_for 5 "$way: the next try" says "$1" ': resolve: ' \
			$((begun + 1))
	done
}

# ended_by_term NAME MS
ended_by_term() {
	stop "$1" TERM "$2"
	is 0 "$STATUS" "exit status"
	like 'ended as asked' "$(tail -n 1 "$OUT/$1.log")" "the last line"
	nothing_left client
	is "$before" "$(footprint client)" "what is there at the client"
}

note "--- online"
mode_of online
far_up online sshdial call online
is_online() {
	wait_for 10 "it is online" state_is "$1" online
}
state_is() { # PEER STATE
	local line
	line=$(on client sshdial status "$1" || true)
	[[ $line == *"$1 "*" $2 "* ]]
}
now_by online is_online
is_online online
ended_by_term online 5

note "--- dialing a server that says nothing"
stop sshd-server
daemon silent on server nc -k -l 10.1.0.2 22
wait_for 5 "a silent server listens" listens server 22
mode_of dialing
daemon dialing on client sshdial call dialing
is_dialing() {
	wait_for 5 "it waits for the server" tail_is "$1" ': connect: '
}
tail_is() {
	tail -n 1 "$OUT/$1.log" | grep -q "$2"
}
is_dialing dialing
now_by dialing is_dialing
is_dialing dialing
ended_by_term dialing 2
stop silent

note "--- held, and waiting for 30 s"
sshd_start server
mode_of held 'redial-min 30s' 'redial-max 60s'
far_up held sshdial call held
stop sshd-server
cut_session
is_waiting() {
	wait_for 5 "it waits" tail_is "$1" 'next try in [2-6][0-9]'
	wait_for 5 "pppd is held" state_is "$1" held
}
now_by held is_waiting
is_waiting held
ended_by_term held 2

note "--- down, and waiting"
mode_of down 'redial-min 30s' 'redial-max 60s'
daemon down on client sshdial call down
is_down() {
	wait_for 5 "it waits" tail_is "$1" 'next try in [2-6][0-9]'
	wait_for 5 "there is no pppd" state_is "$1" down
}
now_by down is_down
is_down down
ended_by_term down 2
