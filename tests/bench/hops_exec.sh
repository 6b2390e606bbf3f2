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
# shellcheck source=tests/lib/rounds.sh
. "$REPO/tests/lib/rounds.sh"

# shellcheck disable=SC2034 # for rounds.sh
readonly BYTES=$((100 * 1000 * 1000))

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
# shellcheck disable=SC2034
sshdial=(sshdial exec far)
# shellcheck disable=SC2034
ssh=(ssh -e none "${jump[@]}" alice@10.4.0.2)

peer_with() { # LINE...
	printf '%s\n' 'server 10.4.0.2' 'user alice' 'hop 10.1.0.2' \
		'hop 10.2.0.2' 'hop 10.3.0.2' \
		'identity /root/.ssh/id_ed25519' "$@" | peer client far
}

printf '%s\n' 'Ciphers aes128-ctr' 'MACs hmac-sha2-256' >/root/.ssh/config
peer_with 'ciphers aes128-ctr' 'macs hmac-sha2-256'
rounds 'exec by three hops' 'aes128-ctr and hmac-sha2-256'
rm /root/.ssh/config
peer_with
rounds 'exec by three hops' "each one's own choice"
