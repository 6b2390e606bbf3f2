#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                   server
#     sshdial call far, whose clock of all      sshd, and a far command that
#     time, with suspends, is ahead;            says a PPP frame, then stays
#     a pppd that is none
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: after a suspend a session that is fine stays, one that is dead is
# test: noticed at once, and a wait of a minute is over
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

# The clocks are looked at every 5 s; a server is asked, and has 2 s.
readonly TICK=5000 ASKED=2000 BUSY=1500

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far_peer far 'pppd /etc/sshdial/pppd' \
	"remote-command printf '\\176\\377\\175\\043'; exec cat" \
	'keepalive-interval 1m' 'redial-min 1m' 'redial-max 1m'
suspended=0
suspend() { # MILLISECONDS: since the last look at the clocks
	((suspended += $1)) || true
	# in one piece: it may be read at any time
	echo "$suspended" >/tmp/.slept.new
	mv /tmp/.slept.new /tmp/.slept
}
suspend 7000
daemon call on client env LD_PRELOAD="$REPO/build/tests/preload/slept.so" \
	SLEPT=/tmp/.slept sshdial call far
wait_for 10 "the link is up" says call ' up: '
session=$(the sshdial-session)

note "--- the session is fine"
suspend 3600000
wait_for 7 "it is seen" says call 'woken up after 3600 s'
sleep 2.5 # so long a server that is silent has
is "$session" "$(the sshdial-session)" "the session"
suspend 1500
sleep 5.5
is 1 "$(said call 'woken up')" "what is taken for a suspend"
is "$session" "$(the sshdial-session)" "the session"

note "--- the server is not there any more, and nothing says so"
ip -n server route add blackhole 10.9.0.1/32
suspend 60000
wait_for 12 "it is noticed" says call 'next try in'
like 'keepalive: nothing came from the server for .*next try in (59|1m)' \
	"$(grep 'next try in' "$OUT/call.log")" "the reason"
is 2 "$(said call 'woken up after')" "suspends"
((WAITED >= ASKED - 100 && WAITED <= TICK + ASKED + BUSY)) ||
	fail "noticed after $WAITED ms"

note "--- while it waits"
ip -n server route del blackhole 10.9.0.1/32
suspend 120000
wait_for 12 "it dials" says call ': resolve: ' 2
((WAITED <= TICK + BUSY)) || fail "it dialed after $WAITED ms"
wait_for 5 "the link is up" says call ' up: ' 2
is 3 "$(said call 'woken up after')" "suspends"
stop call
is 0 "$STATUS" "exit status"
nothing_left client
