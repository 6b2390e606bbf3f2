#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#                  ,----- 10.1.0.0/24 eth0 -----.
#   client eth0,1 <                              > router eth2 --- eth0 server
#                  `----- 10.3.0.0/24 eth1 -----'         10.2.0.2/24
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - - - 192.168.45.1 ppp0
#
# test: without an address, a route or a wire there are no tries, and one
# test: within a second of its return, however long the wait had become; a
# test: better way is taken
# limit: 180
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

host client router server
link client 10.1.0.1/24 router 10.1.0.254/24
link client 10.3.0.1/24 router 10.3.0.254/24
link router 10.2.0.254/24 server 10.2.0.2/24
ip -n server route add default via 10.2.0.254
forward router yes
far_setup 10.2.0.2 <<'LINES'
remote-command false
gate-time 500ms
redial-min 20s
redial-max 60s
LINES
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* }"
sshd_start server

give_route() {
	ip -n client route add default via 10.1.0.254 metric 100
}

# away WHAT CMD...: CMD takes it away; it is noticed, and nothing is tried
away() {
	local what=$1 seen begun
	shift
	note "--- $what"
	seen=$(said call 'waiting for a route to the server')
	"$@"
	wait_for 3 "it is noticed" says call 'waiting for a route' $((seen + 1))
	seen=$(tries)
	begun=$(tries_of call)
	sleep 4
	is "$begun" "$(tries_of call)" "tries without $what"
	is "$seen" "$(tries)" "connections without $what"
}

# back CMD...: CMD gives it back; a session is begun within a second
back() {
	local begun
	begun=$(tries_of call)
	"$@"
	wait_for 2 "the next try" says call ': resolve: ' $((begun + 1))
	((WAITED <= 1000)) || fail "the next try began after $WAITED ms"
	gap_from
	wait_for 10 "pings are answered" answered_at_all
	is "$pppd" "$(local_pppd)" "pppd's process id"
}

give_route
far_up call
pppd=$(local_pppd)
pings_start client 192.168.45.1

away "a route" ip -n client route del default
back give_route
away "an address" ip -n client addr del 10.1.0.1/24 dev eth0
give_address() {
	ip -n client addr add 10.1.0.1/24 dev eth0
	ip -n client route replace default via 10.1.0.254 metric 100
}
back give_address
away "the interface" ip -n client link set eth0 down
raise() {
	ip -n client link set eth0 up
	give_route
}
back raise

note "--- failures that ask for a wait of 20 s and more"
stop sshd-server
cut_session
wait_for 5 "it waits" says call 'link-lost: .*next try in [1-6][0-9]'
for i in 1 2 3; do
	ok on client sshdial redial far
	wait_for 5 "it waits" says call 'connect: .*next try in [2-6][0-9]' "$i"
done
away "a route, while it waits" ip -n client route del default
sshd_start server
back give_route

note "--- a better way"
begun=$(tries_of call)
ip -n client route add default via 10.3.0.254 metric 50
wait_for 3 "a new session" says call ': resolve: ' $((begun + 1))
wait_for 10 "the server sees the other address" \
	grep -q 'Accepted publickey .* from 10.3.0.1' "$OUT/sshd-server.log"
gap_from
wait_for 10 "pings are answered" answered_at_all
is "$pppd" "$(local_pppd)" "pppd's process id"

note "--- and it goes"
begun=$(tries_of call)
ip -n client route del default via 10.3.0.254
wait_for 3 "a new session" says call ': resolve: ' $((begun + 1))
gap_from
wait_for 10 "pings are answered" answered_at_all

note "--- an address more, which changes nothing"
session=$(the sshdial-session)
ip -n client addr add 10.9.9.9/32 dev lo
ip -n client route add 10.8.0.0/16 via 10.3.0.254
sleep 1
is "$session" "$(the sshdial-session)" "the session's process id"

stop pings INT
stop call TERM 10
is 0 "$STATUS" "exit status"
pkill -KILL -f '^sshd: pppuser' || true
nothing_left client
