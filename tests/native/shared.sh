#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server, sshd
#     sshdial call far                   commands as alice, all on the
#     sshdial exec --shared far CMD      connection of the call
#
# test: exec --shared runs commands over the session that is there, byte for
# test: byte and beside each other, and on an own connection where none is
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair 'MaxSessions 20'
sshd_start server 'Port 2222' 'MaxSessions 2'
user_add carol
authorize carol /root/keys/id_ed25519.pub
far() { # CMD...
	QUIET=1 on client sshdial exec --shared far "$@"
}
behind() { # CMD...: far in the background; its process is $!
	(trap - ERR && far "$@") <&0 &
}
logins() {
	grep -c 'Accepted publickey for' "$OUT/sshd-server.log"
}
field() { # NAME: of far's status
	on client sshdial status --json far 2>/dev/null | jq -r ".$1"
}
online() {
	[[ $(QUIET=1 field state) == online ]]
}
random_file /srv/big 20M
random_file /srv/part 20M 2

note "--- nobody calls it: an own connection"
far_peer far 'ppp no' 'forward-local 7007:10.9.0.2:7' 'redial-min 200ms'
is alice "$(far id -un)" "its own connection"
is 1 "$(logins)" "logins"
like 'not over the session of far: nobody calls it' \
	"$(QUIET=1 on client sshdial exec --shared -v far true 2>&1)" "-v"

note "--- over the session"
daemon echo on server perl "$REPO/tests/lib/forward.pl" echo 10.9.0.2 7
daemon call on client sshdial call far
wait_for 10 "far is called" online
before=$(logins)
is alice "$(far id -un)" "who it is"
is "$(sha256sum </srv/big)" "$(far sha256sum </srv/big)" "20 MB there"
far 'cat /srv/big' | cmp - /srv/big
far 'cat /srv/part >&2 & cat /srv/big; wait' >/srv/out 2>/srv/err </dev/null
cmp /srv/out /srv/big
cmp /srv/err /srv/part
is "$(sha256sum </srv/big)" "$(far cat </srv/big | sha256sum)" \
	"20 MB both ways at once"
far 'cat >/dev/null; seq 100000' </srv/part | cmp - <(seq 100000)
is 6000000 "$(far 'head -c 6000000 | wc -c' </srv/big)" "not all is read"
far 'exec >&-; sleep 0.2; echo late >&2' 2>&1 | grep -qx late
far 'exec 2>&-; sleep 0.2; echo late' | grep -qx late
is hello "$(echo 'echo hello' | far)" "the account's shell"
is "$(sha256sum </srv/big)" "$(far 'cat /srv/big' | sha256sum)" "a pipe"
echo get /srv/big /srv/by-sftp >/srv/batch
put client /etc/sshdial/sftp 755 <<<'#!/bin/sh
exec sshdial exec --shared "$@"'
ok on client sftp -q -S /etc/sshdial/sftp -b /srv/batch far
cmp /srv/by-sftp /srv/big

note "--- how it ends"
for status in 0 1 127 254; do
	ends "$status" '' far "exit $status"
done
ends 255 'far-failed: the far command was killed by SIGTERM$' \
	far 'kill -TERM $$'
ends 3 '^x$' far 'echo x >&2; exit 3'
is 10 "$(fails_with 255 far 'cat /dev/zero' | head -c 10 | wc -c)" "bytes"
ends 255 'internal: epoll: Cannot allocate memory$' on client env \
	LD_PRELOAD="$REPO/build/tests/preload/nowait.so" \
	sshdial exec --shared far 'sleep 1'
note "--- the account that the session has is no other one"
is alice "$(QUIET=1 on client sshdial exec --shared -l alice far id -un)" "-l"
is alice "$(QUIET=1 on client sshdial exec --shared alice@far id -un)" "alice@"
ok on client rsync -e 'sshdial exec --shared' /srv/part alice@far:/tmp/by-rsync
cmp /srv/part /tmp/by-rsync
is "$before" "$(logins)" "logins: no second one for any of these"

note "--- ten beside each other, while one client does not read"
mkfifo /srv/stuck
exec {STUCK}<>/srv/stuck
daemon stuck on client sh -c \
	'exec sshdial exec --shared far "cat /dev/zero" >/srv/stuck'
wait_for 5 "it runs" pgrep -fx 'cat /dev/zero'
jobs=()
for i in {1..10}; do
	behind "echo $i; cat; exit $i" </srv/part >"/srv/out.$i"
	jobs+=($!)
done
for i in {1..10}; do
	fails_with "$i" wait "${jobs[i - 1]}"
	cmp "/srv/out.$i" <(echo "$i" && cat /srv/part)
done
is 'right 20 wrong 0' "$(on client perl "$REPO/tests/lib/forward.pl" \
	many 20 20000 localhost 7007)" "forwards beside them"
is "$before" "$(logins)" "logins"

note "--- interrupted, killed"
stop stuck KILL
gone() { # PATTERN
	! pgrep -fx "$1"
}
wait_for 5 "the far command of a killed client ends" gone 'cat /dev/zero'
note "... also one that has read all and writes nothing"
daemon quiet on client sshdial exec --shared far "exec perl -MIO::Poll=POLLPRI \
	-e '\$p = IO::Poll->new; \$p->mask(*STDOUT => POLLPRI); \$p->poll'"
