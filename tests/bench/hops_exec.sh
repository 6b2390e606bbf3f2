#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2   sshd on all four
#
# test: exec through three hops beside ssh -J, with the same cipher and MAC and
# test: with those that each picks, 100 MB each way, rounds of both in turn
# where: native
# limit: 900
. "$REPO/tests/lib/lib.sh"

readonly ROUNDS=5 BYTES=$((100 * 1000 * 1000))
declare -A GOT=() # "KIND WAY": MB/s, one of each round

chain client a b c server
sshdial_install
user_add alice
key_make /root/.ssh/id_ed25519
authorize alice /root/.ssh/id_ed25519.pub
for name in a b c server; do
	sshd_start "$name"
done
known_hosts '10.1.0.2,10.2.0.2,10.3.0.2,10.4.0.2' |
	tee /root/.ssh/known_hosts | put client /etc/sshdial/known_hosts
jump=(-J 'alice@10.1.0.2,alice@10.2.0.2,alice@10.3.0.2')
# shellcheck disable=SC2034 # by name
sshdial=(sshdial exec far)
# shellcheck disable=SC2034
ssh=(ssh -e none "${jump[@]}" alice@10.4.0.2)

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

rounds() { # TITLE
	local round kind way key
	GOT=()
	for ((round = 1; round <= ROUNDS; round++)); do
		for kind in $( ((round % 2)) && echo sshdial ssh || echo ssh sshdial); do
			declare -n words=$kind
			timed "$kind" up up "${words[@]}"
			timed "$kind" down down "${words[@]}"
		done
	done
	echo "medians of $ROUNDS rounds of $BYTES bytes each way, $1"
	compare
	for way in up down; do
		# shellcheck disable=SC2086 # words are meant
		compare "exec by three hops, $way" MB/s \
			"$(median ${GOT[sshdial $way]})" \
			"$(median ${GOT[ssh $way]})"
	done
	for key in 'sshdial up' 'ssh up' 'sshdial down' 'ssh down'; do
		echo "  $key: ${GOT[$key]}"
	done
}

peer_with() { # LINE...
	printf '%s\n' 'server 10.4.0.2' 'user alice' 'hop 10.1.0.2' \
		'hop 10.2.0.2' 'hop 10.3.0.2' \
		'identity /root/.ssh/id_ed25519' "$@" | peer client far
}

printf '%s\n' 'Ciphers aes128-ctr' 'MACs hmac-sha2-256' >/root/.ssh/config
peer_with 'ciphers aes128-ctr' 'macs hmac-sha2-256'
rounds 'aes128-ctr and hmac-sha2-256'
rm /root/.ssh/config
peer_with
rounds "each one's own choice"
