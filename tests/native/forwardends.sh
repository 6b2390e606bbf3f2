#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 ---------------- 10.9.0.2 server, sshd, stock
#     sshdial call gate                7: gives a million bytes, later the end
#     7: takes what comes              9: reads nothing
#     9: reads nothing
#
# test: how connections of forwarded ports end: by whom, and what the other
# test: side sees of it
# limit: 90
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
answer() { # HOST PORT CMD...
	daemon "$1-$2" on "$1" perl "$REPO/tests/lib/answer.pl" "${@:2}"
	wait_for 5 "$1 has port $2" listens "$1" "$2"
}
put server /etc/sshdial/give 755 <<'END'
#!/bin/sh
head -c 1000000 /dev/zero
until [ -e /srv/all ]; do sleep 0.1; done
END
put client /etc/sshdial/take 755 <<END
#!/bin/sh
exec perl $REPO/tests/lib/forward.pl read >/srv/taken
END
answer server 7 /etc/sshdial/give
answer client 7 /etc/sshdial/take
answer server 9 sleep 1000
answer client 9 sleep 1000
far_peer gate 'ppp no' 'forward-local 7007:localhost:7' \
	'forward-remote 7008:localhost:7' 'forward-local 7009:localhost:9' \
	'forward-remote 7010:localhost:9' 'redial-min 200ms'
call gate

# Its limit is over last.
ip -n server neigh add 10.9.0.99 lladdr 02:00:00:00:00:99 dev eth0
far_peer patient 'ppp no' 'connect-timeout 2m' 'forward-local 7099:10.9.0.99:9'
call patient
daemon waits on client nc localhost 7099

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

note "--- what a session's end cuts off was not all, and here that is seen"
ended_by() { # CMD...: that end the session
	: >/srv/taken
	daemon reads on client perl "$REPO/tests/lib/forward.pl" read \
		localhost 7007
	daemon sends on server bash -c \
		'exec 3<>/dev/tcp/127.0.0.1/7008; echo bytes >&3; sleep 1000'
	wait_for 5 "they are open" open_are 2
	sleep 0.5
	"$@"
	ended_within reads 5
	stop sends
	is '1000000 bytes, Connection reset by peer' "$(log_of reads)" \
		"what a client sees"
	wait_for 5 "the target has seen its end" test -s /srv/taken
	is '6 bytes, Connection reset by peer' "$(</srv/taken)" \
		"what a target sees"
	rm "$OUT/reads.log"
	wait_for 10 "gate is online again" online gate
}
killed() {
	kill -KILL "$(QUIET=1 on client sshdial status --json gate |
		jq .session_pid)"
}
ended_by on client sshdial redial gate
ended_by killed

note "--- what was all is seen as all"
touch /srv/all
is '1000000 bytes, the end' "$(forward_pl client read localhost 7007)" \
	"what a client sees"
: >/srv/taken
on server nc -N localhost 7008 <<<bytes
wait_for 5 "the target has seen its end" test -s /srv/taken
is '6 bytes, the end' "$(</srv/taken)" "what a target sees"
stop gate

note "--- the server closes the channel that keeps the connection"
far_peer kept 'ppp no' 'forward-local 7007:localhost:7' 'redial-min 200ms' \
	'keepalive-interval 500ms'
printf 0 >/srv/closes
daemon kept on client env \
	LD_PRELOAD="$REPO/build/tests/preload/closes.so" sshdial call kept
wait_for 10 "kept is online" online kept
printf 1 1<>/srv/closes
wait_for 3 "that is the reason" says kept \
	'link-lost: the server closed the channel that keeps the connection'
printf 0 1<>/srv/closes
wait_for 5 "kept is online again" online kept
is '1000000 bytes, the end' "$(forward_pl client read localhost 7007)" "a client"
stop kept

note "--- a long connect-timeout is no error of libssh2's"
wait_for 55 "the limit is over" says patient \
	'did not connect to 10.9.0.99 port 9 in time'
ended_within waits 1
stop patient
nothing_left client
