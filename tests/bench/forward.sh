#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far, or ssh -N                   sshd, stock
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: forwarded ports beside ssh(1) with the same cipher and MAC, both kinds,
# test: 500 MB each way, rounds of both in turn
# where: native
# limit: 600
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=${ROUNDS:-5} BYTES=$((500 * 1000 * 1000))
readonly CIPHER=aes128-ctr MAC=hmac-sha2-256
declare -A GOT=() # "KIND WAY": MB/s, one of each round

dial_pair
far_peer far 'ppp no' "ciphers $CIPHER" "macs $MAC" \
	'forward-local 7001:localhost:1' 'forward-local 7002:localhost:2' \
	'forward-remote 7003:localhost:1' 'forward-remote 7004:localhost:2'
for host in client server; do
	daemon "take-$host" on "$host" perl "$REPO/tests/lib/answer.pl" 1 \
		sh -c 'exec cat >/dev/null'
	daemon "give-$host" on "$host" perl "$REPO/tests/lib/answer.pl" 2 \
		head -c "$BYTES" /dev/zero
done
daemon sshdial on client sshdial call far
wait_for 10 "our ports" listens server 7004
daemon ssh on client ssh -N -e none -c "$CIPHER" -m "$MAC" \
	-i /etc/sshdial/id_ed25519 -o Compression=no \
	-o UserKnownHostsFile=/etc/sshdial/known_hosts \
	-L 7101:localhost:1 -L 7102:localhost:2 \
	-R 7103:localhost:1 -R 7104:localhost:2 alice@10.9.0.2
wait_for 10 "ssh's ports" listens server 7104

# timed KIND WAY HOST PORT: up to the other end of the port, or down from it
timed() {
	local key="$1 $2" start=${EPOCHREALTIME/./}
	case $2 in
	*up) head -c "$BYTES" /dev/zero |
		QUIET=1 on "$3" nc -N 127.0.0.1 "$4" ;;
	*down) is "$BYTES" "$(QUIET=1 on "$3" nc -d 127.0.0.1 "$4" | wc -c)" ;;
	esac
	GOT[$key]+="$((BYTES / (${EPOCHREALTIME/./} - start))) "
}

for ((round = 1; round <= ROUNDS; round++)); do
	for kind in $( ((round % 2)) && echo 70:sshdial 71:ssh || echo 71:ssh 70:sshdial); do
		timed "${kind#*:}" 'local, up' client "${kind%:*}01"
		timed "${kind#*:}" 'local, down' client "${kind%:*}02"
		timed "${kind#*:}" 'remote, up' server "${kind%:*}03"
		timed "${kind#*:}" 'remote, down' server "${kind%:*}04"
	done
done

echo "medians of $ROUNDS rounds of $BYTES bytes, $CIPHER, $MAC;"
echo "up: to the port's other end, from the side that has the port"
compare
for way in local remote; do
	for direction in up down; do
		key="$way, $direction"
		# shellcheck disable=SC2086 # words are meant
		compare "$key" MB/s "$(median ${GOT[sshdial $key]})" \
			"$(median ${GOT[ssh $key]})"
	done
done
for key in "${!GOT[@]}"; do
	echo "  $key: ${GOT[$key]}"
done | sort
