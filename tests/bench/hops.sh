#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2   sshd on all four
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - - - 192.168.45.1 ppp0
#     A: sshdial call far
#     B: pppd, pty 'ssh -J a,b,c server', A's PPP options, cipher and MAC
#
# test: the tunnel through three hops beside ssh(1) with ProxyJump; rounds of
# test: both in turn, in one boot
# limit: 900
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=5 BYTES=4M
declare -A GOT=() # "KIND WAY": Mbit/s, one of each round

chain client a b c server
far_setup 10.4.0.2,10.1.0.2,10.2.0.2,10.3.0.2 <<<'remote-command false'
sed -i '1s/.*/server 10.4.0.2\nhop 10.1.0.2\nhop 10.2.0.2\nhop 10.3.0.2/' \
	"/proc/${HOST[client]}/root/etc/sshdial/far.conf"
far_command "$FAR_SEED"
for name in a b c server; do
	sshd_start "$name"
done
known_hosts 10.1.0.2,10.2.0.2,10.3.0.2,10.4.0.2 >/root/.ssh/known_hosts
printf '%s\n' 'Ciphers aes128-ctr' 'MACs hmac-sha2-256' >/root/.ssh/config
put client /etc/ppp/peers/ssh <<'LINES'
pty 'ssh -e none -J pppuser@10.1.0.2,pppuser@10.2.0.2,pppuser@10.3.0.2 pppuser@10.4.0.2 false'
user pppuser
nodetach
noauth
novj
noccp
nobsdcomp
nodeflate
lcp-echo-interval 0
LINES

measure() { # KIND CMD...
	far_up "$@"
	tcp_copy client server 192.168.45.1 "$BYTES"
	GOT["$1 up"]+="$RATE "
	tcp_copy server client 192.168.45.2 "$BYTES"
	GOT["$1 down"]+="$RATE "
	stop "$1" INT 15
	nothing_left client
	nothing_left server
}

for ((round = 1; round <= ROUNDS; round++)); do
	note "--- round $round"
	for kind in $( ((round % 2)) && echo sshdial ssh || echo ssh sshdial); do
		case $kind in
		sshdial) measure sshdial sshdial call far ;;
		ssh) measure ssh /usr/sbin/pppd call ssh ;;
		esac
	done
done

echo "medians of $ROUNDS rounds of $BYTES each way, in one boot"
compare
for way in up down; do
	# shellcheck disable=SC2086 # words are meant
	compare "the tunnel by three hops, $way" Mbit/s \
		"$(median ${GOT[sshdial $way]})" "$(median ${GOT[ssh $way]})"
done
for key in 'sshdial up' 'ssh up' 'sshdial down' 'ssh down'; do
	echo "  $key: ${GOT[$key]}"
done
