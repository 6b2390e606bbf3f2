#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far, ssh -N twice                sshd, stock
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: forwarded ports beside ssh(1), as both come and with the same cipher
# test: and MAC, 500 MB each way, rounds of all in turn
# where: native
# limit: 900
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=5 BYTES=$((500 * 1000 * 1000))
readonly WAYS='local,up client 01
local,down client 02
remote,up server 03
remote,down server 04'
# ports of the three programs begin with these
declare -A FIRST=([sshdial]=70 [ssh]=71 [same]=72)
declare -A PID=()
declare -A GOT=()  # "KIND WAY": MB/s, one of each round
declare -A COST=() # and ms of the client's processor time for each GB

dial_pair
cubic client
cubic server
far_peer far 'ppp no' \
	'forward-local 7001:localhost:1' 'forward-local 7002:localhost:2' \
	'forward-remote 7003:localhost:1' 'forward-remote 7004:localhost:2'
for host in client server; do
	daemon "take-$host" on "$host" perl "$REPO/tests/lib/answer.pl" 1 \
		sh -c 'exec cat >/dev/null'
	daemon "give-$host" on "$host" perl "$REPO/tests/lib/answer.pl" 2 \
		head -c "$BYTES" /dev/zero
done

ssh_ports() { # NAME FIRST [OPTION...]
	daemon "$1" on client ssh -N -e none "${@:3}" \
		-i /etc/sshdial/id_ed25519 -o Compression=no \
		-o UserKnownHostsFile=/etc/sshdial/known_hosts \
		-L "${2}01:localhost:1" -L "${2}02:localhost:2" \
		-R "${2}03:localhost:1" -R "${2}04:localhost:2" alice@10.9.0.2
	wait_for 10 "$1's ports" listens server "${2}04"
	PID[$1]=$(pgrep -n -x ssh)
}
daemon sshdial on client sshdial call far
wait_for 10 "our ports" listens server 7004
PID[sshdial]=$(pgrep -x sshdial-session)
ssh_ports ssh 71
ssh_ports same 72 -c aes128-ctr -m hmac-sha2-256-etm@openssh.com,hmac-sha2-256

ticks() { # PID: of the processor, 10 ms each
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# timed KIND WAY HOST PORT: up to the other end of the port, or down from it
timed() {
	local key="$1 $2" before start=${EPOCHREALTIME/./} us
	before=$(ticks "${PID[$1]}")
	case $2 in
	*up) head -c "$BYTES" /dev/zero |
		QUIET=1 on "$3" nc -N 127.0.0.1 "$4" ;;
	*down) is "$BYTES" "$(QUIET=1 on "$3" nc -d 127.0.0.1 "$4" | wc -c)" ;;
	esac
	us=$((${EPOCHREALTIME/./} - start))
	GOT[$key]+="$((BYTES / us)) "
	COST[$key]+="$((($(ticks "${PID[$1]}") - before) * 10 * 1000 /
		(BYTES / 1000 / 1000))) "
}

for ((round = 1; round <= ROUNDS; round++)); do
	order='sshdial ssh same'
	((round % 2)) || order='same ssh sshdial'
	while read -r way host port; do
		for kind in $order; do
			timed "$kind" "$way" "$host" "${FIRST[$kind]}$port"
		done
	done <<<"$WAYS"
done

table() { # KIND TITLE
	local way rest
	echo "$2"
	compare
	while read -r way rest; do
		# shellcheck disable=SC2086 # words are meant
		compare "$way" MB/s "$(median ${GOT[sshdial $way]})" \
			"$(median ${GOT[$1 $way]})"
	done <<<"$WAYS"
	while read -r way rest; do
		# shellcheck disable=SC2086 # words are meant
		compare "$way, processor" ms/GB \
			"$(median ${COST[sshdial $way]})" \
			"$(median ${COST[$1 $way]})"
	done <<<"$WAYS"
}
echo "medians of $ROUNDS rounds of $BYTES bytes, from the port to its other"
echo "end (up) or back (down)"
table ssh "as they come"
table same "both with aes128-ctr and hmac-sha2-256"
for key in "${!GOT[@]}"; do
	echo "  $key: ${GOT[$key]}"
done | sort
