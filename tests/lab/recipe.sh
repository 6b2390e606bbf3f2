#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call ssh, or pppd call ssh            sshd, stock
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: the seed document's recipe with only its ssh replaced, as root and as
# test: an ordinary user of group dip
# limit: 240
. "$REPO/tests/lib/lib.sh"

host client server
link client 10.1.0.1/24 server 10.1.0.2/24
echo '10.1.0.2 SERVER-HOSTNAME' >>/etc/hosts
sshdial_install

note "the server, as in the document"
key_make /root/.ssh/id_ed25519
seed_server server /root/.ssh/id_ed25519.pub
sshd_start server

note "the client: the document's peers file, its pty line replaced"
user_add jfranken dip
install -D -m 600 -o jfranken /root/.ssh/id_ed25519 \
	~jfranken/.ssh/id_ed25519
known_hosts SERVER-HOSTNAME | put client /etc/ssh/ssh_known_hosts
peer client ssh <"$REPO/peers/ssh.conf"
echo 'identity ~/.ssh/id_ed25519' >>/tmp/identity
on client sh -c 'cat /tmp/identity >>/etc/sshdial/ssh.conf'
put client /etc/ppp/peers/ssh <"$REPO/peers/ssh"
# what root grants to users of group dip who run sshdial call
put client /etc/ppp/peers/sshdial-ssh <<'EOF'
noauth
linkname pppoverssh
EOF
ppp_secret client 'pppuser * geheim'
put client /etc/ppp/ip-up.d/record 755 <<EOF
#!/bin/sh
echo "\$LINKNAME \$PPP_IFACE \$PPP_LOCAL \$PPP_REMOTE" >$OUT/ip-up
EOF

up_and_down() { # WHAT BYTES PROGRAM...: the whole life of a link
	local what=$1 bytes=$2
	shift 2
	rm -f "$OUT/ip-up"
	note "--- $what"
	daemon "$what" on client "$@"
	wait_for 30 "the client's ppp0 has the document's addresses" \
		ppp_address client ppp0 192.168.45.2 192.168.45.1
	wait_for 5 "the server's ppp0 has them" \
		ppp_address server ppp0 192.168.45.1 192.168.45.2
	wait_for 5 "ip-up has run" test -s "$OUT/ip-up"
	is "pppoverssh ppp0 192.168.45.2 192.168.45.1" \
		"$(cat "$OUT/ip-up")" "what ip-up was told"
	wait_for 5 "no process waits for its parent" no_zombie
	first_reply client 192.168.45.1
	ping_ok client 192.168.45.1
	ping_ok server 192.168.45.2
	tcp_copy client server 192.168.45.1 "$bytes"
	tcp_copy server client 192.168.45.2 "$bytes"
	stop "$what" INT 10
	nothing_left client
	nothing_left server
}

user=(setpriv --reuid jfranken --regid dip --init-groups
	env HOME=/home/jfranken)

up_and_down call-root 20M sshdial call ssh
is 0 "$STATUS" "sshdial's exit status"
up_and_down pipe-root 20M /usr/sbin/pppd call ssh
is 5 "$STATUS" "pppd's exit status"
up_and_down pipe-user 20M "${user[@]}" /usr/sbin/pppd call ssh
is 5 "$STATUS" "pppd's exit status"
on client sh -c 'echo "pppd-option call sshdial-ssh" >>/etc/sshdial/ssh.conf'
up_and_down call-user 20M "${user[@]}" /usr/local/sbin/sshdial call ssh
is 0 "$STATUS" "sshdial's exit status"
