#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 ---------------------- 10.9.0.2 server
#     sshdial call flood                     sshd on 22; proxy.pl on 2022 takes
#                                            nothing, and gives all
#
# test: thousands of connections to a port at the server, while it takes no
# test: answers, end neither the session nor the forwards
# limit: 60
. "$REPO/tests/lib/lib.sh"

MANY=5000
ulimit -n 20000
dial_pair
known_hosts '[10.9.0.2]:2022' |
	QUIET=1 on client sh -c 'cat >>/etc/sshdial/known_hosts'
mkdir /srv/proxy
for name in client server; do
	on "$name" sysctl -qw net.ipv4.tcp_wmem='4096 16384 16384' \
		net.ipv4.tcp_rmem='4096 16384 16384'
done
daemon proxy on server perl "$REPO/tests/lib/proxy.pl" 2022 127.0.0.1 22 \
	/srv/proxy
wait_for 5 "the proxy" listens server 2022
daemon echo on client perl "$REPO/tests/lib/forward.pl" echo :: 7
wait_for 5 "echo" listens client 7
far_peer flood 'ppp no' 'port 2022' 'forward-remote 7010:localhost:7' \
	'forward-local 7009:localhost:9' 'keepalive-interval 0' \
	'redial-min 200ms'
state() { # FIELD
	QUIET=1 on client sshdial status --json flood | jq -r ".$1"
}
online() {
	[[ $(state state) == online ]]
}
daemon deaf on server perl "$REPO/tests/lib/answer.pl" 9 \
		sh -c 'cat >/dev/null'
wait_for 5 "somebody reads" listens server 9
daemon flood on client sshdial call flood
wait_for 10 "flood is online" online
session=$(state session_pid)
is 'right 20 wrong 0' "$(on server perl "$REPO/tests/lib/forward.pl" \
	many 20 20000 localhost 7010)" "before"

daemon bulk on client sh -c 'exec nc localhost 7009 </dev/zero'
bulk_runs() {
	(($(state 'forwards[0].sent') > 100000))
}
wait_for 5 "the ring is filled" bulk_runs
touch /srv/proxy/up
mkfifo /srv/go
exec {GO}<>/srv/go
daemon many on server sh -c "exec perl '$REPO/tests/lib/forward.pl' \
	flood $MANY localhost 7010 </srv/go"
all_open() {
	grep -q 'they are open' "$OUT/many.log"
}
wait_for 30 "$MANY connections" all_open
spent() { # ticks of the session's processor time
	awk '{ print $14 + $15 }' "/proc/$session/stat"
}
sleep 1
before=$(spent)
sleep 1
(($(spent) - before < 30)) || fail "it does not wait in peace"
is "$session" "$(state session_pid)" "the session"
rm /srv/proxy/up
echo >&"$GO"
ended_within many 10
served() {
	[[ $(QUIET=1 on server perl "$REPO/tests/lib/forward.pl" \
		many 20 20000 localhost 7010) == 'right 20 wrong 0' ]]
}
wait_for 20 "connections are served again" served
is "$session" "$(state session_pid)" "the session"
stop flood
nothing_left client
