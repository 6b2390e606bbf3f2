#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server
#     sshdial call far         sshd
#
# test: what the ledger of a call has is set again when another program has
# test: removed it, but not while a hook has the ledger; a call that cannot
# test: begin leaves the ledger alone; the supervisor of an ordinary user says
# test: once that it may not
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair
far_peer far 'ppp no' 'forward-local 8080:localhost:22'
state_is() { # STATE: `status` ends with 1 unless online
	[[ $({ QUIET=1 on client sshdial status --json far || true; } |
		jq -r .state) == "$1" ]]
}
rule() { # add|del WORD...
	ip -n client rule "$1" "${@:2}"
}
rules() { ip -n client rule | grep -c 'proto 83' || true; }
rules_are() { [[ $(rules) == "$1" ]]; }
says() { grep -c "$1" "$OUT/call.log" || true; }

note "--- root's call"
daemon call on client sshdial call far
wait_for 10 "far is online" state_is online
# as the hook of a full tunnel would have done
printf '%s\n' 'slot 0' 'rule 4 8500 main open' 'rule 4 8600 table 8300 open' |
	put client /run/sshdial/far.undo 600
rule add pref 8500 lookup main suppress_prefixlength 0 protocol 83
rule add pref 8600 lookup 8300 protocol 83
rule del pref 8600
wait_for 2 "the rule is there again" rules_are 2
is 1 "$(says 'has removed rules or routes of this link; 1 set again')" "the log"
rule flush
rule add pref 32766 lookup main
wait_for 2 "both rules are there again" rules_are 2

note "--- a rule of another peer"
rule add pref 8601 lookup 8301 protocol 83
rule del pref 8601
sleep 0.5
is 2 "$(rules)" "the rules"

note "--- a hook is at work"
daemon hook on client flock /run/sshdial/.far.undo.lock sleep 2
sleep 0.3
rule del pref 8500
sleep 1
is 1 "$(rules)" "rules while the ledger is locked"
wait_for 4 "the rule is there again" rules_are 2
stop call
is 0 "$(rules)" "rules after the call"
[[ ! -e /proc/${HOST[client]}/root/run/sshdial/far.undo ]] ||
	fail "the ledger is left"

note "--- a call that cannot begin undoes nothing of one that was killed"
daemon call on client sshdial call far
wait_for 10 "far is online" state_is online
printf '%s\n' 'slot 0' \
	'unreachable 4 10.77.0.0/16 metric 4294967294 table 254' |
	put client /run/sshdial/far.undo 600
on client ip route add unreachable 10.77.0.0/16 metric 4294967294 proto 83
kill -KILL "$(pid_of call)"
ended_within call 2
# shellcheck disable=SC2016 # Perl's
daemon port on client setpriv --reuid nobody --clear-groups \
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1,
		LocalAddr => "127.0.0.1", LocalPort => 8080, ReuseAddr => 1) or
		die "$@"; $| = 1; print "ready\n"; sleep 60'
wait_for 5 "another program has the port" grep -q ready "$OUT/port.log"
fails_with 1 on client sshdial call far
like '^unreachable 10.77.0.0/16' "$(on client ip route show proto 83)" \
	"the routes"
stop port
on client sshdial check --repair far >/dev/null || true
is '' "$(on client ip route show proto 83)" "the routes after check --repair"

note "--- the call of an ordinary user"
user_add carol
mkdir -p /run/user/carol
chown carol: /run/user/carol
install -o carol -m 600 /root/keys/id_ed25519 /home/carol/id_ed25519
far_peer far 'ppp no' 'forward-local 8080:localhost:22' \
	'identity ~/id_ed25519'
daemon call on client setpriv --reuid carol --regid carol --init-groups \
	env HOME=/home/carol XDG_RUNTIME_DIR=/run/user/carol \
	sshdial call far
wait_for 10 "far is online" grep -q 'up: the forwards are there' "$OUT/call.log"
for _ in 1 2; do
	rule add pref 8600 lookup 8300 protocol 83
	rule del pref 8600
	sleep 0.3
done
is 1 "$(says 'was removed while the link is up; only a call by root')" "the log"
stop call
nothing_left client
