#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call, or pppd with sshdial pipe       sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: hold in pipe, `hold no', `hold 2s', and a pppd of ours that is killed
# limit: 150
# waits: yes
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
put client /etc/ppp/peers/far <<'LINES'
pty "/usr/local/sbin/sshdial pipe far"
user pppuser
nodetach
noauth
LINES

note "--- pipe: pppd does not notice that its session was killed"
far_up pipe /usr/sbin/pppd call far
pppd=$(pid_of pipe)
index=$(identity_of client ppp0)
pings_start client 192.168.45.1
stream_start client server 192.168.45.1
cut_session
heals 20
cut_own
heals 20
is pppd "$(ps -o comm= -p "$pppd")" "pppd"
is "$index" "$(identity_of client ppp0)" "ppp0's index"
stream_end
stop pipe TERM 10
is 5 "$STATUS" "pppd's exit status"
nothing_left client

note "--- hold no: pppd ends with the session, a new one comes with the next"
mode no 'hold no'
far_up no sshdial call no
pppd=$(local_pppd)
gap_from
wait_for 10 "pings are answered" answered_at_all
cut_session
wait_for 5 "pppd has ended" is_gone "$pppd"
heals 20
((pppd != $(local_pppd))) || fail "pppd has the same process id"
is 1 "$(said no 'next try in')" "sessions that ended"
is 2 "$(tries_of no)" "sessions in all"
stop no TERM 10
is 0 "$STATUS" "exit status"
nothing_left client

note "--- hold 2s: pppd ends when sshd is away for longer"
mode two 'hold 2s'
far_up two sshdial call two
pppd=$(local_pppd)
index=$(identity_of client ppp0)
cut_session
heals 20
is "$pppd" "$(local_pppd)" "pppd's process id after less than 2 s"
stop sshd-server
cut_session
wait_for 4 "pppd has ended" is_gone "$pppd"
((WAITED >= 1500)) || fail "pppd was held for $WAITED ms only"
ok no_ppp client
sshd_start server
heals 20
((index != $(identity_of client ppp0))) || fail "it is the same interface"
stop two TERM 10
is 0 "$STATUS" "exit status"
nothing_left client

note "--- our pppd is killed: another one follows"
far_up killed sshdial call far
pppd=$(local_pppd)
gap_from
wait_for 10 "pings are answered" answered_at_all
gap_from
kill -KILL "$pppd"
heals 20
((pppd != $(local_pppd))) || fail "pppd has the same process id"
is 1 "$(said killed 'pppd-ended: pppd was killed by signal 9')" "log lines"
stop killed TERM 10
is 0 "$STATUS" "exit status"
nothing_left client
