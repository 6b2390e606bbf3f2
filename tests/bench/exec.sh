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
# shellcheck source=tests/lib/rounds.sh
. "$REPO/tests/lib/rounds.sh"

# shellcheck disable=SC2034 # for rounds.sh
readonly BYTES=$((500 * 1000 * 1000))
readonly CIPHER=aes128-ctr MAC=hmac-sha2-256

far_pair <<EOF
ciphers $CIPHER
macs $MAC
EOF
far_command -
sshd_start server
known_hosts 10.1.0.2 >/root/.ssh/known_hosts
# shellcheck disable=SC2034
sshdial=(sshdial exec far)
# shellcheck disable=SC2034
ssh=(ssh -e none -c "$CIPHER" -m "$MAC" -o Compression=no pppuser@10.1.0.2)
rounds exec "$CIPHER, $MAC"
