#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client, a Debian 13                           server
#     sshdial exec far, or ssh                      sshd, stock
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: exec beside ssh(1) in a Debian 13, where libssh2 1.11.1 hands whole
# test: packets to chacha20-poly1305: by each cipher, 500 MB each way
# where: native
# limit: 900
. "$REPO/tests/lib/lib.sh"
# shellcheck source=tests/lib/debian.sh
. "$REPO/tests/lib/debian.sh"
# shellcheck source=tests/lib/rounds.sh
. "$REPO/tests/lib/rounds.sh"

# shellcheck disable=SC2034 # for rounds.sh
readonly BYTES=$((500 * 1000 * 1000))

far_pair </dev/null
far_command -
sshd_start server
trixie_root client
# shellcheck disable=SC2153 # the stage sets it
put client /trixie/usr/local/sbin/sshdial 755 <"$SSHDIAL"
in_trixie client useradd --system --no-create-home sshdial
QUIET=1 on client mkdir -p /trixie/etc/sshdial /trixie/root/.ssh
QUIET=1 on client mount --bind /etc/sshdial /trixie/etc/sshdial
QUIET=1 on client mount --bind /root/.ssh /trixie/root/.ssh
QUIET=1 on client mount --bind /run /trixie/run
known_hosts 10.1.0.2 >/root/.ssh/known_hosts

# by CIPHER MAC LINE...: rounds with these lines of the peer's file
by() {
	local cipher=$1 mac=$2
	shift 2
	printf '%s\n' 'server 10.1.0.2' 'user pppuser' \
		'identity /root/.ssh/id_ed25519' "$@" | peer client far
	# shellcheck disable=SC2034
	sshdial=(chroot /trixie sshdial exec far)
	# shellcheck disable=SC2034
	ssh=(chroot /trixie ssh -e none -c "$cipher" -m "$mac"
		-o Compression=no pppuser@10.1.0.2)
	rounds exec "$cipher"
}
by aes128-ctr hmac-sha2-256 'ciphers aes128-ctr' 'macs hmac-sha2-256'
by chacha20-poly1305@openssh.com hmac-sha2-256 \
	'ciphers chacha20-poly1305@openssh.com'
