#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server
#     file -> sshdial exec far cat -> file       sshd, new keys each MB
#
# test: new keys under full load in both directions lose no byte and never
# test: stall, nor does a reader that pauses after many of them
# limit: 150
. "$REPO/tests/lib/lib.sh"

readonly SIZE=$((200 * 1024 * 1024)) STALL=5
dial_pair 'RekeyLimit 1M' 'LogLevel DEBUG'
random_file /srv/sent "$SIZE"

daemon copy on client sh -c \
	'exec sshdial exec far cat </srv/sent >/srv/got 2>/srv/said'
wait_for 5 "the first bytes come back" test -s /srv/got
grows() { # more than SEEN bytes, or all of them
	size=$(stat -c %s /srv/got)
	((size > SEEN || size == SIZE))
}
SEEN=0 size=0 polls=0
while ((size < SIZE)); do
	QUIET=1 wait_for "$STALL" "more than $SEEN of $SIZE bytes" grows
	SEEN=$size
	((++polls % 20)) || note "$SEEN bytes"
	alive copy 2>/dev/null || break
	nap
done
ended_within copy "$STALL"
is 0 "$STATUS" "status: $(cat /srv/said)"
is '' "$(cat /srv/said)" "what was said"
same_file /srv/sent /srv/got
rekeys=$(grep -c 'SSH2_MSG_NEWKEYS received' "$OUT/sshd-server.log")
note "$rekeys exchanges of keys"
((rekeys > 100)) || fail "only $rekeys exchanges of keys"

note "--- a reader that pauses: what comes meanwhile waits in the window"
readonly PART=50000000
on client sshdial exec far head -c "$PART" /srv/sent |
	perl -e '$| = 1; while ($n = sysread STDIN, $b, 65536) {
		syswrite STDOUT, $b; $all += $n;
		sleep 2 if $all > 40e6 && !$slept++ }' |
	cmp -n "$PART" - /srv/sent
nothing_left client

note "--- a forwarded port of a call without a line"
daemon give on server perl "$REPO/tests/lib/answer.pl" 9 \
	head -c 9000000 /srv/sent
wait_for 5 "it gives" listens server 9
far_peer gate 'ppp no' 'forward-local 7009:10.9.0.2:9'
daemon gate on client sshdial call gate
online() {
	QUIET=1 on client sshdial status gate | grep -q online
}
wait_for 10 "gate is online" online
before=$(grep -c 'SSH2_MSG_NEWKEYS received' "$OUT/sshd-server.log")
on client nc -d 127.0.0.1 7009 | cmp -n 9000000 - /srv/sent
rekeys=$(($(grep -c 'SSH2_MSG_NEWKEYS received' "$OUT/sshd-server.log") - before))
((rekeys >= 8)) || fail "$rekeys exchanges of keys in 9 MB"
stop gate
rm -f "$OUT/sshd-server.log" # large
nothing_left client
