#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     root: sshdial call far                        sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     carol, group dip: pppd call dialup            a pppd of hers
#       ppp1 10.66.0.2 - - - - - - - - - - - - - 10.66.0.1 ppp1
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: what a user who may run pppd can do to a peer of root's, with real
# test: setuid pppd: nothing by its environment, nothing by a supervisor of
# test: theirs that lies, while root calls, does not, or was killed; and with
# test: key users what is documented
# limit: 400
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"
. "$REPO/tests/lib/routing.sh"

far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server
hook_install client
run=/proc/${HOST[client]}/root/run
ip -n client route add default via 10.1.0.2
useradd --create-home --shell /bin/bash --groups dip carol
chmod 755 /home/carol
CAROL=$(id -u carol)
readonly CAROL
on client install -d -m 755 /run/user
on client install -d -m 700 -o carol "/run/user/$CAROL"

put client /etc/sshdial/tell 755 <<'SH'
#!/bin/sh
echo "$SSHDIAL_EVENT $IFNAME $(id -u)" >>/run/.told
SH
base=$(<"/proc/${HOST[client]}/root/etc/sshdial/far.conf")
far() { # LINE...: the peer far, with these
	printf '%s\n' "$base" "$@" | peer client far
}
# pppd's scripts have run for a link: said by the last of them
for event in ip-up ip-down; do
	put client "/etc/ppp/$event.d/zz-done" 755 <<SH
#!/bin/sh
echo $event \$PPP_IFACE >>/run/.scripts
SH
done
scripts_ran() { # EVENT NIC; for wait_for
	grep -qx "$1 $2" "$run/.scripts"
}
told() { # LINE...: the peer's commands were told this, and no more
	is "$(printf '%s\n' "$@")" "$(cat "$run/.told" 2>/dev/null || true)" \
		"what was told"
}
ledger() {
	cat "$run/sshdial/far.undo" 2>/dev/null || echo none
}
# what root's call has set: routes and rules of all tables, names, the ledger
set_now() {
	ip -n client route show table all proto 83
	ip -n client -6 route show table all proto 83
	ip -n client rule
	ip -n client -6 rule
	cat "$run/resolv.conf"
	ledger
}
as_before() { # WHEN
	is "$before" "$(set_now)" "what is set $1"
}
outside() { # where a packet to the world goes
	ip -n client route get 203.0.113.9 2>&1 | grep -oE 'dev [a-z0-9]+|unreachable|No route' |
		head -n 1 || true
}

# --- carol's own means: pppd, a file of root's with noauth, a far end ---

put client /etc/ppp/peers/dialup <<<noauth
put server /etc/ppp/peers/hers <<<$'noauth\nlocal\nnodefaultroute'
daemon wire on server python3 "$REPO/tests/lib/wire.py" listen 7777 \
	/usr/sbin/pppd call hers notty nodetach 10.66.0.1:10.66.0.2
wait_for 20 "carol's far end listens" listens server 7777
carol_up() { # NIC [OPTION...]
	rm -f "$run/.scripts" "$OUT/carol.log"
	daemon carol on client setpriv --reuid carol --regid carol \
		--init-groups /usr/sbin/pppd call dialup \
		pty "python3 $REPO/tests/lib/wire.py connect 10.1.0.2 7777" \
		ipparam sshdial:far nodetach local noipdefault \
		ipcp-accept-local ipcp-accept-remote "${@:2}"
	wait_for 30 "carol's link is up" ppp_address client "$1" 10.66.0.2 10.66.0.1
	wait_for 30 "its scripts have run" scripts_ran ip-up "$1"
}
carol_down() { # NIC
	stop carol TERM 20
	wait_for 30 "its scripts have run" scripts_ran ip-down "$1"
}
put client /etc/sshdial/fake.py 755 <<'PY'
# a supervisor that says yes to all: fake.py SOCKET
import os, socket, struct, sys, threading
path = sys.argv[1]
os.makedirs(os.path.dirname(path), exist_ok=True)
if os.path.exists(path):
    os.remove(path)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(path)
s.listen(8)
print('listens', flush=True)
def serve(c):
    while q := c.recv(4096):
        print('asked', len(q), flush=True)
        if len(q) < 300:
            continue
        magic, version, verb, event = struct.unpack('=IHHH', q[:10])
        say = b'up' if event in (0, 2) else b'down'
        c.send(struct.pack('=IHHHH64s16s200s', magic, version, 1, 1, 443,
                           b'203.0.113.7', say, b''))
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
PY
fake_up() {
	rm -f "$OUT/fake.log"
	daemon fake on client setpriv --reuid carol --regid carol \
		--init-groups python3 /etc/sshdial/fake.py \
		"/run/user/$CAROL/sshdial/far.sock"
	wait_for 20 "carol's supervisor listens" says fake listens
}
online() {
	[[ $(QUIET=1 on client sshdial status --json far | jq -r .state) == online ]]
}
call() {
	rm -f "$OUT/call.log"
	far_up call
	wait_for 20 "what it wants is set" says call ': hook: |: up: '
	wait_for 20 "root is told" grep -q ' ppp0 0' "$run/.told"
}
forget() {
	rm -f "$run/.told" "$run/.scripts"
}

