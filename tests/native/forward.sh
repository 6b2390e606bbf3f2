#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server 10.9.1.1 -------- 10.9.1.2 web
#     sshdial call gate        sshd, stock                       a third host
#     intranet: port 80
#
# test: forwarded ports without PPP: the seed document's examples, many at
# test: once, half-close, stalled ones, what the server refuses, and redial
# limit: 150
. "$REPO/tests/lib/lib.sh"

dial_pair 'GatewayPorts clientspecified'
host web
link server 10.9.1.1/24,fd19::1/64 web 10.9.1.2/24,fd19::2/64

web_server() { # HOST PORT TEXT
	put "$1" /etc/sshdial/www/index.html <<<"$3"
	daemon "web-$1" on "$1" busybox httpd -f -p "$2" -h /etc/sshdial/www
	wait_for 5 "$1 serves port $2" listens "$1" "$2"
}
printf '%s\n' '10.9.0.1 client' '10.9.1.2 www' >>/etc/hosts
hung() { # PORT: how many are connected to it, here
	ss -N client -Htn state established "sport = :$1" | wc -l
}
web_server web 80 'the third host'
web_server client 80 'the intranet'
daemon echo on web perl "$REPO/tests/lib/forward.pl" echo :: 7
daemon echo-client on client perl "$REPO/tests/lib/forward.pl" echo :: 7
wait_for 5 "echo" listens web 7
wait_for 5 "echo" listens client 7

get() { # HOST ADDRESS PORT: what the web server there says
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" &&
		printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' \
		get "$2" "$3" | sed '1,/^\r$/d'
}
refused() { # HOST ADDRESS PORT: there is nobody, or one who hangs up
	local rc=0
	get "$@" >/tmp/.get || rc=$?
	((rc && rc != 124)) && [[ ! -s /tmp/.get ]]
}
online() {
	QUIET=1 on client sshdial status "$1" | grep -q online
}
call() { # NAME
	daemon "$1" on client sshdial call "$1"
	wait_for 10 "$1 is online" online "$1"
}

says() { # NAME TEXT
	log_of "$1" | grep -q "$2"
}

note "--- the document's examples"
far_peer gate 'ppp no' \
	'forward-local 4321:10.9.1.2:80' \
	'forward-local *:4322:10.9.1.2:80' \
	'forward-local 7007:10.9.1.2:7' \
	'forward-local [::1]:4323:[fd19::2]:80' \
	'forward-remote 9030:localhost:80' \
	'forward-remote *:9031:10.9.0.1:80' \
	'forward-remote 0:localhost:7' \
	'redial-min 200ms'
call gate
is 'the third host' "$(get client 127.0.0.1 4321)" "4321"
is 'the third host' "$(get client ::1 4321)" "4321 by IPv6"
is 'the third host' "$(get client ::1 4323)" "4323"
refused server 10.9.0.1 4321
is 'the third host' "$(get server 10.9.0.1 4322)" "4322 as a gateway"
is 'the intranet' "$(get server 127.0.0.1 9030)" "9030"
refused web 10.9.1.1 9030
is 'the intranet' "$(get web 10.9.1.1 9031)" "9031 on another interface"
# the document's inetd line: port 80 there leads to the high port
daemon inetd on server perl "$REPO/tests/lib/answer.pl" 80 \
	nc -w 3 127.0.0.1 9030
wait_for 5 "the redirection" listens server 80
is 'the intranet' "$(get web 10.9.1.1 80)" "a low port, redirected"

note "--- the status has them"
json() { # FILTER
	QUIET=1 on client sshdial status --json gate | jq -c "$1"
}
port=$(sed -n 's/.*forward-remote 0:.*listens on port //p' "$OUT/gate.log")
is "[\"up\",$port,0,0]" \
	"$(json '.forwards[-1] | [.state, .port, .open, .sent]')" "port 0"
is true "$(json '.forwards[0].received > 10')" "bytes of 4321"
is null "$(json .pppd_pid)" "pppd"

