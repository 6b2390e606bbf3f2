#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#   both are a Debian 13: pppd 2.5, libssh2 1.11, OpenSSH 10, a newer libc
#
# test: the same program, built on Debian 12, with all that Debian 13 has: from
# test: check to hang-up, a route, a forwarded port, bytes both ways, a redial
# limit: 180
. "$REPO/tests/lib/lib.sh"
# shellcheck source=tests/lib/outage.sh
. "$REPO/tests/lib/outage.sh"
# shellcheck source=tests/lib/debian.sh
. "$REPO/tests/lib/debian.sh"

readonly ETC=/etc/ppp

# own HOST: what a host has of its own there, too
own() {
	QUIET=1 on "$1" cp -a "/trixie$ETC" /run/ppp13
	QUIET=1 on "$1" mkdir -p /trixie/etc/sshdial /run/pppd
	QUIET=1 on "$1" mount --bind /run /trixie/run
	QUIET=1 on "$1" mount --bind /run/ppp13 "/trixie$ETC"
	QUIET=1 on "$1" mount --bind /etc/sshdial /trixie/etc/sshdial
}
secret() { # HOST LINE
	# shellcheck disable=SC2016 # expanded over there
	in_trixie "$1" sh -c 'umask 077; echo "$1" >>/etc/ppp/pap-secrets' \
		secret "$2"
}
routed() { # for wait_for
	ip -n client route show 10.99.0.0/24 | grep 'dev ppp0'
}
# copy FROM TO ADDRESS: 4 MB through the tunnel
copy() {
	random_file /tmp/sent 4M "$RANDOM"
	# shellcheck disable=SC2016 # expanded over there
	daemon take on "$2" sh -c 'exec nc -d -l "$1" 5000 >/tmp/got' take "$3"
	wait_for 5 "$2 listens" listens "$2" 5000
	on "$1" nc -N "$3" 5000 </tmp/sent
	ended_within take 40
	is "$(sha256sum </tmp/sent)" "$(sha256sum </tmp/got)" \
		"from $1 to $2, checksum"
}

host client server
link client 10.1.0.1/24 server 10.1.0.2/24
trixie_root client
trixie_root server
own client
own server
like '^pppd version 2\.5' "$(in_trixie client pppd --version 2>&1)" "pppd"
like '^OpenSSH_1[0-9]' "$(in_trixie server sshd -V 2>&1)" "sshd"

note "--- the server"
key_make /root/.ssh/id_ed25519
in_trixie server useradd --create-home --shell /bin/bash --gid dip \
	--password '*' pppuser
put server /trixie/usr/local/bin/sshdial-answer 755 \
	<"$REPO/scripts/sshdial-answer"
put server /trixie/home/pppuser/.ssh/authorized_keys \
	< <(sed "s|^|restrict,port-forwarding,command=\"sshdial-answer remotename pppuser \
require-pap 192.168.45.1:192.168.45.2\" |" /root/.ssh/id_ed25519.pub)
secret server 'pppuser * geheim *'
secret client 'pppuser * geheim'
{
	printf 'HostKey /keys/ssh_host_%s_key\n' ed25519 ecdsa rsa
	printf '%s\n' 'UsePAM no' 'LogLevel VERBOSE' 'PidFile none'
} | put server /trixie/srv/sshd.conf
daemon sshd-server on server chroot /trixie /usr/sbin/sshd -D \
	-f /srv/sshd.conf -E /out/sshd-server.log
wait_for 10 "sshd listens" sshd_listens sshd-server server 22

note "--- the client"
put client /trixie/usr/local/sbin/sshdial 755 <"$SSHDIAL"
in_trixie client useradd --system --no-create-home sshdial
for event in ip-up ip-down ipv6-up ipv6-down; do
	sed 's|/usr/sbin/|/usr/local/sbin/|' "$REPO/scripts/ppp-hook" |
		put client "/trixie$ETC/$event.d/sshdial" 755
done
printf '%s\n' '127.0.0.1 localhost' '10.1.0.2 gate.example.org' |
	put client /trixie/etc/hosts
known_hosts gate.example.org | put client /etc/sshdial/known_hosts
put client /etc/sshdial/id_ed25519 600 </root/.ssh/id_ed25519
peer client far <<'EOF'
server gate.example.org
ppp-user pppuser
route 10.99.0.0/24
forward-local 7001:localhost:22
redial-min 200ms
EOF
{
	cat "/proc/${HOST[client]}/root/etc/sshdial/far.conf"
	echo 'ciphers aes256-ctr'
} | peer client ctr
in_trixie client sshdial check far
like '^ok +dial ' "$(in_trixie client sshdial check --dial ctr)" \
	"a login by AES-CTR, where the peer asks for it"
far_up call chroot /trixie sshdial call far
ping_ok client 192.168.45.1
ping_ok server 192.168.45.2
wait_for 5 "the route is there" routed
copy client server 192.168.45.1
copy server client 192.168.45.2
like '^SSH-2.0-OpenSSH_1[0-9]' \
	"$(on client nc -N 127.0.0.1 7001 </dev/null | tr -d '\0')" \
	"what answers at the forwarded port"

note "--- the session is killed; pppd and its interface stay"
account=$(in_trixie server id -u pppuser)
pid=$(pgrep -x pppd -U 0)
old=$(pgrep -x pppd -U "$account" -o)
pkill -KILL -x sshdial-session
wait_for 10 "another one is up" says call ': up: ' 2
ping_ok client 192.168.45.1
is "$pid" "$(pgrep -x pppd -U 0)" "pppd"
wait_for 10 "the far end's older one ends" is_gone "$old"

note "--- and all is put away"
ok in_trixie client sshdial hangup far
ended_within call 10
is 0 "$STATUS" "exit status"
nothing_left client
nothing_left server
! routed || fail "the route is still there"
