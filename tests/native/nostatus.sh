#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server, sshd
#     sshdial exec far CMD               ChannelTimeout session:command=1s
#
# test: exec whose server closes the channel without an exit status ends with
# test: 255 and says so, on a connection of its own and over a session
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair 'ChannelTimeout session:command=1s'
readonly SAYS="the server closed the command's channel without an exit status"
far() { # [--shared] far CMD...
	QUIET=1 on client sshdial exec "$@"
}

note "--- its own connection"
ends 255 "$SAYS" far far 'echo half; sleep 8; echo all'
is half "$(fails_with 255 far far 'echo half; sleep 8; echo all' 2>/dev/null)" \
	"the output until then"
ends 0 '' far far true
ends 9 '' far far 'exit 9'
ends 255 'was killed by SIGTERM$' far far 'kill -TERM $$'

note "--- over the session of a call"
far_peer far 'ppp no' 'forward-local 7007:10.9.0.2:7'
daemon call on client sshdial call far
online() {
	QUIET=1 on client sshdial status far | grep -q online
}
logins() {
	grep -c 'Accepted publickey for' "$OUT/sshd-server.log"
}
wait_for 10 "far is called" online
before=$(logins)
ends 255 "$SAYS" far --shared far 'echo half; sleep 8; echo all'
for status in 0 9 0; do
	ends "$status" '' far --shared far "exit $status"
done
is "$before" "$(logins)" "logins: these were no connections of their own"
stop call
nothing_left client
