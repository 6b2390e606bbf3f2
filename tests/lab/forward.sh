#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ppp0 192.168.45.2 ~~~~~~~~~~~~~ 192.168.45.1 ppp0 server
#     eth0 10.1.0.1 ------------------------- 10.1.0.2 eth0
#     port 7001 ============ by the same connection ============> port 1
#
# test: forwarded ports beside PPP: they come with the link, leave when it is
# test: redialed and come back
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

sum=$(sha256sum </srv/bulk)
is "$sum" "$(QUIET=1 on client nc -N 127.0.0.1 7001 </srv/bulk)" "up"
is "$sum" "$(QUIET=1 on client nc -d 127.0.0.1 7002 | sha256sum)" "down"

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
