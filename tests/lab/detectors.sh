#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ---------------------- router ---------------------- server
#   eth0 10.1.0.1    10.1.0.254 eth0, eth1 10.2.0.254    10.2.0.2 eth0
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - 192.168.45.1 ppp0
#
# test: each way to notice a dead path does so alone; with all of them off
# test: a session and a TCP stream outlive 30 s without a path
# limit: 280
# waits: yes
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

routed_pair <<'LINES'
remote-command false
gate-time 500ms
redial-min 500ms
redial-max 1s
connect-timeout 2s
ipv6 no
LINES
on client sysctl -qw net.ipv4.tcp_keepalive_time=1 \
	net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=3

# all of them off
readonly OFF=('keepalive-interval 0' 'tcp-keepalive no' 'tcp-user-timeout no'
	'watch-route no')

# alone NAME LINE...: all off but for what the LINEs say; up as daemon NAME
alone() {
	local lines=("${OFF[@]}") line i
	note "--- $1 alone"
	for line in "${@:2}"; do
		for i in "${!lines[@]}"; do
			[[ ${lines[i]%% *} != "${line%% *}" ]] || unset "lines[i]"
		done
	done
	mode "$1" "${lines[@]}" "${@:2}"
	far_up "$1" sshdial call "$1"
}

# over NAME: the path is back, and the link is ended, also where the server
# has not seen that its session is dead
over() {
	forward router yes
	stop "$1" TERM 10
	is 0 "$STATUS" "exit status"
	pkill -KILL -f '^sshd: pppuser' || true
	nothing_left client
}

alone keepalive 'keepalive-interval 1s'
cut_path keepalive 1500 5000 'keepalive: nothing came from the server for 3s'
over keepalive

alone user-timeout 'tcp-user-timeout 3s'
pings_start client 192.168.45.1
cut_path user-timeout 2500 6000 'link-lost: .*[Tt]imed out'
stop pings INT
over user-timeout

alone tcp-keepalive 'tcp-keepalive yes'
cut_path tcp-keepalive 1500 6000 'link-lost: .*[Tt]imed out'
over tcp-keepalive

alone monitor 'monitor 192.168.45.1' 'monitor-interval 1s'
cut_path monitor 1500 5000 'monitor: 192.168.45.1 gave no answer to 3'
over monitor

alone watch-route 'watch-route yes'
before=$(said watch-route 'network: the way')
ip -n client route del default
wait_for 2 "it is noticed" says watch-route \
	'network: the route to 10.2.0.2 is gone' $((before + 1))
ip -n client route add default via 10.1.0.254
over watch-route

note "--- nothing is noticed"
mode nothing "${OFF[@]}"
far_up nothing sshdial call nothing
session=$(the sshdial-session)
stream_start client server 192.168.45.1
forward router no
sleep 30
forward router yes
stream_flows 30
is "$session" "$(the sshdial-session)" "the session's process id"
stream_end
is 0 "$(said nothing 'next try in')" "sessions that ended"
over nothing
