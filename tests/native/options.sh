#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server, sshd
#
# test: options may stand before and behind the name of the peer, "--" ends
# test: them, and behind the first word of a command they are the command's
. "$REPO/tests/lib/lib.sh"

dial_pair
sshd_start server 'Port 2222'
far_peer far 'ppp no' 'forward-local 7007:10.9.0.2:7' 'port 2222'
sshdial() { # WORD...
	on client sshdial "$@"
}
state() {
	sshdial status far --json | jq -r .state
}

note "--- before and behind the name"
rm "/proc/${HOST[client]}/root/etc/sshdial/known_hosts"
for words in '--yes far' 'far --yes' '--yes -- far'; do
	# shellcheck disable=SC2086 # words are meant
	ok sshdial trust $words
done
for words in '-d far' 'far -d' '-d -- far'; do
	# shellcheck disable=SC2086
	ok sshdial call $words
	is online "$(state)" "state after call $words"
	ok sshdial hangup far -- # returns when the peer can be called again
done
is "$(sshdial check --print far)" "$(sshdial check far --print)" "check --print"
like '^ok +dial ' "$(sshdial check far --dial || true)" "check --dial"

note "--- options of exec end where the command begins"
is alice "$(QUIET=1 sshdial exec far -l alice id -un)" "behind the name"
is -un "$(QUIET=1 sshdial exec far echo -un)" "in the command"
is --help "$(QUIET=1 sshdial exec far echo --help)" "in the command"
is -n "$(QUIET=1 sshdial exec far -- printf %s -n)" "behind --"
is '-x --json' "$(QUIET=1 on client sshdial-exec -x far -T echo -x --json)" \
	"sshdial-exec"
