#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 -- 40 ms ---- 10.9.0.2 eth0 server, sshd
#     sshdial call far                   RekeyLimit 1M
#     a line and ports, some of them idle, on one connection
#
# test: forwarded ports beside a line while the server exchanges keys again and
# test: again: bytes compared, and idle connections are as good as before
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair 'RekeyLimit 1M' 'LogLevel DEBUG'
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far_peer far 'pppd /etc/sshdial/pppd' 'server 127.0.0.1' 'port 2200' \
	'host-key-alias 10.9.0.2' \
	"remote-command printf '\\176\\377\\175\\043'; exec cat" \
	'forward-local 7001:10.9.0.2:1' 'forward-local 7002:10.9.0.2:2' \
	'forward-remote 7003:localhost:3'
random_file /srv/big 12M
daemon delay on client python3 "$REPO/tests/lib/delay.py" 2200 10.9.0.2 22 20
wait_for 5 "the way is there" listens client 2200
daemon echo on server perl "$REPO/tests/lib/forward.pl" echo 10.9.0.2 1
daemon give on server perl "$REPO/tests/lib/answer.pl" 2 cat /srv/big
daemon back on client perl "$REPO/tests/lib/forward.pl" echo 127.0.0.1 3
field() { # NAME: of far's status
	QUIET=1 on client sshdial status --json far | jq -r ".$1"
}
online() {
	[[ $(field state) == online ]]
}
daemon call on client sshdial call far
wait_for 10 "far is called" online
session=$(field session_pid)
sum=$(sha256sum </srv/big)

# idle ROUND: eight connections that say a word now, and another one when a
# SIGUSR1 comes
idle() {
	# shellcheck disable=SC2016 # expanded over there
	daemon "idle$1" on client bash -c 'say() {
			echo "$2" >&"$1"
			read -r line <&"$1" && [[ $line == "$2" ]] && ((++n))
		}
		trap "go=1" USR1
		for i in {1..8}; do
			exec {fd}<>/dev/tcp/127.0.0.1/7001
			say "$fd" "hello $i"
			fds+=("$fd")
		done
		echo "$n before"
		until [[ ${go:-} ]]; do sleep 0.1; done
		for fd in "${fds[@]}"; do
			say "$fd" "still $fd"
		done
		echo "$n after"'
	wait_for 10 "they are there" grep -qx '8 before' "$OUT/idle$1.log"
}

# Windows are small after a second in which nothing has moved, and larger with
# each round trip of the next load: those of idle connections are not.
readonly ROUNDS=3
for ((round = 1; round <= ROUNDS; round++)); do
	note "--- round $round"
	sleep 1.2
	idle "$round"
	QUIET=1 on client nc -d 127.0.0.1 7002 >"/srv/down.$round" &
	down=$!
	QUIET=1 on server nc -N 127.0.0.1 7003 </srv/big >"/srv/back.$round" &
	back=$!
	is "$sum" "$(QUIET=1 on client nc -N 127.0.0.1 7001 </srv/big |
		sha256sum)" "there and back"
	ok wait "$down"
	ok wait "$back"
	cmp "/srv/down.$round" /srv/big
	cmp "/srv/back.$round" /srv/big
done
rekeys=$(grep -c 'SSH2_MSG_NEWKEYS received' "$OUT/sshd-server.log")
note "$rekeys key exchanges"
((rekeys > 50)) || fail "$rekeys key exchanges"
is "$session" "$(field session_pid)" "the session"

pkill -USR1 -f 'until .. \$.go' || fail "the idle ones are gone"
for ((round = 1; round <= ROUNDS; round++)); do
	ended_within "idle$round" 10
	is '16 after' "$(tail -n 1 "$OUT/idle$round.log")" "the idle ones"
done
stop call
nothing_left client
