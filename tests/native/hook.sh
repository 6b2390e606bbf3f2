#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                   server
#     sshdial pipe far, a fifo as the line     sshd, and a far command that
#     sshdial hook, run as pppd's scripts do   says a PPP frame, then echoes
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: sshdial hook and a supervisor: whose link it is, who may ask, hostile
# test: name servers, a configuration that is not root's; what a killed
# test: supervisor leaves is undone by ip-down, check and the next call
# limit: 90
. "$REPO/tests/lib/lib.sh"

dial_pair
readonly LINE=/tmp/.line
mkfifo "$LINE"
# shellcheck disable=SC2034 # it keeps the fifo open
exec {FD}<>"$LINE"
ip -n client link add ppp0 type veth peer name ppp0-far
ip -n client link set ppp0-far up
ip -n client link set ppp0 up
root=/proc/${HOST[client]}/root
note() { printf '%s\n' "--- $*" >&"$TRACE"; }
put client /etc/sshdial/tell 755 <<'SH'
#!/bin/sh
echo "$SSHDIAL_EVENT $SSHDIAL_PEER $SSHDIAL_SERVER $DNS1" >>/run/.events
SH
far() { # LINE...
	far_peer far "remote-command printf '\\176\\377\\175\\043'; exec cat" \
		'up /etc/sshdial/tell' 'down /etc/sshdial/tell' "$@"
}
call() { # NAME: far, by pipe; this shell stands for pppd
	daemon "$1" on client sh -c "exec sshdial pipe far <>$LINE 2>&1 >/dev/null"
	wait_for 10 "the line is up" online
}
online() { on client sshdial status far | grep -q ' online '; }
hook() { # EVENT [NAME=VALUE...]: as pppd would run it
	on client env -i PPPD_PID="${PID:-$$}" ORIG_UID=0 "${@:2}" \
		/usr/local/sbin/sshdial hook "$1" ppp0 '' 0 \
		10.6.0.2 10.6.0.1 sshdial:far
}
told() { # LINE...
	is "$(printf '%s\n' "$@")" "$(cat "$root/run/.events" 2>/dev/null || true)" \
		"what was told"
	rm -f "$root/run/.events"
}
resolv() {
	cat "$root/run/resolv.conf"
}

note "nobody calls; not a link of ours; not root; wrong words"
far
ok hook ip-up
ok hook ip-down
told 'down far 10.9.0.2 '
ok on client sshdial hook ip-up ppp0 '' 0 10.6.0.2 10.6.0.1
ok on client sshdial hook ip-up ppp0 '' 0 10.6.0.2 10.6.0.1 sshdial:../x
fails_with 2 on client sshdial hook ip-up ppp0
fails_with 2 on client sshdial hook up ppp0 '' 0 a b sshdial:far
fails_with 1 on client setpriv --reuid nobody --clear-groups \
	sshdial hook ip-up ppp0 '' 0 10.6.0.2 10.6.0.1 sshdial:far
told ''

note "a supervisor: its own link, another one"
groupadd dialers
useradd --create-home --groups dialers carol
far 'peer-dns yes' 'control-group dialers'
echo 'nameserver 10.9.0.53' | put client /run/resolv.conf
before=$(resolv)
call pipe
PID=$(pid_of sshd-server) ok hook ip-up
PID=$(pid_of sshd-server) ok hook ip-down
told ''
ok hook ip-up ORIG_UID="$(id -u carol)"
ok hook ip-down ORIG_UID="$(id -u carol)"
told ''
ok hook ip-up 'DNS1=10.6.0.53; reboot' DNS2=10.6.0.54 USEPEERDNS=1
told 'up far 10.9.0.2 10.6.0.53; reboot'
like '^nameserver 10.6.0.54$' "$(resolv)" "resolv.conf"
unlike '10.6.0.53|reboot' "$(resolv)" "resolv.conf"
is 600 "$(stat -c %a "$root/run/sshdial/far.undo")" "the ledger's mode"
ok hook ip-down
told 'held far 10.9.0.2 '
is "$before" "$(resolv)" "resolv.conf"
ok hook ip-up
told 'resumed far 10.9.0.2 '
is ppp0 "$(on client sshdial status --json far | jq -r .interface)" "status"

