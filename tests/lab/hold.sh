#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call ssh                              sshd, stock
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: hold
# limit: 100
. "$REPO/tests/lib/lib.sh"
host client server
link client 10.1.0.1/24 server 10.1.0.2/24
echo '10.1.0.2 SERVER-HOSTNAME' >>/etc/hosts
sshdial_install
key_make /root/.ssh/id_ed25519
seed_server server /root/.ssh/id_ed25519.pub
sshd_start server
known_hosts SERVER-HOSTNAME | put client /etc/ssh/ssh_known_hosts
{ cat "$REPO/peers/ssh.conf"; echo 'identity ~/.ssh/id_ed25519'; echo gate-time 1s; echo log-level debug; } | peer client ssh
ppp_secret client 'pppuser * geheim'
daemon call on client sshdial call ssh
wait_for 30 "up" ppp_address client ppp0 192.168.45.2 192.168.45.1
ping_ok client 192.168.45.1
for i in 1 2 3; do
on client sh -c 'ping -c 1 -W 1 192.168.45.1 >/dev/null'
sleep 1.2
pkill -f 'sshd: pppuser' || true
wait_for 5 "down" bash -c '! ip -n client -o addr show dev ppp0 | grep -q 192.168.45.2'
wait_for 20 "up again" ppp_address client ppp0 192.168.45.2 192.168.45.1
wait_for 5 "ping" on client ping -c 1 -W 1 192.168.45.1
done
stop call INT 10
is 0 "$STATUS"
nothing_left client
