#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ----------- a ------------ b ------------ server   sshd on all three
#     10.1.0.1  10.1.0.2 10.2.0.1  10.2.0.2 10.3.0.1  10.3.0.2
#     sshdial call far: hops a and b, ppp no
#     7007 to 7010 ==============================> 7 to 10; 7011 to 9 of b
#     7 to 10 <=================================== 9007 to 9010
#     sshdial exec --shared far CMD
#
# test: forwarded ports and exec --shared through two hops: the bytes, the end
# test: of one side, no login beside the call's own, and all of it again after
# test: the session was cut at each host
# limit: 120
. "$REPO/tests/lib/lib.sh"

readonly ANSWER=$REPO/tests/lib/answer.pl FORWARD=$REPO/tests/lib/forward.pl
chain client a b server
dial_setup 10.1.0.2,10.2.0.2,10.3.0.2
for name in a b server; do
	sshd_start "$name"
done
random_file /srv/big 20M
random_file /srv/part 5M 2

# what each host has: 7 echo, 8 an answer once the other side has ended,
# 9 its name, 10 an end at once, after which it takes what comes
for name in client a b server; do
	daemon "echo-$name" on "$name" perl "$FORWARD" echo :: 7
	daemon "sum-$name" on "$name" perl "$ANSWER" 8 sha256sum
	daemon "name-$name" on "$name" perl "$ANSWER" 9 hostname
	daemon "late-$name" on "$name" perl "$ANSWER" 10 perl -e '$| = 1;
		print "bye\n"; shutdown STDOUT, 1; exec "cat >/srv/late"'
done
for name in client a b server; do
	for n in 7 8 9 10; do
		wait_for 5 "$name has port $n" listens "$name" "$n"
	done
done

far_peer far 'server 10.3.0.2' 'hop 10.1.0.2' 'hop 10.2.0.2' 'ppp no' \
	'redial-min 200ms' 'forward-local 7011:10.3.0.1:9' \
	'forward-local '{7007:localhost:7,7008:localhost:8} \
	'forward-local '{7009:localhost:9,7010:localhost:10} \
	'forward-remote '{9007:localhost:7,9008:localhost:8} \
	'forward-remote '{9009:localhost:9,9010:localhost:10}

field() { # NAME: of far's status
	QUIET=1 on client sshdial status --json far 2>/dev/null | jq -r ".$1"
}
online() { # [SESSION]: another one than that
	[[ $(field state) == online && $(field session_pid) != "${1:-}" ]]
}
logins() { # HOST...: how many each has seen
	local name
	for name; do
		grep -c 'Accepted publickey for alice' "$OUT/sshd-$name.log" ||
			true
	done | xargs
}
far() { # CMD...: over the session
	QUIET=1 on client sshdial exec --shared far "$@"
}
talk() { # HOST PORT: standard input there, and what comes back
	QUIET=1 on "$1" timeout 20 nc -N 127.0.0.1 "$2"
}
many() { # HOST PORT: 20 connections at once
	QUIET=1 on "$1" perl "$FORWARD" many 20 200000 127.0.0.1 "$2"
}
ports_work() {
	is server "$(talk client 7009 </dev/null)" "whose port 7009 leads to"
	is b "$(talk client 7011 </dev/null)" "whose port 7011 leads to"
	is client "$(talk server 9009 </dev/null)" "whose port 9009 leads to"
	many server 9007 >/srv/many &
	is 'right 20 wrong 0' "$(many client 7007)" "connections from here"
	wait $!
	is 'right 20 wrong 0' "$(</srv/many)" "connections from there"
}

note "--- ports, many at once, both ways at the same time"
daemon call on client sshdial call far
wait_for 20 "far is called" online
before=$(logins a b server)
is '1 1 1' "$before" "logins"
ports_work
for name in a b; do
	! listens "$name" 9007 || fail "$name listens, too"
done
is 1 "$(pgrep -cx sshdial-session)" "sessions"

