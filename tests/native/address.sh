#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1 ------ 10.1.0.2 eth0 router eth1 ------ eth0 server
#               10.1.0.7        fd01::2    |     10.2.0.1     10.2.0.2
#               fd01::1                    |     fd02::1      fd02::2
#                                   10.3/16, fd03::/64: dropped
#
# test: every address of a server is tried, in time; names that do not resolve
# test: and servers that do not answer are told apart
# limit: 60
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

host client router server
link client 10.1.0.1/24,10.1.0.7/24,fd01::1/64 router 10.1.0.2/24,fd01::2/64
link router 10.2.0.1/24,fd02::1/64 server 10.2.0.2/24,fd02::2/64
forward router yes
ip -n client route add default via 10.1.0.2
ip -n client route add default via fd01::2
ip -n server route add default via 10.2.0.1
ip -n server route add default via fd02::1
ip -n router route add blackhole 10.3.0.0/16
ip -n router route add blackhole fd03::/64
cat >>/etc/hosts <<'EOT'
10.2.0.2 both
fd02::2 both
10.3.0.1 dead
10.3.0.1 dead-first
10.2.0.2 dead-first
10.3.0.1 three-dead
10.3.0.2 three-dead
10.3.0.3 three-dead
10.2.0.2 three-dead
fd03::1 dead6
10.2.0.2 dead6
10.1.0.2 refused-first
10.2.0.2 refused-first
10.1.0.2 refused
10.2.0.2 only4
EOT
sshdial_install
user_add alice
key_make /root/keys/id_ed25519
put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
authorize alice /root/keys/id_ed25519.pub
known_hosts gate | put client /etc/sshdial/known_hosts
sshd_start server

dial_to() { # SERVER [LINE...]: the peer far
	far_peer far "server $1" 'host-key-alias gate' 'remote-command exit 3' \
		"${@:2}"
}
# What was connected to, as the client says it, and from where, as sshd does.
# TOOK is how long the connecting took, 250 ms for each that is dead.
reaches() { # ADDRESS FROM [SERVER LINE...]
	local log=$OUT/sshd-server.log line
	: >"$log"
	dial_to "${@:3}"
	fails_with 7 on client sshdial pipe far 2>/srv/said
	line=$(grep ': connect: ' /srv/said)
	like "connect: $1 port 22 from [^ ]+ \([0-9]+ ms\)$" "$line" "what was said"
	TOOK=${line##*\(} TOOK=${TOOK% ms)}
	is "$2" "$(sed -n 's/^Connection from \([^ ]*\).*/\1/p' "$log")" \
		"who came to the server"
}
took() { # LEAST MOST, in ms
	note "it took $TOOK ms"
	((TOOK >= $1 && TOOK <= $2)) || fail "it took $TOOK ms, not $1 to $2"
}
gives_up() { # REGEX LEAST MOST SERVER [LINE...]
	dial_to "${@:4}" 'log-level warn'
	ends 1 "$1" on client sshdial pipe far
	took "$2" "$3"
}

note "--- addresses and names"
reaches 10.2.0.2 10.1.0.1 10.2.0.2
reaches fd02::2 fd01::1 fd02::2
reaches 'fd02::2|10.2.0.2' "$(on client getent ahosts both | grep -q '^fd' &&
	echo fd01::1)" both
like 'resolve: both: 2 addresses' "$(cat /srv/said)" "what was said"
reaches 10.2.0.2 10.1.0.1 both 'address-family inet'
reaches fd02::2 fd01::1 both 'address-family inet6'
reaches 10.2.0.2 10.1.0.7 10.2.0.2 'bind-address 10.1.0.7'
reaches 10.2.0.2 10.1.0.7 both 'bind-address 10.1.0.7'
reaches fd02::2 fd01::1 both 'bind-address fd01::1'
sshd_start router
local6=$(ip -n router -6 -o addr show dev eth0 scope link |
	sed 's/.*inet6 \([^/]*\).*/\1/')
dial_to "$local6%eth0"
on client sshdial exec far hostname >/srv/out
is router "$(cat /srv/out)" "the host at a link-local address"
stop sshd-router

note "--- one that is dead does not hold up the next"
reaches 10.2.0.2 10.1.0.1 dead-first
took 200 1500
reaches 10.2.0.2 10.1.0.1 dead6
took 200 1500
reaches 10.2.0.2 10.1.0.1 three-dead
took 650 2000
note "nor one that refuses"
reaches 10.2.0.2 10.1.0.1 refused-first
took 0 200

note "--- nobody there"
gives_up 'connect: cannot connect to refused port 22: Connection refused at 10' \
	0 1000 refused
gives_up 'connect: cannot connect to 10.1.0.2 port 22: Connection refused$' \
	0 1000 10.1.0.2
gives_up 'connect-timeout: the TCP connection took longer than 5' \
	500 1500 dead 'connect-timeout 500ms'
gives_up 'connect: cannot connect to 10.2.0.2 port 22: Cannot assign requested' \
	0 1000 10.2.0.2 'bind-address 10.9.9.9'
ip -n client route del default
gives_up 'connect: cannot connect to 10.2.0.2 port 22: Network is unreachable' \
	0 1000 10.2.0.2
ip -n client route add default via 10.1.0.2

note "--- names"
# shellcheck disable=SC2016
daemon dns on client perl -MSocket -e '
	socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
	bind($s, pack_sockaddr_in(53, INADDR_LOOPBACK)) or die;
	while (my $who = recv($s, my $q, 512, 0)) {
		substr($q, 2, 2) = "\x81\x83"; # an answer: there is no such name
		send($s, substr($q, 0, 10) . "\0\0" . substr($q, 12), 0, $who);
	}'
bound() {
	grep -q ':0035 ' "/proc/${HOST[client]}/net/udp"
}
wait_for 5 "the name server is there" bound
echo nameserver 127.0.0.1 | put client /run/resolv.conf
gives_up 'resolve: cannot resolve nowhere.example: Name or service not known; ' \
	0 1000 nowhere.example
gives_up 'resolve: cannot resolve only4: ' 0 500 only4 'address-family inet6'
stop dns
gives_up 'resolve: cannot resolve nowhere.example: Temporary failure in name r' \
	0 1000 nowhere.example
echo nameserver 10.3.0.1 | put client /run/resolv.conf
gives_up "connect-timeout: resolving the name took longer than 500ms" \
	500 1500 nowhere.example 'connect-timeout 500ms'
nothing_left client
