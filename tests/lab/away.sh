#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: a server that is away for two minutes, refuses the login, shows another host
# test: key or has lost its command is asked again at a bounded pace, never
# test: trusted, and taken back when it is itself again
# limit: 300
# waits: yes
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

readonly MAX=8 AWAY=120
far_pair <<LINES
remote-command false
gate-time 500ms
redial-max ${MAX}s
LINES
far_command "$FAR_SEED"
sshd_start server
far_up call
pppd=$(local_pppd)
pings_start client 192.168.45.1

# up_again SECONDS: the link is back, and pppd was kept
up_again() {
	gap_from
	wait_for "$1" "pings are answered" answered_at_all
	is "$pppd" "$(local_pppd)" "pppd's process id"
}

note "--- away for $AWAY s"
printed=$(said call .) cpu=$(cpu_ms "$(pid_of call)") begun=$(tries_of call)
stop sshd-server
cut_session
sleep "$AWAY"
count=$(($(tries_of call) - begun))
cpu=$(($(cpu_ms "$(pid_of call)") - cpu))
printed=$(($(said call .) - printed))
note "$count tries, $printed log lines, $cpu ms of processor time"
# the longest of all waits are 1 2 4 8 8.. s, the shortest 1 s
((count >= 6 && count <= AWAY + 1)) || fail "$count tries"
((printed <= count * 2 + 6)) || fail "$printed log lines of $count tries"
((cpu <= count * 250)) || fail "$cpu ms of processor time for $count tries"
sshd_start server
up_again $((MAX + 5))

note "--- the login is refused"
mv ~pppuser/.ssh/authorized_keys /tmp/.authorized_keys
refused='login-refused: .*next try in'
cut_session
wait_for 10 "the login is refused" says call "$refused"
begun=$(tries)
like 'next try in 15s$' "$(grep -E "$refused" "$OUT/call.log")" "the wait"
ip -n client route add 10.77.0.0/16 via 10.1.0.2 # wakes those who watch
wait_for 20 "the next try" says sshd-server '^Connection from' $((begun + 1))
((WAITED >= 14000)) || fail "two tries within $WAITED ms"
wait_for 10 "the login is refused" says call "$refused" 2
like 'next try in 30s$' "$(grep -E "$refused" "$OUT/call.log" | tail -n 1)" \
	"the wait"
mv /tmp/.authorized_keys ~pppuser/.ssh/authorized_keys
ok on client sshdial redial far
up_again 5

note "--- the host key has changed"
stop sshd-server
ssh-keygen -q -t ed25519 -N '' -f /tmp/.other
cut_session
wait_for 10 "it is away" says call 'connect: .*refused'
logins=$(said sshd-server 'publickey')
known=$(cat "/proc/${HOST[client]}/root/etc/sshdial/known_hosts")
sshd_start server 'HostKey /tmp/.other'
ok on client sshdial redial far
changed='hostkey-changed: HOST KEY CHANGED.*next try in'
wait_for 5 "it is noticed" says call "$changed"
wait_for $((MAX + 4)) "the next try" says call "$changed" 2
((WAITED >= (MAX - 1) * 1000)) || fail "the next try after $WAITED ms"
is '' "$(grep -E "$changed" "$OUT/call.log" | grep -v "in ${MAX}s$" || true)" \
	"other waits than redial-max"
is "$logins" "$(said sshd-server 'publickey')" "logins at the other server"
is "$known" "$(cat "/proc/${HOST[client]}/root/etc/sshdial/known_hosts")" \
	"known_hosts"
stop sshd-server
sshd_start server
up_again $((MAX + 5))

note "--- the far command is gone"
far_command /usr/local/nothing
cut_session
gone='far-not-found: .*next try in'
wait_for 10 "it is noticed" says call "$gone"
wait_for $((MAX + 4)) "the next try" says call "$gone" 2
far_command "$FAR_SEED"
up_again $((MAX + 5))

stop pings INT
stop call TERM 10
is 0 "$STATUS" "exit status"
nothing_left client
