#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ---------------------- router ---------------------- server
#   eth0 10.1.0.1    10.1.0.254 eth0, eth1 10.2.0.254    10.2.0.2 eth0
#   ppp0 192.168.45.2 - - - - - - - - - - - - - - 192.168.45.1 ppp0
#
# test: a path that drops everything is noticed within keepalive-interval
# test: times keepalive-count and 2 s, idle and with traffic, and heals
# limit: 150
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

routed_pair <<'LINES'
remote-command false
gate-time 500ms
redial-min 500ms
redial-max 1s
connect-timeout 2s
LINES

# path_back: a try may be under way and fail, then the next one heals it
path_back() {
	forward router yes
	gap_from
	wait_for 8 "pings are answered" answered_at_all
	is "$pppd" "$(local_pppd)" "pppd's process id"
}

readonly WHY='warning: (keepalive: nothing came|link-lost: .*timed out)'

for mode in '5s 17000' '1s 5000'; do
	read -r interval most <<<"$mode"
	note "--- keepalive-interval $interval: idle"
	mode "every-$interval" "keepalive-interval $interval"
	far_up "$interval" sshdial call "every-$interval"
	pppd=$(local_pppd)
	# the last byte may have come an interval before the cut
	cut_path "$interval" $((most * 2 / 5)) "$most" "$WHY"
	pings_start client 192.168.45.1
	path_back
	note "--- keepalive-interval $interval: with traffic"
	stream_start client server 192.168.45.1
	cut_path "$interval" 1000 "$most" "$WHY"
	path_back
	stream_end
	stop pings INT
	stop "$interval" TERM 10
	is 0 "$STATUS" "exit status"
	nothing_left client
done
