#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ppp0 192.168.45.2 ~~~~~~~~~~~~~ 192.168.45.1 ppp0 server
#     eth0 10.1.0.1 -- 5 ms, 100 Mbit/s -- 10.1.0.2 eth0
#     port 7001 ============ by the same connection ============> port 1
#
# test: an upload through a forwarded port, twenty downloads at once that share
# test: alike, twenty that nobody reads, an upload to a port at the server:
# test: ping through the tunnel takes at most twice what it takes without, beside
# test: the first, and three times beside the others; native/bulk moves 1 GB
# limit: 600
. "$REPO/tests/lib/lib.sh"

readonly PART=$((1000 * 1000 * 1000 / 32))

far_pair <<EOF
forward-local 7001:localhost:1
forward-local 7002:localhost:2
forward-remote 7003:localhost:3
EOF
far_command "$FAR_SEED"
sshd_start server
random_file /srv/part "$PART"
head -c 3000000 /srv/part >/srv/piece
daemon take on server perl "$REPO/tests/lib/answer.pl" 1 \
	sh -c 'sha256sum >/srv/got'
daemon give on server perl "$REPO/tests/lib/answer.pl" 2 cat /srv/piece
daemon sink on client perl "$REPO/tests/lib/answer.pl" 3 \
	sh -c 'exec cat >/dev/null'
far_up call

# network DELAY RATE: each way. The guest's one processor is slower than its
# wires, and whoever carries both waits for it: so one that is slower than that.
network() {
	local name
	for name in client server; do
		on "$name" tc qdisc replace dev eth0 root netem delay "$1" \
			rate "$2" limit 10000
	done
}

# pings NAME COUNT: sets MEDIAN, in us, of COUNT round trips by the tunnel
pings() {
	on client ping -n -c "$2" -i 0.1 -W 5 192.168.45.1 |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' |
		awk '{ print int($1 * 1000) }' | sort -n >/tmp/pings
	is "$2" "$(wc -l </tmp/pings)" "replies"
	MEDIAN=$(sed -n "$(($2 / 2))p" /tmp/pings)
	note "$1: median $MEDIAN us, p90 $(sed -n "$(($2 * 9 / 10))p" \
		/tmp/pings) us, most $(tail -n 1 /tmp/pings) us"
}

# alone COUNT: pings while nothing else moves. The processor works as it does
# beside what moves: a guest that is idle in between gets its host's at once.
alone() {
	daemon busy on client chrt -i 0 sh -c 'while :; do :; done'
	pings alone "$1"
	stop busy
	alone=$MEDIAN
}

# beside NAME COUNT TIMES: pings while daemon NAME moves bytes. Twenty windows of
# the smallest size are half a round trip by themselves; without a limit it would
# be that of all buffers on the way, twenty.
beside() {
	pings "beside $1" "$2"
	alive "$1" || fail "$1 was over before the pings"
	((MEDIAN <= $3 * alone)) ||
		fail "$MEDIAN us beside $1, and $alone us alone"
}

# parts FILE: the same part again and again, until FILE has been made; then FILE
# gets the number of parts
parts() {
	local n=0
	until [[ -e $1 ]]; do
		cat /srv/part
		((++n))
	done
	echo "$n" >"$1"
}
export -f parts

network 5ms 100mbit
alone 40
start=$SECONDS
daemon upload on client bash -c 'parts /srv/enough >/dev/tcp/127.0.0.1/7001'
sleep 2
beside upload 400 2
: >/srv/enough
ended_within upload 60
wait_for 60 "the other end has all of it" test -s /srv/got
count=$(cat /srv/enough)
note "$count parts, $((count * PART / (SECONDS - start) / 125000)) Mbit/s"
((count >= 3)) || fail "too little to say anything: $count parts"
is "$(for ((n = 0; n < count; n++)); do cat /srv/part; done | sha256sum)" \
	"$(cat /srv/got)" "what came"

network 10ms 40mbit
alone 40
# shellcheck disable=SC2016 # expanded over there
daemon downloads on client bash -c 'for i in {1..20}; do
	cat </dev/tcp/127.0.0.1/7002 >/tmp/down.$i &
done; wait'
sleep 2
beside downloads 40 3
sizes=$(stat -c %s /tmp/down.* | sort -n)
note "downloaded so far, the least and the most: $(sed -n '1p;$p' \
	<<<"$sizes" | xargs)"
(($(head -n 1 <<<"$sizes") * 2 > $(tail -n 1 <<<"$sizes"))) ||
	fail "they do not share alike"
ended_within downloads 100

# shellcheck disable=SC2016 # expanded over there
daemon stalled on client bash -c 'for i in {1..20}; do
	exec {fd}</dev/tcp/127.0.0.1/7002
done; exec sleep 100'
sleep 2
beside stalled 40 3
is "$(sha256sum </srv/piece)" \
	"$(on client nc -d 127.0.0.1 7002 | sha256sum)" "beside the stalled"
stop stalled

# What the server sends to a port there has a window of 2 MiB at first.
daemon back on server bash -c 'exec cat /srv/part /srv/part >/dev/tcp/127.0.0.1/7003'
sleep 3
beside back 40 3
stop back
stop call
nothing_left client
