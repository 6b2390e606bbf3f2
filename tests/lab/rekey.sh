#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd, RekeyLimit 1M
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: with new keys at every megabyte, full load in both directions at once
# test: goes on without a pause and without a wrong byte
# limit: 200
. "$REPO/tests/lib/lib.sh"

readonly BYTES=$((100 * 1024 * 1024)) STILL=5 REKEYS=50

far_pair <<'EOF'
remote-command false
EOF
far_command "$FAR_SEED"
sshd_start server 'RekeyLimit 1M' 'LogLevel DEBUG'
far_up call

# take HOST ADDRESS PORT: keeps the checksum of what comes there
take() {
	# shellcheck disable=SC2016 # expanded over there
	daemon "take-$1" on "$1" sh -c 'nc -d -l "$1" "$2" | md5sum' \
		take "$2" "$3"
	wait_for 5 "$1 listens" listens "$1" "$3"
}

# give HOST ADDRESS PORT: the same bytes for the same port, made as they go
give() {
	local key
	key=$(printf '%032x' "$3")
	# shellcheck disable=SC2016
	daemon "give-$1" on "$1" sh -c 'head -c "$1" /dev/zero |
		openssl enc -aes-128-ctr -K "$2" -iv "$2" | nc -N "$3" "$4"' \
		give "$BYTES" "$key" "$2" "$3"
}

sum_of() { # PORT
	local key
	key=$(printf '%032x' "$1")
	head -c "$BYTES" /dev/zero |
		openssl enc -aes-128-ctr -K "$key" -iv "$key" | md5sum
}

counters() { # bytes received and sent by the client's ppp0, into IN and SENT
	local n
	while read -r -a n; do
		[[ ${n[0]} == ppp0: ]] || continue
		IN=${n[1]} SENT=${n[9]}
		return
	done <"/proc/${HOST[client]}/net/dev"
	fail "ppp0 is gone"
}

rekeys() {
	grep -c 'SSH2_MSG_NEWKEYS received' "$OUT/sshd-server.log"
}

# Until both have come; both counters have to move all the time.
watch_both() {
	local now was_in=0 was_sent=0 in_at=${EPOCHREALTIME/./} sent_at
	sent_at=$in_at
	until is_gone "$(pid_of take-client)" &&
		is_gone "$(pid_of take-server)"; do
		counters
		now=${EPOCHREALTIME/./}
		((IN == was_in)) || in_at=$now
		((SENT == was_sent)) || sent_at=$now
		was_in=$IN was_sent=$SENT
		((now - in_at < STILL * 1000000 &&
			now - sent_at < STILL * 1000000)) ||
			fail "ppp0 stood still for $STILL s: received $IN," \
				"sent $SENT, $(rekeys) rekeyings"
		nap
	done
}

take server 192.168.45.1 5001
take client 192.168.45.2 5002
start=${EPOCHREALTIME/./}
give client 192.168.45.1 5001
give server 192.168.45.2 5002
watch_both
ms=$(((${EPOCHREALTIME/./} - start) / 1000))
ended_within take-server 1
ended_within take-client 1
rate_of "$BYTES" "$ms"
note "$BYTES bytes each way in $ms ms, $RATE Mbit/s each, $(rekeys) rekeyings"
is "$(sum_of 5001)" "$(log_of take-server)" "what the server got"
is "$(sum_of 5002)" "$(log_of take-client)" "what the client got"
(($(rekeys) > REKEYS)) || fail "$(rekeys) rekeyings, $REKEYS wanted"

stop call INT 10
is 0 "$STATUS" "exit status"
nothing_left client
nothing_left server
