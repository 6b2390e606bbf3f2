#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                   server
#     sshdial pipe far, a fifo as the line     sshd, and a far command that
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: the route to the server is that of the SSH connection, as the rules for
# test: its port or its account have it; a name that is not resolved any more
# test: is dialed at its last address
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair
echo '10.9.0.2 gate' >>/etc/hosts
known_hosts 10.9.0.2,gate | put client /etc/sshdial/known_hosts
far_peer far 'server gate' 'redial-min 100ms' 'gate-time 0' \
	'connect-timeout 3s' \
	"remote-command printf '\\176\\377\\175\\043'; exec cat"
mkfifo /tmp/.line
# shellcheck disable=SC2034 # it keeps the fifo open
exec {LINE}<>/tmp/.line
daemon pipe on client sh -c 'exec sshdial pipe far <>/tmp/.line 2>&1 >/dev/null'
field() { on client sshdial status --json far | jq -r ".$1"; }
state_is() { [[ $(QUIET=1 field state) == "$1" ]]; }
wait_for 10 "the line is up" state_is online
session=$(field session_pid)
uid=$(id -u sshdial)
rule() { # add|del WORD...
	ip -n client rule "$1" "${@:2}"
}
ends_here() { [[ $(QUIET=1 field reason) == network ]]; }
stays() { # WHAT: a change of routes is seen, and the session is the same
	ip -n client route replace 10.66.0.0/16 dev lo table 8300
	ip -n client route replace default dev lo table 8300
	sleep 0.5
	is "$session" "$(field session_pid)" "the session, $1"
	is online "$(field state)" "the state, $1"
}

note "--- rules that lead all but the session elsewhere"
rule add pref 8301 to 10.9.0.2 ipproto tcp dport 22 lookup main
rule add pref 8304 lookup 8300
stays "with a rule for its port"
rule add pref 8300 uidrange "$uid-$uid" lookup main
rule del pref 8301
stays "with a rule for its account"
rule del pref 8300
ip -n client route replace 10.66.0.0/16 dev lo table 8300 metric 5
wait_for 5 "without one, it is ended" ends_here
like 'network: the route to 10.9.0.2 has changed' "$(log_of pipe)" "the log"
rule del pref 8304
again() { # another session than before
	state_is online && [[ $(QUIET=1 field session_pid) != "$session" ]]
}
wait_for 10 "there is another session" again

note "--- the name server is gone, at once or without a word"
sed '/ gate$/d' /etc/hosts >/tmp/.hosts
cat /tmp/.hosts >/etc/hosts
rm -f "/proc/${HOST[client]}/root/run/resolv.conf"
before=$(grep -c 'gate: not resolved; its last address is taken' "$OUT/pipe.log" || true)
is 0 "$before" "last addresses taken"
session=$(field session_pid)
ok on client sshdial redial far
wait_for 10 "there is another session" again
like 'resolve: gate: not resolved; its last address is taken' "$(log_of pipe)" \
	"the log"
echo nameserver 10.9.0.77 | put client /run/resolv.conf
session=$(field session_pid)
ok on client sshdial redial far
wait_for 10 "there is another session" again
is 2 "$(grep -c 'gate: not resolved; its last address is taken' \
	"$OUT/pipe.log")" "last addresses taken"
stop pipe
nothing_left client