note "a member of the group asks as the hook does"
ask=$(perl -e 'print unpack "H*", pack "LSSSSlLx368", 0x73646c31, 3, 4, 0, 0, '$$', 0')
is 388 "$((${#ask} / 2))" "the size of a question"
is 0 "$(on client setpriv --reuid carol --regid carol --init-groups perl \
	"$REPO/tests/lib/control.pl" /run/sshdial/far.sock send "$ask" |
	cut -d' ' -f1)" "the answer to carol"
like '^[1-9]' "$(on client perl "$REPO/tests/lib/control.pl" \
	/run/sshdial/far.sock send "$ask")" "the answer to root"

note "a configuration that is not root's"
chown carol "$root/etc/sshdial/far.conf"
fails_with 1 hook ip-up
like 'far.conf: ' "$(on client sshdial status --json far | jq -r .hook)" "status"
chown root "$root/etc/sshdial/far.conf"
rm -f "$root/run/.events"

note "the supervisor is killed: ip-down, check, the next call"
ok hook ip-up DNS1=10.6.0.54
kill -KILL "$(pid_of pipe)"
ended_within pipe 2
rm -f "$root/run/.events"
ok hook ip-down
told 'down far 10.9.0.2 '
is "$before" "$(resolv)" "resolv.conf after ip-down"
call again
ok hook ip-up DNS1=10.6.0.54
on client sshdial check far >/tmp/.said || true
unlike ' left ' "$(cat /tmp/.said)" "check of a peer that is called"
like '^FAIL *hook .*there is no /etc/ppp/ip-up.d/sshdial' "$(cat /tmp/.said)" \
	"check without scripts"
kill -KILL "$(pid_of again)"
ended_within again 2
hook_install client
set_now=$(resolv)
like 'nameserver 10.6.0.54' "$set_now" "resolv.conf"
fails_with 1 on client sshdial check far >/tmp/.said
like '^FAIL *left .*name servers; .*: sshdial check --repair far' \
	"$(cat /tmp/.said)" "check of one that is not"
like '^ok *hook ' "$(cat /tmp/.said)" "check with scripts"
is "$set_now" "$(resolv)" "resolv.conf after check"
on client sshdial check --repair far >/tmp/.said || true
like '^ok *left .*name servers' "$(cat /tmp/.said)" "check --repair"
is "$before" "$(resolv)" "resolv.conf after check --repair"
unlike ' left ' "$(on client sshdial check far || true)" "check behind that"
call third
ok hook ip-up DNS1=10.6.0.54
kill -KILL "$(pid_of third)"
ended_within third 2
call fourth
like 'an earlier call was killed and left .*name servers' "$(log_of fourth)" \
	"the log"
is "$before" "$(resolv)" "resolv.conf after the next call"
stop fourth

note "closed: a hook that fails ends the session, a command does not"
routes() { on client ip route show proto 83; }
reason_is() { [[ $(on client sshdial status --json far | jq -r .reason) == "$1" ]]; }
far 'route 10.77.0.0/16' 'fail-closed yes' 'redial-min 10ms'
# shellcheck disable=SC2016 # expanded over there
put client /etc/sshdial/tell 755 <<<'[ "$SSHDIAL_EVENT" != up ]'
call closed
fails_with 1 hook ip-up
like '^10.77.0.0/16 dev ppp0' "$(routes)" "the route"
ok hook ip-down
session=$(on client sshdial status --json far | jq .session_pid)
unlike 'not used' "$(log_of closed)" "the log after a command that fails"
chown carol "$root/etc/sshdial/far.conf"
fails_with 1 hook ip-up
wait_for 5 "the session ends" reason_is hook
chown root "$root/etc/sshdial/far.conf"
wait_for 5 "there is another" online
unlike "^$session\$" "$(on client sshdial status --json far | jq .session_pid)" \
	"the session"
