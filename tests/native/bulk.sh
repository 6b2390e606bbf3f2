#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                  server
#     sshdial call far, a stand-in for pppd   sshd, a far command that says a
#     port 7001 ===========================>  PPP frame; port 1
#     port 2    <===========================  port 7002
#
# test: 1 GB through a forwarded port, and 1 GB through one at the server, beside
# test: a link: all of it arrives in order, and the session stays as small as it was
# limit: 300
. "$REPO/tests/lib/lib.sh"

readonly PARTS=32 PART=$((1000 * 1000 * 1000 / 32))

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far_peer far "remote-command printf '\\176\\377\\175\\043'; exec cat" \
	'pppd /etc/sshdial/pppd' \
	'forward-local 7001:localhost:1' 'forward-remote 7002:localhost:2'
random_file /srv/part "$PART"
daemon there on server perl "$REPO/tests/lib/answer.pl" 1 \
	sh -c 'sha256sum >/srv/there'
daemon here on client perl "$REPO/tests/lib/answer.pl" 2 \
	sh -c 'sha256sum >/srv/here'
daemon call on client sshdial call far
online() { on client sshdial status far; }
wait_for 10 "the link is up" online

gigabyte() {
	local n
	for ((n = 0; n < PARTS; n++)); do
		cat /srv/part
	done
}
export -f gigabyte
export PARTS
memory() { # KiB, the most that the session had
	sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' "/proc/$(pgrep -x sshdial-session)/status"
}
sum=$(gigabyte | sha256sum)

# moved HOST PORT NAME: 1 GB from HOST by its PORT; its sum comes to /srv/NAME
moved() {
	local start=${EPOCHREALTIME/./} ms
	ok on "$1" bash -c "gigabyte >/dev/tcp/127.0.0.1/$2"
	wait_for 60 "the other end has all of it" test -s "/srv/$3"
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	note "$3: $((PARTS * PART / ms / 1000)) MB/s"
	is "$sum" "$(cat "/srv/$3")" "what came $3"
}
moved client 7001 there
before=$(memory)
moved server 7002 here
after=$(memory)
note "the session's memory: $before KiB, then $after KiB"
((after < before + 4096)) || fail "the session grows: $before, $after KiB"
like ' online ' "$(on client sshdial status far)" "the link"
stop call
nothing_left client
