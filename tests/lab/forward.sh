#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ppp0 192.168.45.2 ~~~~~~~~~~~~~ 192.168.45.1 ppp0 server
#     eth0 10.1.0.1 ------------------------- 10.1.0.2 eth0
#     port 7001 ============ by the same connection ============> port 1
#
# test: forwarded ports beside PPP: they come with the link, leave when it is
# test: redialed and come back, and a bulk transfer through one does not
# test: starve the tunnel
# limit: 120
. "$REPO/tests/lib/lib.sh"

far_pair <<EOF
forward-local 7001:localhost:1
forward-local 7002:localhost:2
forward-remote 7003:localhost:1
EOF
far_command "$FAR_SEED"
sshd_start server
random_file /srv/bulk 8M
for name in client server; do
	daemon "take-$name" on "$name" perl "$REPO/tests/lib/answer.pl" 1 \
		sh -c 'sha256sum; sleep 0.1'
done
daemon give on server perl "$REPO/tests/lib/answer.pl" 2 cat /srv/bulk
far_up call

# pings NAME: sets MEDIAN, in us, of 20 round trips through the tunnel
pings() {
	on client ping -n -c 20 -i 0.05 -W 5 192.168.45.1 |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' |
		awk '{ print int($1 * 1000) }' | sort -n >/tmp/pings
	is 20 "$(wc -l </tmp/pings)" "replies"
	MEDIAN=$(sed -n 10p /tmp/pings)
	note "$1: median $MEDIAN us, p90 $(sed -n 18p /tmp/pings) us"
}

# The best of three: others use this machine's processors as well.
not_starved() { # NAME
	local tries
	for tries in 1 2 3; do
		pings "$1, $tries"
		alive bulk || fail "the bulk was over before the pings"
		((MEDIAN > 2 * ALONE + 3000)) || break
	done
	((MEDIAN <= 2 * ALONE + 3000)) ||
		fail "$1: $MEDIAN us, and $ALONE us alone"
	ended_within bulk 60
	is "$sum" "$(cat /srv/got)" "what came"
}
sum=$(sha256sum </srv/bulk)
# The guest's one processor is slower than its wires, and whoever carries both
# waits for it: so a network that is slower than that.
for name in client server; do
	on "$name" tc qdisc add dev eth0 root netem delay 5ms rate 20mbit
done
pings alone
ALONE=$MEDIAN

note "--- a bulk transfer each way"
daemon bulk on client sh -c 'nc -N 127.0.0.1 7001 </srv/bulk >/srv/got'
not_starved 'beside one that goes up'
daemon bulk on client sh -c 'nc -d 127.0.0.1 7002 | sha256sum >/srv/got'
not_starved 'beside one that comes down'

note "--- a redial, and the ports are there again"
daemon open on client nc -d 127.0.0.1 7001
pid=$(pgrep -x sshdial-session)
ok on client sshdial redial far
ended_within open 10
wait_for 10 "another session" is_gone "$pid"
wait_for 20 "the port at the server" listens server 7003
online() { on client sshdial status far; }
wait_for 20 "the link is up" online
for where in client:7001 server:7003; do
	is "$sum" "$(QUIET=1 on "${where%:*}" nc -N 127.0.0.1 \
		"${where#*:}" </srv/bulk)" "by $where"
done
stop call
nothing_left client
