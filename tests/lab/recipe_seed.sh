#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     pppd call ssh                                 sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#        ssh -e none pppuser@server             pppd remotename pppuser ...
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: the seed document's recipe, word for word, with stock parts only
# limit: 90
. "$REPO/tests/lib/lib.sh"

host client server
link client 10.1.0.1/24 server 10.1.0.2/24
echo '10.1.0.2 SERVER-HOSTNAME' >>/etc/hosts

note "the server"
is '-rwsr-xr-- root dip' "$(stat -c '%A %U %G' /usr/sbin/pppd)" "pppd's mode"
user_add pppuser dip
ppp_secret server 'pppuser * geheim *'
key_make /root/.ssh/id_ed25519
# noauth is not for an ordinary account: the seed requires PAP instead. The
# document's line is cut off after `de'.
authorize pppuser /root/.ssh/id_ed25519.pub "no-port-forwarding,\
no-X11-forwarding,no-agent-forwarding,command=\"/usr/sbin/pppd remotename \
pppuser refuse-chap refuse-mschap refuse-mschap-v2 refuse-eap require-pap \
192.168.45.1:192.168.45.2 notty debug\""
sshd_start server

note "the client"
known_hosts SERVER-HOSTNAME,10.1.0.2 >/root/.ssh/known_hosts
# noauth counters Debian's /etc/ppp/options, newer than the document
put client /etc/ppp/peers/ssh <<'EOF'
pty 'ssh -e none pppuser@SERVER-HOSTNAME false'
user pppuser
nodetach
linkname pppoverssh
noauth
EOF
ppp_secret client 'pppuser * geheim'
put client /etc/ppp/ip-up.d/record 755 <<EOF
#!/bin/sh
echo "\$LINKNAME \$PPP_IFACE \$PPP_LOCAL \$PPP_REMOTE" >$OUT/ip-up
EOF

note "the link"
daemon pppd on client /usr/sbin/pppd call ssh
wait_for 30 "the client's ppp0 has its addresses" \
	ppp_address client ppp0 192.168.45.2 192.168.45.1
wait_for 5 "the server's ppp0 has its addresses" \
	ppp_address server ppp0 192.168.45.1 192.168.45.2
wait_for 5 "ip-up has run" test -s "$OUT/ip-up"
is "pppoverssh ppp0 192.168.45.2 192.168.45.1" "$(cat "$OUT/ip-up")" \
	"what ip-up was told"
like 'Remote message: Login ok' "$(cat "$OUT/pppd.log")" "pppd's output"

note "what it carries"
first_reply client 192.168.45.1
ping_ok client 192.168.45.1
ping_ok server 192.168.45.2
tcp_copy client server 192.168.45.1 4M
tcp_copy server client 192.168.45.2 4M

note "hanging up"
stop pppd INT
is 5 "$STATUS" "pppd's exit status"
wait_for 5 "the server's ppp0 is gone" ppp_gone server ppp0