note "--- 200 at once"
is 'right 200 wrong 0' "$(on client perl "$REPO/tests/lib/forward.pl" \
	many 200 200000 localhost 7007)" "200 connections"
is 'right 200 wrong 0' "$(on server perl "$REPO/tests/lib/forward.pl" \
	many 200 200000 localhost "$port")" "200 connections from there"

note "--- more than there may be: 256 at a time, and those that are over make
room"
refuses_some() { # HOST PORT
	local right wrong
	read -r _ right _ wrong < <(on "$1" perl "$REPO/tests/lib/forward.pl" \
		many 300 1000 localhost "$2")
	note "$right of 300 connections were served"
	((right >= 256 && wrong > 0 && right + wrong == 300)) ||
		fail "of 300 connections: $right right, $wrong wrong"
}
refuses_some client 7007
refuses_some server "$port"

note "--- the end of one side is not the end of the other"
random_file /srv/part 5M 3
cp /srv/part /srv/same
on client nc -N 127.0.0.1 7007 </srv/part | cmp - /srv/same
on server nc -N 127.0.0.1 "$port" </srv/part | cmp - /srv/same

note "--- one that nobody reads does not stop another"
random_file /srv/big 60M 4
put web /etc/sshdial/give 755 <<<'#!/bin/sh
exec cat /srv/big'
daemon give on web perl "$REPO/tests/lib/answer.pl" 9 /etc/sshdial/give
daemon give-client on client perl "$REPO/tests/lib/answer.pl" 9 cat /srv/big
wait_for 5 "it gives" listens web 9
wait_for 5 "it gives" listens client 9
note "--- a target that does not answer does not stop others for long"
ip -n server neigh add 10.9.1.99 lladdr 02:00:00:00:00:99 dev eth1
far_peer dead 'ppp no' 'connect-timeout 8s' 'forward-local 7099:10.9.1.99:80' \
	'forward-local 7080:10.9.1.2:80' 'forward-local 7081:www:80' \
	'forward-remote 7082:client:80'
call dead
both_hang() {
	(($(hung 7099) == 2))
}
beside_dead() { # LIMIT: another port while somebody waits for the dead one
	local start=${EPOCHREALTIME/./}
	is 'the third host' "$(get client 127.0.0.1 7080)" "beside a dead one"
	((${EPOCHREALTIME/./} - start < $1 * 1000000)) ||
		fail "it took longer than $1 s"
}
daemon dead-1 on client nc 127.0.0.1 7099
daemon dead-2 on client nc 127.0.0.1 7099
wait_for 2 "both were accepted" both_hang
beside_dead 3
ended_within dead-1 1
ended_within dead-2 1 # it does not get a wait of its own
refused client 127.0.0.1 7099
is 0 "$(hung 7099)" "connections to a dead target"
is 'the third host' "$(get client 127.0.0.1 7081)" "a name for the server"
is 'the intranet' "$(get server 127.0.0.1 7082)" "a name for us"
is 'the intranet' "$(get server 127.0.0.1 7082)" "again"

session() {
	pgrep -x sshdial-session
}
far_peer big 'ppp no' 'forward-local 7009:10.9.1.2:9' \
	'forward-remote 7010:localhost:9' 'redial-min 200ms'
call big
stalled() { # HOST PORT
	# shellcheck disable=SC2016 # expanded over there
	daemon "stalled-$1" on "$1" bash -c \
		'exec 3<>"/dev/tcp/127.0.0.1/$0"; exec sleep 1000' "$2"
}
stalled client 7009
stalled server 7010
sleep 1
on client nc -d 127.0.0.1 7009 | cmp - /srv/big
on server nc -d 127.0.0.1 7010 | cmp - /srv/big
rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$(pgrep -xn sshdial-session)/status")
((rss < 32000)) || fail "the session has $rss kB, with 4 MB stalled"
stop stalled-client
stop stalled-server
stop big

