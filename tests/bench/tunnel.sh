#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     A: sshdial call far                           sshd
#     B: pppd, pty 'ssh -e none ... false'            pppd, the same for all
#     C: B with A's PPP options, cipher and MAC
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: the tunnel beside the seed's recipe with ssh(1): throughput, ping
# test: under load, memory; rounds of all in turn, in one boot. B may compress
# test: and has a cipher of its own: C tells what is due to the carrying alone
# limit: 900
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=5 BYTES=8M
declare -A GOT=() # "KIND WHAT": values, one of each round

far_pair <<'EOF'
remote-command false
EOF
far_command "$FAR_SEED"
sshd_start server
known_hosts 10.1.0.2 >/root/.ssh/known_hosts
put client /etc/ppp/peers/ssh <<'EOF'
pty 'ssh -e none pppuser@10.1.0.2 false'
user pppuser
nodetach
noauth
EOF
put client /etc/ppp/peers/same <<'EOF'
pty 'ssh -e none -c aes128-ctr -m hmac-sha2-256 pppuser@10.1.0.2 false'
user pppuser
nodetach
noauth
novj
noccp
nobsdcomp
nodeflate
lcp-echo-interval 0
EOF

memory() { # PROCESS...: their resident sets together, in KiB
	local name kib sum=0
	for name; do
		kib=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' \
			"/proc/$(pgrep -x "$name")/status")
		sum=$((sum + kib))
	done
	echo "$sum"
}

# one_way KIND WAY FROM TO ADDRESS: throughput, then ping, average and most,
# in ms, while another copy runs
one_way() {
	tcp_copy "$3" "$4" "$5" "$BYTES"
	GOT["$1 $2"]+="$RATE "
	daemon ping on client ping -n -i 0.2 192.168.45.1
	tcp_copy "$3" "$4" "$5" "$BYTES"
	[[ $1 != sshdial || $2 != down ]] ||
		GOT[memory]+="$(memory sshdial sshdial-session) "
	stop ping INT
	read -r average most < <(sed -n \
		's|^rtt .* = [^/]*/\([^/]*\)/\([^/]*\)/.*|\1 \2|p' "$OUT/ping.log")
	rm "$OUT/ping.log"
	GOT["$1 $2-ping"]+="$average "
	GOT["$1 $2-most"]+="$most "
}

measure() { # KIND CMD...
	far_up "$@"
	one_way "$1" up client server 192.168.45.1
	one_way "$1" down server client 192.168.45.2
	stop "$1" INT 10
	nothing_left client
	nothing_left server
}

for ((round = 1; round <= ROUNDS; round++)); do
	note "--- round $round"
	order=(sshdial ssh same)
	((round % 2)) || order=(same ssh sshdial)
	for kind in "${order[@]}"; do
		case $kind in
		sshdial) measure sshdial sshdial call far ;;
		*) measure "$kind" /usr/sbin/pppd call "$kind" ;;
		esac
	done
done

# shellcheck disable=SC2086 # words are meant
row() { # OTHER TITLE KEY UNIT
	compare "$2" "$4" "$(median ${GOT[sshdial $3]})" \
		"$(median ${GOT[$1 $3]})"
}

table() { # OTHER TITLE
	echo "$2"
	compare
	row "$1" 'client to server' up Mbit/s
	row "$1" 'server to client' down Mbit/s
	row "$1" 'ping under load up, average' up-ping ms
	row "$1" 'ping under load up, most' up-most ms
	row "$1" 'ping under load down, average' down-ping ms
	row "$1" 'ping under load down, most' down-most ms
}

echo "medians of $ROUNDS rounds of $BYTES each way, in one boot"
table ssh "A beside B, the seed's recipe ($(grep -cE '^Deflate.*enabled' \
	"$OUT/ssh.log" || true) of its links compress)"
table same "A beside C, the recipe with A's PPP options, cipher and MAC"
for key in {sshdial,ssh,same}\ {up,down}{,-ping,-most} memory; do
	echo "  $key: ${GOT[$key]}"
done
# shellcheck disable=SC2086
kib=$(median ${GOT[memory]})
echo "resident memory of our two processes together: $kib KiB"
((kib < 12 * 1024)) || fail "$kib KiB; 12 MiB are the limit"
