#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#                  ,- 10.1.0.0/24 eth0 -.        10.2.0.0/24
#   client eth0,1 <                      > router ----------- eth0 server eth1
#                  `- 10.5.0.0/24 eth1 -'    | 10.3.0.0/24          | 10.4.0.0/24
#   ppp0 192.168.45.2 - - - - - - - - - - - -|- - 192.168.45.1 ppp0 |
#                                            `------- world --------'
#   (the same in IPv6: fd01::, fd02::, ...)
#
# test: full tunnel: everything goes through it, the transport outside, over
# test: redials, a change of gateway, of address; with fail-closed not one
# test: packet outside between loss and return, without it traffic falls back
# limit: 240
# shellcheck disable=SC2016 # what is in single quotes is evaluated later
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"
. "$REPO/tests/lib/routing.sh"

host client router server world
link client 10.1.0.1/24,fd01::1/64 router 10.1.0.254/24,fd01::254/64
link client 10.5.0.1/24,fd05::1/64 router 10.5.0.254/24,fd05::254/64
link router 10.2.0.254/24,fd02::254/64 server 10.2.0.2/24,fd02::2/64
link router 10.3.0.254/24,fd03::254/64 world 10.3.0.1/24,fd03::1/64
link server 10.4.0.2/24,fd04::2/64 world 10.4.0.1/24,fd04::1/64
forward router yes
forward server yes

# The world is reached by both, and answers each by the way that it came.
default_way() { # GATEWAY-NUMBER NIC
	ip -n client route replace default via "10.$1.0.254" dev "$2"
	ip -n client -6 route replace default via "fd0$1::254" dev "$2"
}
default_way 1 eth0
ip -n server route add default via 10.4.0.1
ip -n server -6 route add default via fd04::1
ip -n server route add 10.0.0.0/13 via 10.2.0.254
ip -n server -6 route add fd01::/16 via fd02::254
ip -n server -6 route add fd05::/16 via fd02::254
ip -n world route add default via 10.3.0.254
ip -n world -6 route add default via fd03::254
ip -n world route add 192.168.45.0/24 via 10.4.0.2
ip -n world -6 route add fd45::/64 via fd04::2

far_setup 10.2.0.2 <<'LINES'
gate-time 500ms
redial-min 500ms
redial-max 2s
local-address6 fd45::2/64
remote-address6 fd45::1
route default
LINES
mode closed 'fail-closed yes'
hook_install client
put server /etc/ppp/ipv6-up.d/address 755 <<'SCRIPT'
#!/bin/sh
ip addr add fd45::1/64 dev "$1" nodad
SCRIPT
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* } +ipv6"
sshd_start server

TRANSPORT='host 10.2.0.2 or host fd02::2'

# All IP that leaves on a wire and is not the transport, nor what IPv6 needs
# to find its neighbours.
listen_outside() { # NIC
	daemon "outside-$1" on client tcpdump -l -n -p -i "$1" -Q out \
		"not (tcp port 22 and ($TRANSPORT)) and"' (ip or (ip6 and not icmp6) or (icmp6 and
		 (ip6[40] = 128 or ip6[40] = 129)))'
	wait_for 10 "tcpdump listens on $1" \
		grep -q 'listening on' "$OUT/outside-$1.log"
}

# outside: how many packets went there so far
outside() {
	cat "$OUT"/outside-eth[01].log | grep -cE ' IP6? ' || true
}

knock_start() { # ten packets a second each way, answered or not
	daemon knock on client sh -c "ping -q -i 0.1 10.3.0.1 >/dev/null &
		ping -q -i 0.1 fd03::1 >/dev/null & wait"
}

# by_tunnel: the world sees our address of the tunnel
by_tunnel() {
	on client ping -q -n -c 1 -W 2 10.3.0.1 &&
		on client ping -q -n -c 1 -W 2 fd03::1 &&
		[[ "$(way 10.3.0.1) $(way fd03::1)" == 'ppp0 ppp0' ]]
}

way() { # ADDRESS: the interface that a packet to there takes
	ip -n client route get "$1" | grep -oP ' dev \K\S+'
}

# nothing_outside WHAT
nothing_outside() {
	is "$before" "$(outside)" "packets outside, $1"
}

before_all=$(routing client)
listen_outside eth0
listen_outside eth1
on client ping -q -n -c 1 10.3.0.1
on client ping -q -n -c 1 fd03::1
wait_for 5 "tcpdump shows what goes outside" eval '(($(outside) >= 2))'

note "--- up"
far_up call sshdial call closed
wait_for 10 "the world is reached through the tunnel" by_tunnel
sleep 0.5 # what was under way before
before=$(outside)
knock_start
sleep 1
like ' 10.2.0.2:22' "$(on client ss -Htn state established)" "the transport"
nothing_outside "while it is up"

