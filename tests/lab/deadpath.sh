#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ---------------------- router ---------------------- server
#   eth0 10.1.0.1    10.1.0.254 eth0, eth1 10.2.0.254    10.2.0.2 eth0
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - 192.168.45.1 ppp0
#
# test: a path that drops everything is noticed within keepalive-interval
# test: times keepalive-count and 2 s, idle and with traffic, and heals
# test: within 2 s of the next try
# limit: 240
# waits: yes
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

routed_pair <<'LINES'
remote-command false
gate-time 500ms
redial-min 500ms
redial-max 1s
connect-timeout 2s
LINES

# path_back NAME: between two tries. HEALED are the milliseconds from the next
# try's first packet to the first answer through the tunnel.
path_back() {
	local failed
	failed=$(said "$1" 'next try in')
	wait_for 8 "a try has failed" says "$1" 'next try in' $((failed + 1))
	like 'warning: connect-timeout' "$(grep 'next try' "$OUT/$1.log" |
		tail -n 1)" "why it has failed"
	forward router yes
	gap_from
	wait_for 8 "pings are answered" answered_at_all
	healed
	is "$pppd" "$(local_pppd)" "pppd's process id"
}

healed() {
	local line began=0 first t
	line=$(grep -m 1 ttl= /tmp/.pings)
	first=${line:1:10}${line:12:3}
	while read -r line _; do
		[[ $line == [0-9]* ]] || continue # what tcpdump says itself
		t=${line:0:10}${line:11:3}
		((t > first)) || began=$t
	done <"$OUT/tries.log"
	((began > BROKEN)) || fail "no try was seen"
	HEALED+=($((first - began)))
	note "healed ${HEALED[-1]} ms after the try began"
}

readonly WHY='warning: (keepalive: nothing came|link-lost: .*timed out)'

HEALED=()
daemon tries on client tcpdump --immediate-mode -lnttp -i eth0 \
	'dst port 22 and tcp[tcpflags] & tcp-syn != 0'
for mode in '5s 17000' '1s 5000'; do
	read -r interval most <<<"$mode"
	note "--- keepalive-interval $interval: idle"
	mode "every-$interval" "keepalive-interval $interval"
	far_up "$interval" sshdial call "every-$interval"
	pppd=$(local_pppd)
	# the last byte may have come an interval before the cut
	cut_path "$interval" $((most * 2 / 5)) "$most" "$WHY"
	pings_start client 192.168.45.1
	path_back "$interval"
	note "--- keepalive-interval $interval: with traffic"
	stream_start client server 192.168.45.1
	cut_path "$interval" 1000 "$most" "$WHY"
	path_back "$interval"
	stream_end
	stop pings INT
	stop "$interval" TERM 10
	is 0 "$STATUS" "exit status"
	nothing_left client
	logins 10.2.0.2
done
took=$(median "${HEALED[@]}")
most=$(allowed 2000)
note "healed after ${HEALED[*]} ms, median $took"
((took <= most)) || fail "healed after $took ms, of $most"
