#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server 10.9.1.1 -------- 10.9.1.2 web
#     sshdial call gate        sshd, no passwords                ports 80, 81
#                              ports 143, 8080 on loopback
#
# test: key lines for accounts that may forward ports and nothing else, those
# test: of the document and a stricter one: what they permit works with ppp no,
# test: the command of the line does not run, and nothing else is to be had
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair 'PasswordAuthentication no'
host web
link server 10.9.1.1/24 web 10.9.1.2/24
serve() { # HOST PORT [ADDRESS]: says its number
	put "$1" "/etc/sshdial/www$2/index.html" <<<"port $2"
	daemon "web$2" on "$1" busybox httpd -f -p "${3:+$3:}$2" \
		-h "/etc/sshdial/www$2"
	wait_for 5 "port $2 is served" listens "$1" "$2"
}
serve web 80
serve web 81
serve server 143 127.0.0.1
serve server 8080 127.0.0.1
get() { # HOST PORT [ADDRESS]
	QUIET=1 on "$1" timeout 5 busybox wget -qO- \
		"http://${3:-127.0.0.1}:$2/" 2>/dev/null
}
online() {
	QUIET=1 on client sshdial status gate | grep -q online
}
far_processes() {
	pgrep -u alice -a | grep -v '^[0-9]* sshd:' || true
}
nobody_there() {
	[[ -z $(far_processes) ]]
}
line() { # OPTIONS: of alice's key
	rm /home/alice/.ssh/authorized_keys
	authorize alice /root/keys/id_ed25519.pub "$1"
}
forwards_only() { # OPTIONS
	note "--- $1"
	line "$1"
	daemon gate on client sshdial call gate
	wait_for 10 "gate is online" online
	is 'port 80' "$(get client 4321)" "a permitted port"
	is 'port 8080' "$(get client 4322)" "the other"
	fails_with 1 get client 4323 # web's 81
	fails_with 1 get client 143
	is '' "$(far_processes)" "what runs as alice there"
	like 'forward-local 4323:.*: the server refused it: administratively' \
		"$(log_of gate)" "its log"
	stop gate
	rm "$OUT/gate.log"
	unlike 'uid=' "$(on client timeout 2 sshdial exec gate id </dev/null 2>&1 ||
		true)" "a command"
	pkill -KILL -u alice || true # exec has started the line's own
	wait_for 5 "nothing runs as alice" nobody_there
}

far_peer gate 'ppp no' 'forward-local 4321:10.9.1.2:80' \
	'forward-local 4322:127.0.0.1:8080' 'forward-local 4323:10.9.1.2:81' \
	'forward-local *:143:localhost:143'
readonly OPEN='permitopen="10.9.1.2:80",permitopen="127.0.0.1:8080"'
forwards_only "command=\"/bin/cat\",$OPEN"
forwards_only "command=\"/bin/sleep 2000d\",$OPEN"
forwards_only "command=\"while :;do date;sleep 10;done\",$OPEN"
forwards_only "restrict,port-forwarding,command=\"false\",$OPEN"

note "--- without permitopen; a low port for all, as -g -L 143:localhost:143"
line 'command="/bin/cat"'
daemon gate on client sshdial call gate
wait_for 10 "gate is online" online
is 'port 143' "$(get client 143)" "here"
is 'port 143' "$(get server 143 10.9.0.1)" "from another host"
is 'port 81' "$(get client 4323)" "a port that was not permitted"
stop gate

note "--- a loop as a keepalive: a program that reads it still gets it"
line 'command="while :;do date +beat;sleep 0.2;done"'
is 'beat beat beat' "$(on client sshdial exec gate 2>/dev/null | head -n 3 |
	xargs)" "what the loop says"
nothing_left client