note "--- the end of one side is not the end of the other"
for at in client:70 server:90; do
	host=${at%:*} port=${at#*:}
	talk "$host" "${port}07" </srv/part >/srv/got
	same_file /srv/part /srv/got
	is "$(sha256sum </srv/part)" "$(talk "$host" "${port}08" </srv/part)" \
		"an answer after the end, at $host"
	rm -f /srv/late
	# shellcheck disable=SC2016 # expanded over there
	is bye "$(on "$host" timeout 20 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"
		cat <&3; cat /srv/part >&3' "${port}10")" "what ends first, at $host"
	wait_for 10 "all has come after that" cmp /srv/part /srv/late
done

note "--- commands over the session"
commands_work() {
	is server "$(far hostname)" "the host"
	is "$(sha256sum </srv/big)" "$(far sha256sum </srv/big)" "20 MB up"
	far cat /srv/big </dev/null | cmp - /srv/big
	is "$(sha256sum </srv/big)" "$(far cat </srv/big | sha256sum)" \
		"20 MB both ways at once"
}
commands_work
far 'cat /srv/part >&2 & cat /srv/big; wait' >/srv/out 2>/srv/err </dev/null
same_file /srv/big /srv/out
same_file /srv/part /srv/err
for status in 0 1 7 254; do
	ends "$status" '' far "exit $status"
done
ends 7 '' far 'cat >/dev/null; exit 7' </srv/part
ends 255 'far-failed: the far command was killed by SIGTERM$' far 'kill -TERM $$'
jobs=()
for i in {1..5}; do
	(trap - ERR && far "echo $i; cat; exit $i" </srv/part >"/srv/out.$i") &
	jobs+=($!)
done
is 'right 20 wrong 0' "$(many client 7007)" "connections beside commands"
for i in {1..5}; do
	fails_with "$i" wait "${jobs[i - 1]}"
	cmp "/srv/out.$i" <(echo "$i" && cat /srv/part)
done
is "$before" "$(logins a b server)" "logins: none for any of these"
ok on client sshdial exec far true
is '2 2 2' "$(logins a b server)" "logins, with one of exec without --shared"

# reader NAME HOST PORT: one that stays; it has sent something and got it back
reader() {
	# shellcheck disable=SC2016 # expanded over there
	daemon "$1" on "$2" bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"
		echo open >&3; exec cat <&3' "$3"
	wait_for 5 "a connection is open at $2" grep -q open "$OUT/$1.log"
}
# cut HOST [CMD...]: the processes of its sshd for the session are killed, after
# CMD; what is open ends
cut() {
	local name=$1 monitor n
	daemon "exec-$name" on client sshdial exec --shared far \
		'echo open; exec sleep 100'
	wait_for 5 "a command runs" grep -q open "$OUT/exec-$name.log"
	reader "here-$name" client 7007
	reader "there-$name" server 9007
	SESSION=$(field session_pid)
	monitor=$(pgrep -P "$(pid_of "sshd-$name")")
	"${@:2}"
	kill -KILL "$(pgrep -P "$monitor")" "$monitor"
	for n in here there exec; do
		ended_within "$n-$name" 10
	done
	is 255 "$STATUS" "the command's status"
	like 'link-lost: the session that carried the command has ended' \
		"$(log_of "exec-$name")" "what it says"
}
no_port() { # HOST PORT
	! listens "$@"
}
not_there() { # nobody answers at port 7009
	local rc=0
	talk client 7009 </dev/null >/tmp/.got || rc=$?
	((rc != 124)) && [[ ! -s /tmp/.got ]]
}

note "--- the second hop's connection is killed, and nobody answers there"
supervisor=$(pgrep -x sshdial)
cut b stop sshd-b
wait_for 5 "the server has closed its ports" no_port server 9007
ok not_there
before=$(logins b server)
sshd_start b
wait_for 20 "far is online again" online "$SESSION"
ports_work
commands_work
is '2 2' "$before" "logins while b was away"
is '3 3' "$(logins b server)" "logins after one redial"

note "--- the first hop's, and the server's"
for name in a server; do
	before=$(logins a b server)
	cut "$name"
	wait_for 20 "far is online again" online "$SESSION"
	ports_work
	is server "$(far hostname)" "the host"
	# shellcheck disable=SC2086 # words are meant
	is "$(printf '%s\n' $before | awk '{ print $1 + 1 }' | xargs)" \
		"$(logins a b server)" "logins: one redial"
done
is "$supervisor" "$(pgrep -x sshdial)" "the supervisor"
stop call
is 0 "$STATUS" "status"
nothing_left client
wait_for 5 "the server has closed its ports" no_port server 9007
wait_for 5 "no session is left at a host" no_session alice
