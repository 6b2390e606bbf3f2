#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server
#     sshdial call far         sshd
#
# test: a server with an address and without a route is dialed as soon as a
# test: rule that hid it is gone, and by redial-max in any case; from
# test: bind-address by the rule for that address
# limit: 90
. "$REPO/tests/lib/lib.sh"

dial_pair
field() { # of the status, which ends with 1 unless online
	{ on client sshdial status --json far || true; } | jq -r ".$1"
}
state_is() { [[ $(QUIET=1 field state) == "$1" ]]; }
waits() {
	tail -n 1 "$OUT/call.log" | grep -q 'waiting for a route to the server'
}
call() { # LINE...
	far_peer far 'ppp no' 'forward-local 8080:localhost:22' \
		'redial-min 100ms' 'gate-time 0' "$@"
	daemon call on client sshdial call far
	wait_for 10 "far is online" state_is online
}
cut() { pkill -KILL -f '^sshd: alice' || true; }
rule() { # add|del WORD...
	ip -n client rule "$1" "${@:2}"
}

note "--- a rule hides the server, and goes"
call 'redial-max 5m'
rule add prio 10 to 10.9.0.2 unreachable
cut
wait_for 5 "it waits" waits
like '^[0-9]+$' "$(field next_try_ms)" "the next try"
rule del prio 10
wait_for 3 "far is online again" state_is online
stop call

note "--- it is tried by redial-max, as the kernel's answer may be wrong"
call 'redial-max 2s'
rule add prio 10 to 10.9.0.2 unreachable
cut
wait_for 5 "it waits" waits
tries() { grep -c ': resolve: ' "$OUT/call.log"; }
before=$(tries)
two_more() { (($(tries) >= before + 2)); }
wait_for 8 "there were two more tries" two_more
rule del prio 10
wait_for 3 "far is online again" state_is online
stop call

note "--- a route for one source address alone"
ip -n client route add 10.9.0.0/24 dev eth0 table 100
rule add from 10.9.0.1 lookup 100
ip -n client route del 10.9.0.0/24 dev eth0
call 'redial-max 5m' 'bind-address 10.9.0.1'
before=$(field session_pid)
cut
another() { state_is online && [[ $(QUIET=1 field session_pid) != "$before" ]]; }
wait_for 5 "far is online again" another
stop call
nothing_left client
