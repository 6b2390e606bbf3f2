#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial exec far, or ssh                      sshd, stock
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: exec beside ssh(1) with the same cipher and MAC, 500 MB each way,
# test: rounds of both in turn
# where: native
# limit: 600
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=5 BYTES=$((500 * 1000 * 1000))
readonly CIPHER=aes128-ctr MAC=hmac-sha2-256
declare -A GOT=() # "KIND WAY": MB/s, one of each round

far_pair <<EOF
ciphers $CIPHER
macs $MAC
EOF
far_command -
sshd_start server
known_hosts 10.1.0.2 >/root/.ssh/known_hosts
sshdial=(sshdial exec far)
ssh=(ssh -e none -c "$CIPHER" -m "$MAC" -o Compression=no pppuser@10.1.0.2)

# timed KIND WAY CMD...: all of CMD's bytes come or go through a pipe
timed() {
	local key="$1 $2" start=${EPOCHREALTIME/./} us
	shift 2
	"$@"
	us=$((${EPOCHREALTIME/./} - start))
	GOT[$key]+="$((BYTES / us)) "
}

up() { # CMD...
	head -c "$BYTES" /dev/zero | on client "$@" 'wc -c' >/tmp/count
	is "$BYTES" "$(cat /tmp/count)" "bytes that came up"
}

down() { # CMD...
	on client "$@" "head -c $BYTES /dev/zero" | wc -c >/tmp/count
	is "$BYTES" "$(cat /tmp/count)" "bytes that came down"
}

for ((round = 1; round <= ROUNDS; round++)); do
	for kind in $( ((round % 2)) && echo sshdial ssh || echo ssh sshdial); do
		declare -n words=$kind
		timed "$kind" up up "${words[@]}"
		timed "$kind" down down "${words[@]}"
	done
done

echo "medians of $ROUNDS rounds of $BYTES bytes each way, $CIPHER, $MAC"
compare
for way in up down; do
	# shellcheck disable=SC2086 # words are meant
	compare "exec, $way" MB/s "$(median ${GOT[sshdial $way]})" \
		"$(median ${GOT[ssh $way]})"
done
for key in 'sshdial up' 'ssh up' 'sshdial down' 'ssh down'; do
	echo "  $key: ${GOT[$key]}"
done