like '^unreachable 10.77.0.0/16 metric [0-9]+ *$' "$(routes)" "the routes"
stop closed
is '' "$(routes)" "the routes after the end"
rm -f "$root/run/.events"

note "carol calls the same peer: root's check, call and hook leave hers alone"
uid=$(id -u carol)
on client install -d -m 755 /run/user
on client install -d -m 700 -o carol "/run/user/$uid"
put client /etc/sshdial/carols 600 carol <"$root/etc/sshdial/id_ed25519"
put client /etc/sshdial/tell 755 <<<'exit 0'
far 'route 10.77.0.0/16' 'identity /etc/sshdial/carols'
mkfifo /tmp/.other
# shellcheck disable=SC2034 # it keeps the fifo open
exec {OTHER}<>/tmp/.other
chmod 666 "$LINE"
daemon carols on client setpriv --reuid carol --regid carol --init-groups \
	env HOME=/home/carol "XDG_RUNTIME_DIR=/run/user/$uid" \
	sh -c "exec sshdial pipe far <>$LINE 2>&1 >/dev/null"
wait_for 10 "carol's line is up" grep -q 'PPP frames flow' "$OUT/carols.log"
ok hook ip-up ORIG_UID="$uid"
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
far 'route 10.77.0.0/16'
on client sshdial check far >/tmp/.said || true
like "^ok *call *user $uid calls far" "$(cat /tmp/.said)" "check"
on client sshdial check --repair far >/tmp/.said || true
like "^ok *call *user $uid calls far" "$(cat /tmp/.said)" "check --repair"
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
daemon roots on client sh -c "exec sshdial pipe far <>/tmp/.other 2>&1 >/dev/null"
wait_for 10 "root's line is up" online
like "user $uid calls far" "$(log_of roots)" "the log"
fails_with 1 hook ip-up
like "user $uid calls far" "$(on client sshdial status --json far | jq -r .hook)" \
	"status"
ok hook ip-down
stop roots
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
ok hook ip-down ORIG_UID="$uid"
is '' "$(routes)" "the routes after carol's ip-down"
stop carols
rm -rf "$root/run/user" "$root/run/.events"

note "a check has the lock for a moment"
on client install -d -m 755 /run/sshdial
daemon check on client flock /run/sshdial/far.lock sleep 0.6
sleep 0.2
call waits
stop waits

note "it ends while an event is under way"
far 'route 10.77.0.0/16' 'fail-closed yes'
# shellcheck disable=SC2016 # expanded over there
printf '%s\n' '#!/bin/sh' 'touch /run/.begun; sleep 2' \
	'echo "$SSHDIAL_EVENT" >>/run/.events' |
	put client /etc/sshdial/tell 755
call fifth
hook ip-up &
up=$!
wait_for 10 "the command runs" test -e "$root/run/.begun"
kill -KILL "$(pid_of fifth)"
ended_within fifth 2
wait "$up"
like '^unreachable 10.77.0.0/16 metric [0-9]+ *$' "$(routes)" \
	"the routes after a kill"
on client sshdial check --repair far >/tmp/.said || true
is '' "$(routes)" "the routes after check --repair"
rm -f "$root/run/.begun" "$root/run/.events"
call sixth
hook ip-up &
up=$!
wait_for 10 "the command runs" test -e "$root/run/.begun"
like '^10.77.0.0/16 dev ppp0' "$(routes)" "the route"
ok hook ipv6-up
stop sixth
told up # it has waited
wait "$up"
is '' "$(routes)" "the routes after an end in good order"
rm -f "$root/run/.begun"
nothing_left client
is '' "$(ls "$root/run/sshdial" 2>/dev/null || true)" "what is left in /run/sshdial"