note "--- the far session is killed"
cut_session
wait_for 15 "the tunnel is back" by_tunnel
nothing_outside "over a killed session"

note "--- sshd is away"
stop sshd-server
cut_session
wait_for 10 "it is noticed" says call 'connect: .*next try'
on client ping -q -n -c 3 -i 0.2 -W 1 10.3.0.1 && fail "it is reached"
on client ping -q -n -c 3 -i 0.2 -W 1 fd03::1 && fail "it is reached"
nothing_outside "while held"
sshd_start server
wait_for 15 "the tunnel is back" by_tunnel
nothing_outside "over an outage"

note "--- pppd is killed"
kill -KILL "$(local_pppd)"
wait_for 15 "the tunnel is back" by_tunnel
nothing_outside "over a killed pppd"

note "--- another gateway"
default_way 5 eth1
wait_for 15 "the transport goes by it" eval \
	'[[ $(on client ss -Htn state established) == *10.5.0.1:*10.2.0.2:22* ]]'
wait_for 15 "the tunnel is there" by_tunnel
nothing_outside "over a change of gateway"

note "--- another address"
ip -n client addr del 10.5.0.1/24 dev eth1
ip -n client addr add 10.5.0.7/24 dev eth1
default_way 5 eth1
wait_for 15 "the transport has it" eval \
	'[[ $(on client ss -Htn state established) == *10.5.0.7:*10.2.0.2:22* ]]'
wait_for 15 "the tunnel is there" by_tunnel
nothing_outside "over a change of address"

note "--- the supervisor is killed: closed until somebody opens"
kill -KILL "$(the sshdial)"
wait_for 15 "pppd has gone" no_ppp client
sleep 1
nothing_outside "after the supervisor was killed"
unset "DAEMON[call]"
far_up call2 sshdial call closed
wait_for 15 "the tunnel is back" by_tunnel
nothing_outside "until the next start"

note "--- hangup opens"
ok on client sshdial hangup closed
ended_within call2 15
stop knock
ip -n client addr del 10.5.0.7/24 dev eth1
ip -n client addr add 10.5.0.1/24 dev eth1
default_way 1 eth0
wait_for 5 "all is as before" routing_is client "$before_all"
ok on client ping -q -n -c 1 -W 5 10.3.0.1
ok on client ping -q -n -c 1 -W 5 fd03::1

note "--- without fail-closed"
far_up call3
wait_for 10 "the world is reached through the tunnel" by_tunnel
stop sshd-server
cut_session
fallen_back() {
	[[ "$(way 10.3.0.1) $(way fd03::1)" == 'eth0 eth0' ]] &&
		on client ping -q -n -c 1 -W 2 10.3.0.1 &&
		on client ping -q -n -c 1 -W 2 fd03::1
}
wait_for 10 "traffic falls back" fallen_back
sshd_start server
wait_for 15 "the tunnel is back" by_tunnel
stop call3 TERM 15
is 0 "$STATUS" "exit status"
wait_for 5 "all is as before" routing_is client "$before_all"

# Between loss and return the way back of the transport is one that only its
# rule knows, and a strict kernel looks at it.
over_redial() { # PEER TRANSPORT-REGEX
	far_up "call-$1" sshdial call "$1"
	wait_for 15 "the world is reached through the tunnel" by_tunnel
	like "$2" "$(on client ss -Htn state established)" "the transport"
	sleep 0.5
	before=$(outside)
	knock_start
	cut_session
	wait_for 20 "another session" says "call-$1" ': up: ' 2
	wait_for 15 "the tunnel is back" by_tunnel
	nothing_outside "over a redial"
	stop knock
	stop "call-$1" TERM 15
	wait_for 5 "all is as before" routing_is client "$before_all"
}
on client sysctl -qw net.ipv4.conf.all.rp_filter=1
before_all=$(routing client)

note "--- the transport by IPv6"
mode six 'fail-closed yes'
sed -i 's/^server .*/server fd02::2/' \
	"/proc/${HOST[client]}/root/etc/sshdial/six.conf"
known_hosts fd02::2,10.3.0.1 | on client tee -a /etc/sshdial/known_hosts \
	>/dev/null
over_redial six ']:22'

note "--- the transport by a hop in the world, where everything else is not"
sshd_start world
ip -n world route add 10.2.0.0/24 via 10.3.0.254
mode hopped 'fail-closed yes' 'hop 10.3.0.1'
stop outside-eth0
stop outside-eth1
TRANSPORT='host 10.3.0.1'
listen_outside eth0
listen_outside eth1
over_redial hopped ' 10.3.0.1:22'
pkill -KILL -f '^sshd: pppuser' || true
nothing_left client