wait_for 5 "it runs" pgrep -f '^perl -MIO::Poll'
quiet_over() {
	! pgrep -f '^perl -MIO::Poll'
}
stop quiet KILL
wait_for 5 "its far command ends" quiet_over
exec {STUCK}>&-
interrupted() { # SIGNAL NUMBER
	daemon exec on client sh -c \
		'exec sshdial exec --shared far "cat -u -" </srv/stuck'
	wait_for 5 "the far command runs" pgrep -fx 'cat -u -'
	kill -s "$1" "$(pid_of exec)"
	ended_within exec 2
	is "$2" "$STATUS" "status after SIG$1"
	wait_for 5 "the far command is gone" gone 'cat -u -'
}
exec {STUCK}<>/srv/stuck
interrupted INT 130
interrupted TERM 143
is '' "$(cat "$OUT/exec.log")" "what was said"
is "$before" "$(logins)" "logins"

note "--- what needs another connection gets one"
is carol "$(QUIET=1 on client sshdial exec --shared -l carol far id -un)" "-l"
is $((before + 1)) "$(logins)" "logins"
long=$(printf 'echo %05000d' 7)
is 5000 "$(far "$long | tr -d '\n' | wc -c")" "a long command"
is $((before + 2)) "$(logins)" "logins"

note "--- more at once than a session carries"
jobs=()
for i in {1..20}; do
	behind "until [ -e /srv/end ]; do sleep 0.1; done; echo $i" \
		</dev/null >"/srv/out.$i"
	jobs+=($!)
done
all_run() {
	[[ $(pgrep -fc '^bash -c until') == 20 ]]
}
wait_for 20 "20 commands run" all_run
touch /srv/end
for i in {1..20}; do
	ok wait "${jobs[i - 1]}"
	is "$i" "$(<"/srv/out.$i")" "output of $i"
done
is $((before + 2 + 4)) "$(logins)" "logins"

note "--- the server takes no more over one connection: an own one"
far_peer few 'port 2222' 'ppp no' 'forward-local 7008:10.9.0.2:7'
daemon few on client sshdial call few
few() {
	[[ $(on client sshdial status --json few 2>/dev/null |
		jq -r .state) == online ]]
}
wait_for 10 "few is called" few
daemon first on client sshdial exec --shared few 'echo on; exec sleep 52'
wait_for 5 "the first runs" grep -q on "$OUT/first.log"
few_logins() {
	grep -c 'Accepted publickey for' "$OUT/sshd-server-2222.log"
}
is 1 "$(few_logins)" "logins"
is alice "$(QUIET=1 on client sshdial exec --shared few id -un)" "the second"
is 2 "$(few_logins)" "logins"
like 'the server refused' \
	"$(QUIET=1 on client sshdial exec --shared -v few true 2>&1)" "-v"
pkill -fx 'sleep 52'
ended_within first 5
stop few

note "--- redial in the middle"
before=$(logins)
daemon shared on client sshdial exec --shared far 'echo on; exec sleep 50'
said() {
	grep -q "$1" "$OUT/$2.log"
}
wait_for 5 "it runs" said on shared
session=$(field session_pid)
ok on client sshdial redial far
ended_within shared 5
is 255 "$STATUS" "status"
like 'link-lost: the session that carried the command has ended' \
	"$(<"$OUT/shared.log")" "what it says"
again() {
	online && [[ $(QUIET=1 field session_pid) != "$session" ]]
}
wait_for 10 "there is another session" again
is 1 "$(far 'echo 1')" "a command over it"
is $((before + 1)) "$(logins)" "logins"
daemon shared2 on client sshdial exec --shared far 'echo on; exec sleep 51'
wait_for 5 "it runs" said on shared2
kill -KILL "$(field session_pid)"
ended_within shared2 5
is 255 "$STATUS" "status"
like 'link-lost: the session that carried the command has ended' \
	"$(<"$OUT/shared2.log")" "what it says"
pkill -fx 'sleep 5[01]' || true
stop call
nothing_left client

note "--- beside a line; who may"
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
groupadd dialers
usermod --groups dialers carol
as_carol() { # CMD...
	on client setpriv --reuid carol --regid carol --init-groups \
		env -u XDG_RUNTIME_DIR "$@"
}
far_peer far 'pppd /etc/sshdial/pppd' 'control-group dialers' \
	"remote-command printf '\\176\\377\\175\\043'; exec cat"
daemon line on client sshdial call far
wait_for 10 "far is called" online
before=$(logins)
session=$(field session_pid)
is "$(sha256sum </srv/big)" "$(far sha256sum </srv/big)" "20 MB there"
far 'cat /srv/big' | cmp - /srv/big
far 'cat /srv/part >&2 & cat /srv/big; wait' >/srv/out 2>/srv/err </dev/null
cmp /srv/out /srv/big
cmp /srv/err /srv/part
ends 255 'control-group does not allow commands at the far end' \
	as_carol sshdial exec --shared far true
is "$before" "$(logins)" "logins"
is "$session" "$(field session_pid)" "the session"
stop line

note "--- a forced command would start the far pppd a second time: it is not run"
cat >/srv/forced <<<"echo run >>/tmp/.runs
printf '\\176\\377\\175\\043'; exec cat"
printf 'restrict,command="sh /srv/forced" %s\n' \
	"$(</root/keys/id_ed25519.pub)" >/home/alice/.ssh/authorized_keys
daemon line on client sshdial call far
wait_for 10 "far is called" online
before=$(logins)
ends 255 "the key's line at the server has a forced command" \
	far touch /srv/ran
is 1 "$(grep -c run /tmp/.runs)" "starts of the forced command"
is "$before" "$(logins)" "logins"
stop line
nothing_left client
