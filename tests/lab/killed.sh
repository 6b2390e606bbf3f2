#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: supervisor, pppd or session are killed while online, held or dialing:
# test: what should end leaves nothing, what should go on heals
# limit: 150
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

far_pair <<'LINES'
remote-command false
gate-time 500ms
redial-min 500ms
redial-max 2s
LINES
far_command "$FAR_SEED"
sshd_start server
before=$(footprint client)

# all_gone: after the supervisor was killed, within 5 s
all_gone() {
	ended_within call 2
	is 137 "$STATUS" "exit status"
	wait_for 5 "no process of ours is left" no_process
	wait_for 5 "no ppp interface is left on client" no_ppp client
	# what it could not remove: the next one replaces it
	rm -f "/proc/${HOST[client]}/root/run/"ppp*.pid
	is "$before" "$(footprint client | grep -v '^/run/sshdial/')" \
		"what is there at the client"
	rm -f "$OUT/call.log"
}

# away: it is held, while a server that says nothing is dialed
away() {
	far_up call
	pppd=$(local_pppd)
	stop sshd-server
	daemon silent on server nc -k -l 10.1.0.2 22
	wait_for 5 "a silent server listens" listens server 22
	cut_session
	wait_for 10 "it dials" says call ': connect: 10.1.0.2' 2
}

back() {
	stop silent
	sshd_start server
}

# goes_on: the link is up again, and ends in good order
goes_on() {
	gap_from
	wait_for 15 "pings are answered" answered_at_all
	stop call TERM 10
	is 0 "$STATUS" "exit status"
	nothing_left client
	is "$before" "$(footprint client)" "what is there at the client"
	rm -f "$OUT/call.log"
}

note "--- online: the supervisor"
far_up call
kill -KILL "$(pid_of call)"
all_gone
note "--- the socket that it left is in nobody's way; online: pppd, session"
far_up call
pings_start client 192.168.45.1
kill -KILL "$(local_pppd)"
wait_for 10 "a new pppd is up" says call 'up: ppp' 2
kill -KILL "$(the sshdial-session)"
goes_on

note "--- held and dialing: the supervisor"
away
kill -KILL "$(pid_of call)"
all_gone
back

note "--- held and dialing: the session"
away
kill -KILL "$(the sshdial-session)"
wait_for 5 "it is noticed" says call 'internal: .*killed by signal 9'
back
is "$pppd" "$(local_pppd)" "pppd's process id"
goes_on

note "--- held and dialing: pppd"
away
kill -KILL "$pppd"
wait_for 5 "it is noticed" says call 'pppd-ended: pppd was killed by signal 9'
back
goes_on

note "--- held and waiting: pppd, then the supervisor"
far_up call
stop sshd-server
cut_session
wait_for 10 "it waits" says call 'connect: .*next try in' 2
kill -KILL "$(local_pppd)"
wait_for 5 "pppd is gone" no_ppp client
wait_for 5 "no process waits for its parent" no_zombie
sshd_start server
gap_from
wait_for 15 "pings are answered" answered_at_all
stop sshd-server
cut_session
wait_for 10 "it waits" says call 'connect: .*next try in' 4
kill -KILL "$(pid_of call)"
all_gone
stop pings INT
