#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                   server
#     sshdial pipe far, a fifo as the line     sshd, and a far command that
#     sshdial hook, run as pppd's scripts do   says a PPP frame, then echoes
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: sshdial hook and a supervisor: whose link it is, whatever the
# test: environment says; key users, who may ask, hostile name servers, a
# test: configuration that is not root's; what a killed supervisor leaves is
# test: undone by ip-down, check and the next call
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair
readonly LINE=/tmp/.line
mkfifo "$LINE"
# shellcheck disable=SC2034 # it keeps the fifo open
exec {FD}<>"$LINE"
new_ppp0() {
	ip -n client link del ppp0 2>/dev/null || true
	ip -n client link add ppp0 type veth peer name ppp0-far
	ip -n client link set ppp0-far up
	ip -n client link set ppp0 up
}
new_ppp0
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
named() { # NAME: this shell is called that
	printf '%s' "$1" >"/proc/$BASHPID/comm"
}
named pppd
readonly HOOK=(/usr/local/sbin/sshdial hook)
readonly OPERANDS=(ppp0 '' 0 10.6.0.2 10.6.0.1 sshdial:far)
hook() { # EVENT [NAME=VALUE...]: as root's pppd, this shell, would run it
	[[ $BASHPID == "$$" ]] || named sh
	on client env -i "${@:2}" "${HOOK[@]}" "$1" "${OPERANDS[@]}"
}
pppd_of() { # NAME USER: another pppd, which USER has started
	mkfifo "/tmp/.pppd.$1"
	daemon "$1" on client perl "$REPO/tests/lib/standin.pl" \
		"$(id -u "$2")" "$(id -G "$2" | tr ' ' ,)" "/tmp/.pppd.$1"
}
by() { # NAME CMD...: that one runs a command; its status
	rm -f /tmp/.rc
	{
		printf '%q ' "${@:2}"
		echo '; echo $? >/tmp/.rc.new; mv /tmp/.rc.new /tmp/.rc'
	} >"/tmp/.pppd.$1"
	until [[ -e /tmp/.rc ]]; do nap; done
	return "$(</tmp/.rc)"
}
hook_by() { # NAME EVENT [NAME=VALUE...]
	by "$1" env -i "${@:3}" "${HOOK[@]}" "$2" "${OPERANDS[@]}"
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
pppd_of roots root
pppd_of carols carol
lies=(ORIG_UID=0 "PPPD_PID=$$" LINKNAME=far)
for event in ip-up ipv6-up ip-down ipv6-down; do
	ok hook_by roots "$event" "${lies[@]}"
	fails_with 1 hook_by carols "$event" "${lies[@]}"
	fails_with 1 hook_by carols "$event" "PPPD_PID=$$"
	fails_with 1 hook_by carols "$event"
done
told ''
like "nothing is set for user $(id -u carol), .*.users. in the peer's file" \
	"$(cat "$OUT/client.syslog.log")" "syslog"
named sh # no pppd is above
fails_with 1 hook ip-up "${lies[@]}"
fails_with 1 hook ip-down "${lies[@]}"
fails_with 2 hook held
named pppd
ok hook ip-down
told ''
for event in held down; do
	fails_with 2 hook "$event"
	fails_with 1 on client sshdial hook --own "$event" "${OPERANDS[@]}"
done
fails_with 2 on client sshdial hook --own ip-up "${OPERANDS[@]}"
told ''
ok hook ip-up 'DNS1=10.6.0.53; reboot' DNS2=10.6.0.54 USEPEERDNS=1
told 'up far 10.9.0.2 10.6.0.53; reboot'
like '^nameserver 10.6.0.54$' "$(resolv)" "resolv.conf"
unlike '10.6.0.53|reboot' "$(resolv)" "resolv.conf"
is 600 "$(stat -c %a "$root/run/sshdial/far.undo")" "the ledger's mode"
ok hook ip-down
told 'held far 10.9.0.2 '
is "$before" "$(resolv)" "resolv.conf"
note "a copy that an earlier pppd left of resolv.conf is not put back"
echo 'nameserver 192.0.2.1' | put client /run/resolv.conf.pppd-backup.ppp0
ok hook ip-up DNS1=10.6.0.54 USEPEERDNS=
told 'resumed far 10.9.0.2 10.6.0.54'
like '^nameserver 10.9.0.53$' "$(resolv)" "resolv.conf"
unlike '192.0.2.1' "$(resolv)" "resolv.conf"
on client rm /run/resolv.conf.pppd-backup.ppp0
ok hook ip-down
told 'held far 10.9.0.2 '
is "$before" "$(resolv)" "resolv.conf"
ok hook ip-up
told 'resumed far 10.9.0.2 '
is ppp0 "$(on client sshdial status --json far | jq -r .interface)" "status"

note "a hook that has waited finds another link behind its name"
far 'route 10.77.0.0/16' 'peer-dns yes' 'control-group dialers'
daemon lock on client flock /run/sshdial/.far.undo.lock \
	sh -c 'echo locked; sleep 2'
wait_for 5 "the ledger is locked" grep -q locked "$OUT/lock.log"
hook ip-up &
up=$!
sleep 0.5 # it waits for the ledger
new_ppp0
rc=0
wait "$up" || rc=$?
is 1 "$rc" "the hook's status"
is '' "$(on client ip route show proto 83)" "the routes"
stop lock
far 'peer-dns yes' 'control-group dialers'
rm -f "$root/run/.events"

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

note "closed: the report on a link that is over does not end the next one"
session_is_not() { # PID
	[[ $(on client sshdial status --json far | jq .session_pid) != "$1" ]]
}
call next
daemon lock on client flock /run/sshdial/.far.undo.lock \
	sh -c 'echo locked; sleep 2'
wait_for 5 "the ledger is locked" grep -q locked "$OUT/lock.log"
hook ip-up &
up=$!
sleep 0.5 # it waits for the ledger
session=$(on client sshdial status --json far | jq .session_pid)
ok on client sshdial redial far
wait_for 5 "another session" session_is_not "$session"
wait_for 5 "that is online" online
session=$(on client sshdial status --json far | jq .session_pid)
new_ppp0
rc=0
wait "$up" || rc=$?
is 1 "$rc" "the hook's status"
like 'hook: routes: there is no interface ppp0' "$(log_of next)" "the log"
sleep 0.5
is "$session" "$(on client sshdial status --json far | jq .session_pid)" \
	"the session"
is redial "$(on client sshdial status --json far | jq -r .reason)" "the reason"
stop lock
stop next
is '' "$(routes)" "the routes after the end"
rm -f "$root/run/.events"

note "carol calls the same peer, which \`users' does not allow"
uid=$(id -u carol)
on client install -d -m 755 /run/user
on client install -d -m 700 -o carol "/run/user/$uid"
put client /etc/sshdial/carols 600 carol <"$root/etc/sshdial/id_ed25519"
put client /etc/sshdial/tell 755 <<'SH'
#!/bin/sh
echo "$SSHDIAL_EVENT $(id -u) $LD_PRELOAD$EVIL $PATH" >>/run/.events
SH
told_one() { # EVENT...: these, by root, in an environment of our own
	local path=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
	told "$(for event; do echo "$event 0  $path"; done)"
}
far 'route 10.77.0.0/16'
mkfifo /tmp/.other
# shellcheck disable=SC2034 # it keeps the fifo open
exec {OTHER}<>/tmp/.other
chmod 666 "$LINE"
carol_calls() { # far, with a key of her own
	: >"$OUT/carols.log"
	cp "$root/etc/sshdial/far.conf" /tmp/.conf
	echo 'identity /etc/sshdial/carols' >>"$root/etc/sshdial/far.conf"
	echo "exec setpriv --reuid carol --regid carol --init-groups env" \
		"HOME=/home/carol XDG_RUNTIME_DIR=/run/user/$uid" \
		"sh -c 'exec sshdial pipe far <>$LINE 2>&1 >/dev/null'" \
		>/tmp/.pppd.carols
	wait_for 10 "carol's line is up" grep -q 'PPP frames flow' "$OUT/carols.log"
	cat /tmp/.conf >"$root/etc/sshdial/far.conf"
}
carol_hangs_up() {
	pkill -u carol -x sshdial
	wait_for 5 "carol's supervisor has ended" no_carol
}
no_carol() { ! pgrep -u carol -x sshdial; }
carol_calls
like "are not set: .users. of far names no group of yours; root can add .users GROUP" \
	"$(log_of carols)" "what carol is told"
fails_with 1 hook_by carols ip-up
told ''
is '' "$(routes)" "the routes"
carol_hangs_up
far 'route 10.77.0.0/16' 'fail-closed yes'
carol_calls
wait_for 5 "with fail-closed it is no link" grep -q 'the link is not used' \
	"$OUT/carols.log"
carol_hangs_up

note "and which it allows"
far 'route 10.77.0.0/16' 'users dialers'
carol_calls
ok hook_by carols ip-up EVIL=1 PATH=/tmp "PPPD_PID=$$" ORIG_UID=0
told_one up
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
like "^slot . user $uid\$" "$(head -n 1 "$root/run/sshdial/far.undo")" "the ledger"

note "root's check, call and hook leave hers alone"
far 'route 10.77.0.0/16' 'users dialers'
on client sshdial check far >/tmp/.said || true
like "^ok *call *user $uid calls far" "$(cat /tmp/.said)" "check"
on client sshdial check --repair far >/tmp/.said || true
like "^ok *call *user $uid calls far" "$(cat /tmp/.said)" "check --repair"
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
daemon beside on client sh -c "exec sshdial pipe far <>/tmp/.other 2>&1 >/dev/null"
wait_for 10 "root's line is up" online
like "user $uid calls far" "$(log_of beside)" "the log"
fails_with 1 hook ip-up
like "user $uid calls far" "$(on client sshdial status --json far | jq -r .hook)" \
	"status"
ok hook ip-down
stop beside
told ''
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
ok hook_by carols ip-down
told_one held
is '' "$(routes)" "the routes after carol's ip-down"

note "once \`users' is gone, hers goes with her next event"
ok hook_by carols ip-up
like '^10.77.0.0/16 dev ppp0' "$(routes)" "carol's route"
far 'route 10.77.0.0/16'
fails_with 1 hook_by carols ip-down
is '' "$(routes)" "the routes"
told_one resumed
carol_hangs_up

note "root has the last word, while he calls and after his call was killed"
far 'users dialers'
call last
ok hook ip-up
told_one up
carol_calls
fails_with 1 hook_by carols ip-up
ok hook_by carols ip-down
told ''
like 'hook: root calls far' "$(log_of carols)" "what carol is told"
ok hook ip-down
told_one held
stop last
far 'users dialers' 'route 10.77.0.0/16' 'fail-closed yes'
call last
ok hook ip-up
kill -KILL "$(pid_of last)"
ended_within last 2
ok hook ip-down
before=$(routes)
like '^unreachable 10.77.0.0/16' "$before" "the routes after a kill"
rm -f "$root/run/.events"
fails_with 1 hook_by carols ip-up
is "$before" "$(routes)" "the routes after carol's ip-up"
ok hook_by carols ip-down
is "$before" "$(routes)" "the routes after carol's ip-down"
told ''
carol_hangs_up
ok hook_by carols ip-down
is "$before" "$(routes)" "the routes after carol's last ip-down"
told ''

note "another's listener in carol's folder; one that never accepts"
rm -rf "$root/run/user/$uid/sshdial"
far 'users dialers' 'route 10.77.0.0/16'
call last
is '' "$(routes)" "the routes"
on client ln -s /run/sshdial "/run/user/$uid/sshdial"
ok hook_by carols ip-up
ok hook_by carols ip-down
is '' "$(routes)" "the routes"
told ''
rm "$root/run/user/$uid/sshdial"
stop last
cat >/tmp/.full.py <<'PY'
import os, socket, sys
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen(0)
clients = []
while True:
    c = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    c.setblocking(False)
    try:
        c.connect(sys.argv[1])
    except BlockingIOError:
        break
    clients.append(c)
print('full', flush=True)
sys.stdin.read()
PY
carol_calls
ok hook_by carols ip-up
carol_hangs_up
mkfifo /tmp/.never
# shellcheck disable=SC2034 # it keeps the fifo open
exec {NEVER}<>/tmp/.never
daemon full on client setpriv --reuid carol --regid carol --init-groups \
	sh -c "exec python3 /tmp/.full.py /run/user/$uid/sshdial/far.sock </tmp/.never"
wait_for 5 "the queue is full" grep -q full "$OUT/full.log"
call last
rm -f "$root/run/.events"
start=${EPOCHREALTIME/./}
fails_with 1 hook ip-up
like "user $uid calls far" "$(on client sshdial status --json far | jq -r .hook)" \
	"status"
ok hook ip-down
ms=$(((${EPOCHREALTIME/./} - start) / 1000))
((ms < 3000)) || fail "root's hooks took $ms ms"
stop full
ok hook ip-up
told_one resumed
ok hook ip-down
stop last

note "a user whom \`users' does not allow keeps root's \`down' from nobody"
cat >/tmp/.listen.py <<'PY'
import os, socket, sys, time
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
if os.path.exists(sys.argv[1]):
    os.unlink(sys.argv[1])
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen(64)
print('listens', flush=True)
while True:
    c, _ = s.accept()
    time.sleep(float(sys.argv[2]))
    c.close()
PY
listens() { # NAME SECONDS: carol's program closes each connection after that
	daemon "$1" on client setpriv --reuid carol --regid carol --init-groups \
		python3 /tmp/.listen.py "/run/user/$uid/sshdial/far.sock" "$2"
	wait_for 5 "carol listens" grep -q listens "$OUT/$1.log"
}
rm -f "$root/run/.events"
listens none 0
for users in none dialers; do
	far "users $users"
	call last
	ok hook ip-up
	stop last
	ok hook ip-down
	if [[ $users == none ]]; then told_one up down; else told_one up; fi
done
stop none

note "a supervisor that lets each try wait holds a hook for a few of them"
listens slow 2
start=${EPOCHREALTIME/./}
ok hook_by carols ip-up
ms=$(((${EPOCHREALTIME/./} - start) / 1000))
((ms < 15000)) || fail "the hook waited for $ms ms"
told ''
stop slow
rm -rf "$root/run/user" "$root/run/.events"

note "check leaves lock and socket alone, --repair removes a dead socket"
call waits
lock=$(stat -c %i "$root/run/sshdial/far.lock")
on client sshdial check --repair far >/dev/null || true
[[ -S $root/run/sshdial/far.sock ]] || fail "the socket of a call is gone"
kill -KILL "$(pid_of waits)"
ended_within waits 2
on client sshdial check far >/dev/null || true
[[ -S $root/run/sshdial/far.sock ]] || fail "a check has removed the socket"
on client sshdial check --repair far >/dev/null || true
[[ ! -e $root/run/sshdial/far.sock ]] || fail "a dead socket is left"
is "$lock" "$(stat -c %i "$root/run/sshdial/far.lock")" "the lock's inode"
call waits
is "$lock" "$(stat -c %i "$root/run/sshdial/far.lock")" "the lock's inode"
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
named bash
stop roots
stop carols
nothing_left client
is 'far.lock' "$(ls "$root/run/sshdial")" "what is left in /run/sshdial"
