#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 ---------------- 10.9.0.2 server, sshd, stock
#     sshdial call gate                deaf: nobody reads port 9
#
# test: how connections of forwarded ports end: by whom, and what the other
# test: side sees of it
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair
forward_pl() { # HOST WORD...
	on "$1" perl "$REPO/tests/lib/forward.pl" "${@:2}"
}
online() {
	QUIET=1 on client sshdial status "$1" | grep -q online
}
call() { # NAME
	daemon "$1" on client sshdial call "$1"
	wait_for 10 "$1 is online" online "$1"
}
open_are() { # N: connections of all ports of gate
	[[ $(QUIET=1 on client sshdial status --json gate |
		jq '[.forwards[].open] | add') == "$1" ]]
}
says() { # NAME TEXT
	grep -q "$2" "$OUT/$1.log"
}
for name in client server; do
	daemon "deaf-$name" on "$name" perl "$REPO/tests/lib/answer.pl" 9 \
		sleep 1000
	wait_for 5 "$name has a deaf port" listens "$name" 9
done
far_peer gate 'ppp no' 'forward-local 7009:localhost:9' \
	'forward-remote 7010:localhost:9' 'redial-min 200ms'
call gate

note "--- a client that resets while nobody takes what it has sent"
mkfifo /srv/go
exec {GO}<>/srv/go
resets() { # HOST PORT
	daemon "resets-$1" on "$1" sh -c "exec perl \
		'$REPO/tests/lib/forward.pl' reset 8 localhost $2 </srv/go"
	wait_for 15 "it has sent" says "resets-$1" 'they are full'
	wait_for 3 "they are open" open_are 8
	echo >&"$GO"
	wait_for 3 "they are closed" open_are 0
}
resets client 7009
