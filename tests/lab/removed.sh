#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.1.0.1 ------- 10.1.0.2 server 10.4.0.2 ------- 10.4.0.1 world
#     eth0  fd01::1         fd01::2         fd04::2          fd04::1
#   ppp0 192.168.45.2 - - - 192.168.45.1 ppp0
#
# test: another program removes our rules and routes: they are there again
# test: within seconds, on a link that is up and on one that is held, and then
# test: not one packet goes outside; of a fight the log says what to do, once
# limit: 200
# shellcheck disable=SC2016 # what is in single quotes is evaluated later
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"
. "$REPO/tests/lib/routing.sh"

host client server world
link client 10.1.0.1/24,fd01::1/64 server 10.1.0.2/24,fd01::2/64
link server 10.4.0.2/24,fd04::2/64 world 10.4.0.1/24,fd04::1/64
forward server yes
ip -n client route add default via 10.1.0.2
ip -n client -6 route add default via fd01::2
ip -n world route add default via 10.4.0.2
ip -n world -6 route add default via fd04::2

far_setup 10.1.0.2 <<'LINES'
gate-time 500ms
redial-min 500ms
redial-max 2s
local-address6 fd45::2/64
remote-address6 fd45::1
route default
fail-closed yes
LINES
hook_install client
put server /etc/ppp/ipv6-up.d/address 755 <<'SCRIPT'
#!/bin/sh
ip addr add fd45::1/64 dev "$1" nodad
SCRIPT
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* } +ipv6"
sshd_start server

daemon outside on client tcpdump -l -n -p -i eth0 -Q out \
	'not (tcp port 22) and (ip or (ip6 and not icmp6) or
	 (icmp6 and (ip6[40] = 128 or ip6[40] = 129)))'
wait_for 10 "tcpdump listens" grep -q 'listening on' "$OUT/outside.log"
outside() { # how many packets went there so far
	grep -cE ' IP6? ' "$OUT/outside.log" || true
}
way() { # ADDRESS: the interface that a packet to there takes
	ip -n client route get "$1" | grep -oP ' dev \K\S+'
}
by_tunnel() {
	on client ping -q -n -c 1 -W 2 10.4.0.1 &&
		on client ping -q -n -c 1 -W 2 fd04::1 &&
		[[ "$(way 10.4.0.1) $(way fd04::1)" == 'ppp0 ppp0' ]]
}
ours() { # all that is ours, as it should be
	ip -n client rule show
	ip -n client -6 rule show
	ip -n client route show table 8300
	ip -n client -6 route show table 8300
}
restored() { [[ $(ours) == "$whole" ]]; }
says() { # TEXT: how often the log does
	log_of call | grep -c "$1" || true
}

# removed WHAT COMMAND: COMMAND removes something, on the client; all is there
# again, and from then on nothing goes outside
removed() {
	local before
	note "--- $1"
	on client sh -c "$2"
	wait_for 5 "all is there again" restored
	sleep 0.3 # what was under way
	before=$(outside)
	sleep 1.5
	is "$before" "$(outside)" "packets outside, after $1"
	note "it took $WAITED ms"
}

RULES='for p in 8300 8400 8500 8600; do ip rule del pref $p
	ip -6 rule del pref $p 2>/dev/null; done; true'
RULES6='for p in 8300 8500 8600; do ip -6 rule del pref $p; done'
FLUSH='ip route flush table 8300; ip -6 route flush table 8300'

before_all=$(routing client)
far_up call sshdial call far
wait_for 10 "the world is reached through the tunnel" by_tunnel
whole=$(ours)
daemon knock on client sh -c "ping -q -i 0.1 10.4.0.1 >/dev/null &
	ping -q -i 0.1 fd04::1 >/dev/null & wait"
session=$(the sshdial-session)
removed "all rules are removed" "$RULES"
is 1 "$(says 'another program has removed')" "the log says so"
removed "the rules of IPv6 are removed" "$RULES6"
removed "the table is flushed" "$FLUSH"
is "$session" "$(the sshdial-session)" "the session's process id"
ok on client sshdial status far
by_tunnel || fail "the world is not reached through the tunnel"

note "--- a fight"
daemon fight on client sh -c 'while :; do
	ip rule del pref 8600 2>/dev/null; sleep 0.05; done'
sleep 12
stop fight
wait_for 11 "all is there again" restored
is 1 "$(says 'keeps removing.*ManageForeignRoutingPolicyRules=no')" \
	"the log says what to do"
is 1 "$(says 'another program has removed')" "and no more than that"

note "--- the link is held"
wait_for 10 "the world is reached through the tunnel" by_tunnel
stop sshd-server
cut_session
held() { { on client sshdial status far || true; } | grep -q ' held '; }
wait_for 10 "it is held" held
sleep 1
whole=$(ours)
before=$(outside)
on client sh -c "$RULES"
wait_for 12 "all is there again" restored
sleep 0.3
before=$(outside)
sleep 1.5
is "$before" "$(outside)" "packets outside, while it is held"

stop knock
stop call TERM 15
is "$before_all" "$(routing client)" "rules and routes afterwards"
pkill -KILL -f '^sshd: pppuser' || true
nothing_left client