# --- 1: the environment of pppd's scripts, which `set' can choose ---

everything=('route default' 'route 10.50.0.0/16' 'dns 10.8.0.53'
	'up /etc/sshdial/tell' 'down /etc/sshdial/tell')
far "${everything[@]}"
untouched=$(routing client)
call
before=$(set_now)
is 'dev ppp0' "$(outside)" "the way out"
root_pppd=$(local_pppd)
environment() { # OPTION...
	carol_up ppp1 "$@"
	as_before "with carol's link ($*)"
	is 'dev ppp0' "$(outside)" "the way out"
	carol_down ppp1
	as_before "after carol's link ($*)"
	told 'up ppp0 0'
	online || fail "root's link is not online"
}
note "--- carol chooses the environment"
environment set ORIG_UID=0 set "PPPD_PID=$root_pppd"
environment unset ORIG_UID set "PPPD_PID=$root_pppd"
like "nothing is set for user $CAROL" "$(log_of client.syslog)" "syslog"

note "--- and answers for the link while root calls"
fake_up
carol_up ppp1
as_before "with carol's link"
carol_down ppp1
as_before "after carol's link"
told 'up ppp0 0'
unlike asked "$(log_of fake)" "carol's supervisor"
far "${everything[@]}" 'users dip'
carol_up ppp1
as_before "with carol's link, users dip"
carol_down ppp1
as_before "after carol's link, users dip"
told 'up ppp0 0'
stop call TERM 20
told 'up ppp0 0' 'down ppp0 0'
forget

note "--- while root does not call: users none, users dip"
far "${everything[@]}"
carol_up ppp0
is 'dev eth0' "$(outside)" "the way out"
is none "$(ledger)" "the ledger"
carol_down ppp0
told ''
is '' "$(ip -n client route show table all proto 83)" "the routes"
far "${everything[@]}" 'users dip'
carol_up ppp0
is 'dev ppp0' "$(outside)" "the way out with users dip"
like "^slot . user $CAROL\$" "$(ledger | head -n 1)" "the ledger"
told 'up ppp0 0'
carol_down ppp0
told 'up ppp0 0' 'down ppp0 0'
is none "$(ledger)" "the ledger"
is 'dev eth0' "$(outside)" "the way out"
forget

note "--- root's call was killed, and all is closed"
far "${everything[@]}" 'fail-closed yes' 'users dip'
call
kill -KILL "$(pid_of call)"
ended_within call 2
wait_for 20 "no pppd of root's is left" no_ppp client
gone() { ! pgrep -x sshdial && ! pgrep -f 'hook ip'; }
wait_for 20 "nor a hook" gone
before=$(set_now)
unlike dev "$(outside)" "the way out"
forget
for users in dip none; do
	far "${everything[@]}" 'fail-closed yes' "users $users"
	carol_up ppp0
	as_before "with carol's link, users $users"
	carol_down ppp0
	as_before "after carol's link, users $users"
	told ''
done
unlike dev "$(outside)" "the way out"
on client sshdial check --repair far >"$OUT/check.log" || true
is none "$(ledger)" "the ledger after root's check"
is 'dev eth0' "$(outside)" "the way out"

note "--- only commands, root's link is up"
for users in none dip; do
	far 'up /etc/sshdial/tell' 'down /etc/sshdial/tell' "users $users"
	forget
	call
	carol_up ppp1
	carol_down ppp1
	told 'up ppp0 0'
	stop call TERM 20
	told 'up ppp0 0' 'down ppp0 0'
done
stop fake
stop wire
forget

# --- an honest user ---

note "--- carol calls: users none, users dip"
put client /etc/sshdial/carols 600 carol </root/.ssh/id_ed25519
hers=("identity /etc/sshdial/carols" 'pppd-option call dialup' "${everything[@]}")
base=$(grep -v '^identity' <<<"$base")
carol_calls() {
	rm -f "$OUT/hers.log"
	far_up hers setpriv --reuid carol --regid carol --init-groups \
		env HOME=/home/carol "XDG_RUNTIME_DIR=/run/user/$CAROL" \
		/usr/local/sbin/sshdial call far
}
far "${hers[@]}"
carol_calls
wait_for 5 "she is told" says hers \
	"are not set: .users. of far names no group of yours"
on client ping -q -n -c 1 -W 5 192.168.45.1 >/dev/null || fail "no reply"
is 'dev eth0' "$(outside)" "the way out"
stop hers TERM 20
told ''
far "${hers[@]}" 'users dip'
carol_calls
wait_for 20 "the command was told" grep -q 'up ppp0 0' "$run/.told"
is 'dev ppp0' "$(outside)" "the way out"
stop hers TERM 20
told 'up ppp0 0' 'down ppp0 0'
rm -f "/proc/${HOST[client]}/root/etc/sshdial/carols"
nothing_left client
wait_for 5 "all is as it was" routing_is client "$untouched"