note "--- a dead target is tried again, with less time"
tried_again() {
	QUIET=1 on client timeout 0.3 nc 127.0.0.1 7099
	(($? == 124))
}
wait_for 15 "somebody is accepted again" tried_again
beside_dead 3
wait_for 5 "the pause is longer" says dead 'port 80 in time; .* for 20s'
stop dead

note "--- no session, no connection; the next session's work"
# shellcheck disable=SC2016 # expanded over there
daemon reader on client bash -c 'exec 3<>/dev/tcp/127.0.0.1/7007
	echo open >&3; cat <&3'
wait_for 5 "a connection is open" grep -q open "$OUT/reader.log"
old=$(session)
stop sshd-server
kill -KILL "$old"
ended_within reader 5
is $'open\ncat: -: Connection reset by peer' "$(log_of reader)" "what had come"
wait_for 5 "the session is gone" is_gone "$old"
refused client 127.0.0.1 4321
sshd_start server 'GatewayPorts clientspecified'
wait_for 20 "gate is online again" online gate
is 'the third host' "$(get client 127.0.0.1 4321)" "4321 after a redial"
is 'the intranet' "$(get web 10.9.1.1 9031)" "9031 after a redial"
is 'the intranet' "$(get server 127.0.0.1 9030)" "9030 after a redial"

note "--- a port that another session still has"
daemon ghost on client ssh -N -R 9040:localhost:7 -i /etc/sshdial/id_ed25519 \
	-o UserKnownHostsFile=/etc/sshdial/known_hosts alice@10.9.0.2
wait_for 5 "the other session has it" listens server 9040
far_peer late 'ppp no' 'forward-remote 9040:localhost:80'
call late
wait_for 5 "the log says so" says late \
	'warning: forward-remote 9040:.*does not give port 9040'
stop ghost
wait_for 10 "the port is taken" says late \
	'forward-remote 9040:.*: port 9040 at the server is ours again'
is 1 "$(log_of late | grep -c 'does not give port 9040')" "times it said so"
is 'the intranet' "$(get server 127.0.0.1 9040)" "9040"
stop late

note "--- ended in good order, with connections open"
stalled client 4321
sleep 0.2
stop gate
stop stalled-client
nothing_left client
refused client 127.0.0.1 4321

note "--- ports that are not to be had"
far_peer low 'ppp no' 'forward-local 80:localhost:22'
ends 1 '^sshdial.low.: forward: forward-local 80:localhost:22: cannot listen on port 80: Address already in use$' \
	on client sshdial call low

note "--- what the server refuses"
key_make /root/keys/limited
put client /etc/sshdial/limited 600 </root/keys/limited
authorize alice /root/keys/limited.pub \
	'restrict,port-forwarding,permitopen="10.9.1.2:80",permitopen="10.9.1.2:1",permitlisten="9999"'
far_peer limited 'ppp no' 'identity /etc/sshdial/limited' \
	'forward-local 4321:10.9.1.2:80' 'forward-local 4322:10.9.1.2:7' \
	'forward-local 4323:10.9.1.2:1' \
	'forward-remote 9030:localhost:80' 'forward-remote 930:localhost:80'
call limited
is 'the third host' "$(get client 127.0.0.1 4321)" "permitted"
refused client 127.0.0.1 4322
refused client 127.0.0.1 4323
like 'forward-local 4322:10.9.1.2:7: the server refused it: administratively prohibited ' \
	"$(log_of limited)" "the log"
like 'forward-local 4323:10.9.1.2:1: the server could not connect to 10.9.1.2 port 1: connect failed' \
	"$(log_of limited)" "the log"
like 'forward-remote 9030:localhost:80: the server refused it: .* \(AllowTcpF' \
	"$(log_of limited)" "the log"
like '930:localhost:80: the server refused it: .* \(a port below 1024 is root' \
	"$(log_of limited)" "the log"
is 'the third host' "$(get client 127.0.0.1 4321)" "permitted"
stop limited
nothing_left client
