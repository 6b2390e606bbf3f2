#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1, .9 --- 10.1.0.2 router 10.2.0.1 --- 10.2.0.2 server
#     sshdial call far                                     sshd, a plain key line
#
# test: without sshdial-answer the pppd of a dead connection ends by sshd's
# test: ClientAliveInterval and ClientAliveCountMax, and the link is good then
# limit: 120
. "$REPO/tests/lib/lib.sh"

host client router server
link client 10.1.0.1/24 router 10.1.0.2/24
link router 10.2.0.1/24 server 10.2.0.2/24
ip -n client route add default via 10.1.0.2
ip -n server route add default via 10.2.0.1
forward router yes
sshdial_install
user_add pppuser dip
ppp_secret server 'pppuser * geheim *'
ppp_secret client 'pppuser * geheim'
key_make /root/.ssh/id_ed25519
known_hosts 10.2.0.2 | put client /etc/sshdial/known_hosts
far_command "$FAR_SEED"
peer client far <<'LINES'
server 10.2.0.2
ppp-user pppuser
identity /root/.ssh/id_ed25519
gate-time 1s
LINES
sshd_start server 'ClientAliveInterval 2' 'ClientAliveCountMax 2'
far_up far
old=$(pgrep -f '^/usr/sbin/pppd remotename' -o)

note "--- neither FIN nor RST reaches the server: their address is gone"
forward router no
ip -n client addr del 10.1.0.1/24 dev eth0
noticed() { grep -q 'network: ' "$OUT/far.log"; }
wait_for 10 "the client has seen it" noticed
kill -0 "$old" || fail "the old pppd has ended already"
ip -n client addr add 10.1.0.9/24 dev eth0
ip -n client route replace default via 10.1.0.2
forward router yes
wait_for 20 "the old pppd ends with its sshd" is_gone "$old"
flows() { on client ping -q -c 1 -W 1 -I 192.168.45.2 192.168.45.1; }
wait_for 10 "traffic flows" flows
stop far INT 10
nothing_left client
