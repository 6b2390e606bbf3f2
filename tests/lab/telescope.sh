#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - - - 192.168.45.1 ppp0
#
# Firewalls: a, b, c and the server take SSH from their neighbours and nothing
# else, and pass nothing on.
#
# test: a tunnel through one, two and three hops over firewalls that let only
# test: SSH pass one step; a hop that dies is noticed, named and redialled
# limit: 240
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

chain client a b c server
readonly ON=(client a b c server)
for name in a b c server; do
	on "$name" iptables-legacy-restore <<'LINES'
*filter
:INPUT DROP
:FORWARD DROP
-A INPUT -i lo -j ACCEPT
-A INPUT -i ppp+ -j ACCEPT
-A INPUT -m state --state ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
LINES
done
far_setup 10.1.0.2,10.2.0.2,10.3.0.2,10.4.0.2 <<<'remote-command false'
far_command "$FAR_SEED"
for name in a b c server; do
	[[ $name == server ]] || ppp_secret "$name" 'pppuser * geheim *'
	sshd_start "$name"
done
for n in 1 2 3; do
	{
		for ((i = 1; i <= n; i++)); do
			echo "hop 10.$i.0.2"
		done
		printf '%s\n' "server 10.$((n + 1)).0.2" 'ppp-user pppuser' \
			'identity /root/.ssh/id_ed25519' 'gate-time 1s' \
			'redial-min 500ms'
	} | peer client "far$n"
done

up() { # HOPS: the tunnel to the host behind so many
	wait_for 40 "the client's ppp0 has the addresses" \
		ppp_address client ppp0 192.168.45.2 192.168.45.1
	wait_for 20 "${ON[$1 + 1]} has them" \
		ppp_address "${ON[$1 + 1]}" ppp0 192.168.45.1 192.168.45.2
}

note "--- nothing but SSH, and one step"
ok on client nc -z -w 2 10.1.0.2 22
daemon web on a nc -lk 80
wait_for 5 "a serves port 80" listens a 80
fails_with 1 on client nc -z -w 1 10.1.0.2 80
ip -n client route add 10.2.0.0/16 via 10.1.0.2
forward a yes
fails_with 1 on client nc -z -w 1 10.2.0.2 22
ip -n client route del 10.2.0.0/16
stop web

for n in 1 2 3; do
	note "--- through $n"
	daemon "call$n" on client sshdial call "far$n"
	up "$n"
	ping_ok client 192.168.45.1
	for ((i = 1; i <= n; i++)); do
		for step in connect 'host key' login; do
			like "$step: hop 10.$i.0.2: " "$(log_of "call$n")" "its log"
		done
	done
	like "connect: 10.$((n + 1)).0.2 port 22 from 10.$n.0.2 " \
		"$(log_of "call$n")" "the last step"
	is 1 "$(pgrep -cx sshdial-session)" "sessions"
	is '' "$(pgrep -x ssh || true)" "programs beside it"
	((n == 3)) || {
		stop "call$n" INT 15
		is 0 "$STATUS" "exit status"
		wait_for 10 "${ON[n + 1]}'s ppp0 is gone" ppp_gone "${ON[n + 1]}" ppp0
	}
done

note "--- bytes through three"
tcp_copy client server 192.168.45.1 1M
tcp_copy server client 192.168.45.2 1M 5001

pppd=$(pgrep -x -P "$(pid_of call3)" pppd)
for name in a b c; do
	note "--- $name's session is killed"
	before=$(said call3 'next try in')
	monitor=$(pgrep -P "$(pid_of "sshd-$name")")
	kill -KILL "$(pgrep -P "$monitor")" "$monitor"
	wait_for 10 "it is noticed" \
		says call3 'next try in' $((before + 1))
	wait_for 30 "pings are answered" on client ping -q -n -c 1 -W 1 192.168.45.1
done
for n in 1 2 3; do
	like "link-lost: .*hop 10.$n.0.2( closed the connection|: Connection reset)" \
		"$(log_of call3)" "its log"
done
note "--- b takes no more from a"
on b iptables-legacy -I INPUT -s 10.2.0.1 -j DROP
before=$(said call3 'next try in')
wait_for 30 "it is noticed" says call3 'next try in' $((before + 1))
like 'keepalive: nothing came from hop 10.2.0.2 for 15s, while hop 10.1.0.2 answers; next try' \
	"$(log_of call3)" "its log"
on b iptables-legacy -D INPUT -s 10.2.0.1 -j DROP
wait_for 30 "pings are answered" on client ping -q -n -c 1 -W 1 192.168.45.1
is "$pppd" "$(pgrep -x -P "$(pid_of call3)" pppd)" "pppd's process id"
stop call3 INT 15
is 0 "$STATUS" "exit status"
nothing_left client
