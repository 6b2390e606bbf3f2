#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1/24 ----- 10.1.0.2/24 eth0 server
#          ppp0 192.168.45.2 - - - - - 192.168.45.1 ppp0
#
# test: routes, rules, addresses, resolv.conf and sysctls are the same before
# test: and after: hangup, SIGTERM, SIGKILL of each process, commands that
# test: hang or fail; as a split and as a full tunnel, in both families
# limit: 300
# shellcheck disable=SC2016 # what is in single quotes is evaluated later
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"
. "$REPO/tests/lib/routing.sh"

host client server
link client 10.1.0.1/24,fd01::1/64 server 10.1.0.2/24,fd01::2/64
ip -n client route add default via 10.1.0.2
ip -n client -6 route add default via fd01::2
far_setup 10.1.0.2 <<'LINES'
gate-time 500ms
redial-min 200ms
redial-max 1s
local-address6 fd45::2/64
dns 192.168.45.53
dns-search example.org
LINES
mode split 'up echo up >>/tmp/.commands' 'route 10.8.0.0/16' 'route 10.9.0.0/16 metric 7' \
	'route fd08::/32' 'route 10.7.0.0/16 table 77' \
	'down echo "down $SSHDIAL_EVENT" >>/tmp/.commands'
mode full 'route default' 'route-exclude 10.66.0.0/16' \
	'route-exclude fd66::/16' 'fail-closed yes' 'down exit 3'
mode hangs 'up echo up >>/tmp/.commands' 'route default' 'route fd08::/32' 'down exec sleep 60'
hook_install client
printf 'nameserver 10.1.0.2\nsearch home.example' |
	put client /etc/resolv.conf
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* } +ipv6"
sshd_start server
before=$(routing client)
CALLS=0

# dial PEER: it is up, and what it wants is there. CALL is its daemon.
dial() {
	CALL=call$((++CALLS))
	daemon "$CALL" on client sshdial call "$1"
	wait_for 20 "$1 is up" has_all "$1"
}

has_all() { # PEER: its last route of each family, and its name server
	local want4='dev ppp0 .*proto 83' want6='fd08::/32 dev ppp0'
	[[ $1 == split ]] || want6='dev ppp0'
	ip -n client route show table all | grep -q "$want4" &&
		ip -n client -6 route show table all | grep -q "^.*$want6.*proto 83" &&
		ip -n client -6 addr show dev ppp0 | grep -q fd45::2 &&
		on client grep -q 192.168.45.53 /etc/resolv.conf
}

same() { # HOW
	wait_for 10 "all is as before: $1" routing_is client "$before"
}

# over HOW SECONDS: the call has ended, and all is as it was
over() {
	ended_within "$CALL" "$2"
	same "$1"
	nothing_left client
}

gone() { # the supervisor was killed: what it has started ends by itself
	wait_for 15 "pppd and session have ended" no_process
	unset "DAEMON[$CALL]"
}

for peer in split full; do
	note "--- $peer: hangup"
	dial $peer
	[[ $(routing client) != "$before" ]] || fail "nothing was changed"
	ok on client sshdial hangup $peer
	over hangup 15

	note "--- $peer: SIGTERM"
	dial $peer
	kill -TERM "$(pid_of "$CALL")"
	over SIGTERM 15

	note "--- $peer: SIGKILL of the session, of pppd, then SIGINT"
	dial $peer
	cut_own
	wait_for 10 "another session" says "$CALL" ': up: ' 2
	kill -KILL "$(local_pppd)"
	wait_for 15 "another pppd" says "$CALL" ': up: ' 3
	wait_for 10 "$peer is up" has_all $peer
	kill -INT "$(pid_of "$CALL")"
	over 'SIGKILL of session and pppd' 15

	note "--- $peer: SIGKILL of the supervisor, then the next start"
	dial $peer
	kill -KILL "$(pid_of "$CALL")"
	gone
	dial $peer
	ok on client sshdial hangup $peer
	over 'SIGKILL and a next start' 15

	note "--- $peer: SIGKILL of all at once, then check --repair"
	dial $peer
	pkill -KILL -x 'sshdial|sshdial-session|pppd'
	gone
	[[ $(routing client) != "$before" ]] || fail "nothing was left"
	on client sshdial check --repair $peer || true
	same 'SIGKILL of all and a check'
done

note "--- a hook that is killed"
mode slow 'route default' 'route fd08::/32' 'up exec sleep 61'
CALL=slow
daemon "$CALL" on client sshdial call slow
wait_for 20 "its command runs" pgrep -fx 'sleep 61'
pkill -KILL -f 'sshdial hook ip-up'
pkill -KILL -fx 'sleep 61' || true
kill -TERM "$(pid_of "$CALL")"
over 'SIGKILL of the hook' 25

note "--- a down command that hangs"
dial hangs
kill -TERM "$(pid_of "$CALL")"
open_again() { # but for the files of the supervisor, which waits for it
	diff <(echo "$before") <(routing client | grep -v '^hangs\.')
}
wait_for 10 "all is as before, whatever it does" open_again
over 'a command that hangs' 30
wait_for 15 "the command has ended" eval '! pgrep -fx "sleep 60"'
like 'up' "$(</tmp/.commands)" "the commands that have run"
like 'down down' "$(</tmp/.commands)" "the commands that have run"
