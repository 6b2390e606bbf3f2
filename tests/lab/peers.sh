#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1/24 ----- 10.1.0.2/24 eth0 server
#          ppp: far, near, and somebody else's
#
# test: two peers with the same prefixes: the lower metric wins, then the
# test: first one up; each leaves the other alone, and so it is with somebody
# test: else's pppd; addresses that are refused; 2000 routes within a second
# limit: 180
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"
. "$REPO/tests/lib/routing.sh"

host client server
link client 10.1.0.1/24,fd01::1/64 server 10.1.0.2/24,fd01::2/64
ip -n client route add default via 10.1.0.2
far_setup 10.1.0.2 <<'LINES'
redial-first no
LINES
hook_install client
far_command -
sshd_start server
before=$(routing client)

# far_end LOCAL:REMOTE: the lines of a peer whose far end has these addresses
far_end() {
	echo "remote-command $FAR_PPPD $1 +ipv6"
}

mode one "$(far_end 192.168.45.1:192.168.45.2)" 'interface one' \
	'route 10.8.0.0/16' 'route 10.9.0.0/16 metric 10' 'route fd08::/32' \
	'route 10.10.0.0/16 metric 20'
mode two "$(far_end 192.168.46.1:192.168.46.2)" 'interface two' \
	'route 10.8.0.0/16' 'route 10.9.0.0/16 metric 5' 'route fd08::/32' \
	'route 10.10.0.0/16 metric 30'

# up NAME IFACE ROUTES: dials; returns when so many routes are there
up() {
	daemon "$1" on client sshdial call "$1"
	wait_for 20 "$1 has its routes" has_routes "$2" "$3"
}

has_routes() { # IFACE COUNT
	(($({
		ip -n client route show proto 83 dev "$1" || true
		ip -n client -6 route show proto 83 dev "$1" || true
	} 2>/dev/null | wc -l) == $2))
}

by() { # ADDRESS: the interface that a packet to there takes
	ip -n client route get "$1" | grep -oP ' dev \K\S+'
}

note "--- two peers"
up one one 4
up two two 4
is 'one two one one' "$(by 10.8.0.1) $(by 10.9.0.1) $(by 10.10.0.1) $(by fd08::1)" \
	"who wins"
stop one TERM 15
is 'two two two two' "$(by 10.8.0.1) $(by 10.9.0.1) $(by 10.10.0.1) $(by fd08::1)" \
	"without the first"
up one one 4
is 'two two one two' "$(by 10.8.0.1) $(by 10.9.0.1) $(by 10.10.0.1) $(by fd08::1)" \
	"with the first behind"

note "--- somebody else's pppd comes and goes"
# What a pppd has anew each time is left out.
lasting() {
	routing client | sed '/fe80/d; s/^[0-9]*: //' | sort
}
lasts() {
	diff <(echo "$beside") <(lasting)
}
beside=$(lasting)
put client /etc/ppp/peers/other 640 <<-'OPTIONS'
	nodetach
	noauth
	local
	ipparam sshdialler
	pty "/usr/sbin/pppd notty noauth 10.77.0.1:10.77.0.2"
	ifname other
OPTIONS
daemon other on client pppd call other
wait_for 15 "it is up" ppp_address client other 10.77.0.2 10.77.0.1
ip -n client route add 10.78.0.0/16 dev other
stop two TERM 15
has_routes one 4 || fail "one has lost routes"
is other "$(by 10.78.0.1)" "its route"
up two two 4
stop other TERM 15
wait_for 5 "all is as before it came" lasts
stop one TERM 15
stop two TERM 15
wait_for 5 "all is as before" routing_is client "$before"
nothing_left client

note "--- addresses"
# refused LOCAL:REMOTE REGEX [LINE...]: the peer ends with a word about it
refused() {
	local rc=0
	mode bad "$(far_end "$1")" 'route 10.8.0.0/16' "${@:3}"
	timeout 30 nsenter -t "${HOST[client]}" -m -n -u -- \
		sshdial call bad >/tmp/.said 2>&1 || rc=$?
	note "status $rc: $(tail -n 1 /tmp/.said)"
	((rc && rc != 124)) || fail "not refused: $(</tmp/.said)"
	like "$2" "$(tail -n 1 /tmp/.said)" "the last line"
	wait_for 5 "all is as before" routing_is client "$before"
}
refused 10.1.0.2:192.168.45.2 'server, 10\.1\.0\.2'
# not the transport's: the server's pppd would lead its answers into the tunnel
ip -n client addr add 10.66.0.1/32 dev eth0
before=$(routing client)
refused 192.168.45.1:10.66.0.1 '10\.66\.0\.1.*eth0'
ip -n client addr del 10.66.0.1/32 dev eth0
ip -n client route add 192.168.45.0/24 via 10.1.0.2
before=$(routing client)
refused 192.168.45.1:192.168.46.2 '192\.168\.45\.'
ip -n client route del 192.168.45.0/24 via 10.1.0.2
before=$(routing client)
# a far end that announces none: the local pppd invents one
refused 0.0.0.0:192.168.45.2 '10\.(64\.64|112\.112)\.'
note "--- invented, but configured"
mode invented "$(far_end 10.64.64.64:192.168.45.2)" 'remote-address 10.64.64.64'
daemon invented on client sshdial call invented
wait_for 20 "it is up" ppp_address client ppp0 192.168.45.2 10.64.64.64
stop invented TERM 15

note "--- 2000 routes"
{
	cat "/proc/${HOST[client]}/root/etc/sshdial/far.conf"
	far_end 192.168.45.1:192.168.45.2
	for i in {0..999}; do
		echo "route 10.$((128 + i / 250)).$((i % 250)).0/24"
		printf 'route fd08:%x::/48\n' "$i"
	done
} | peer client many
daemon many on client sshdial call many
wait_for 30 "they are there" has_routes ppp0 2000
note "log: $(grep ': hook: ' "$OUT/many.log")"
stop many TERM 15
wait_for 5 "all is as before" routing_is client "$before"
nothing_left client
