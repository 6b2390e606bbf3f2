#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far, or pppd call far            sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#     two pppd of somebody else
#
# test: pppd's scripts, sshdial hook and the supervisor: the peer's commands
# test: run with their environment, as root's call, as pppd call, as a user's;
# test: held and resumed; a command that fails or hangs; links of others are
# test: left alone; addresses that must not be used
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

far_pair <<'LINES'
remote-command false
redial-min 300ms
LINES
far_command "$FAR_SEED"
sshd_start server
hook_install client
run=/proc/${HOST[client]}/root/run
put client /etc/sshdial/note 755 <<'SH'
#!/bin/sh
echo "$SSHDIAL_EVENT $SSHDIAL_PEER $SSHDIAL_SERVER $IFNAME $IPLOCAL $IPREMOTE" >>/run/.events
env >"/run/.env.$SSHDIAL_EVENT"
SH
put client /etc/sshdial/slow 755 <<'SH'
#!/bin/sh
[ "$SSHDIAL_EVENT" != held ] || { touch /run/.ebegun; sleep 4; }
exec /etc/sshdial/note
SH
base=$(<"/proc/${HOST[client]}/root/etc/sshdial/far.conf")
readonly NOTE='/etc/sshdial/note'
far() { # LINE...: the peer far, with these
	printf '%s\n' "$base" "$@" | peer client far
}
far "up $NOTE" "down $NOTE"
before=$(footprint client)

link='far 10.1.0.2 ppp0 192.168.45.2 192.168.45.1'
events() { # [EVENT...]: these were told, in this order
	local event want=
	for event; do want+="$event $link"$'\n'; done
	is "${want%$'\n'}" "$(cat "$run/.events" 2>/dev/null)" "the events"
}
told() { # EVENT...; for wait_for
	[[ $(cut -d' ' -f1 "$run/.events" | xargs) == "$*" ]]
}
forget() {
	rm -f "$run"/.e*
}
clean() {
	nothing_left client
	diff <(echo "$before") <(footprint client) ||
		fail "something has come or gone at the client"
}
forget

note "--- root's call: -d waits for the hook"
ok on client sshdial call -d far >/tmp/.said 2>&1
events up
like '^hook |: hook: |up: ppp0' "$(cat /tmp/.said)" "what it said"
like '^PPPD_PID=[0-9]+$' "$(cat "$run/.env.up")" "the environment"
like '^ORIG_UID=0$' "$(cat "$run/.env.up")" "the environment"
like '^PATH=/' "$(cat "$run/.env.up")" "the environment"
note "--- the session is lost, and another one follows"
cut_session
wait_for 20 "held and resumed" told up held resumed
events up held resumed
like '^IFNAME=ppp0$' "$(cat "$run/.env.held")" "the environment when held"
note "--- a link of somebody else, and one that says it is far"
stranger() { # NAME IPPARAM NET
	daemon "$1" on client /usr/sbin/pppd nodetach noauth local nolock \
		noipv6 ifname "$1" ipparam "$2" "$3.1:$3.2" \
		pty '/usr/sbin/pppd notty noauth local nolock noipv6'
}
stranger other elsewhere 10.7.0
stranger liar sshdial:far 10.8.0
wait_for 20 "one is up" ppp_address client other 10.7.0.1 10.7.0.2
wait_for 20 "the other is up" ppp_address client liar 10.8.0.1 10.8.0.2
kill "$(pid_of other)"
stop liar TERM 15
ended_within other 15
events up held resumed
ok on client sshdial hangup far
wait_for 15 "down was told" told up held resumed down
clean
events up held resumed down

note "--- pppd is killed: nobody runs ip-down"
forget
far_up call
wait_for 15 "up was told" told up
kill -KILL "$(local_pppd)"
wait_for 20 "down and up again" told up down up
stop call TERM 10
wait_for 15 "down was told" told up down up down
clean
rm -f "$OUT/call.log"

note "--- the same while the command for held still runs: down waits for it"
forget
quick=$base
base=${base/redial-min 300ms/redial-min 30s}
far "up $NOTE" 'down /etc/sshdial/slow' 'redial-max 30s' 'gate-time 1d'
base=$quick
far_up call
wait_for 15 "up was told" told up
pppd=$(local_pppd)
cut_session
wait_for 15 "its command runs" test -e "$run/.ebegun"
kill -KILL "$pppd"
wait_for 20 "down is told" told up held down
stop call TERM 10
events up held down
rm -f "$run/"ppp*.pid # a pppd that is killed leaves it
clean
note "--- and if the call ends meanwhile"
forget
rm -f "$OUT/call.log"
far_up call
wait_for 15 "up was told" told up
pppd=$(local_pppd)
cut_session
wait_for 15 "its command runs" test -e "$run/.ebegun"
kill -KILL "$pppd"
stop call TERM 15
events up held down
rm -f "$run/"ppp*.pid
clean
far "up $NOTE" "down $NOTE"
rm -f "$OUT/call.log"

note "--- pppd call"
forget
put client /etc/ppp/peers/far <<'PEER'
pty "sshdial pipe far"
user pppuser
noauth
noipdefault
nodetach
local
lcp-echo-interval 0
ipparam sshdial:far
PEER
far_up pppd /usr/sbin/pppd call far
wait_for 15 "up was told" told up
cut_session
wait_for 20 "held and resumed" told up held resumed
like '^far +online ' "$(on client sshdial status far)" "status"
stop pppd TERM 10
wait_for 15 "down was told" told up held resumed down
events up held resumed down
rm -f "/proc/${HOST[client]}/root/etc/ppp/peers/far"
nothing_left client

note "--- a user in group dip"
forget
useradd --create-home --shell /bin/bash --gid dip jfranken
uid=$(id -u jfranken)
on client install -d -m 755 /run/user
on client install -d -m 700 -o jfranken "/run/user/$uid"
put client /etc/sshdial/user_key 600 jfranken </root/.ssh/id_ed25519
put client /etc/ppp/peers/noauth <<<noauth
base=${base/\/root\/.ssh\/id_ed25519/\/etc\/sshdial\/user_key}
far "up $NOTE" "down $NOTE" 'pppd-option call noauth' 'users dip'
base=${base/\/etc\/sshdial\/user_key/\/root\/.ssh\/id_ed25519}
far_up user setpriv --reuid jfranken --regid dip --init-groups \
	env HOME=/home/jfranken "XDG_RUNTIME_DIR=/run/user/$uid" \
	/usr/local/sbin/sshdial call far
wait_for 15 "up was told" told up
like "^ORIG_UID=$uid\$" "$(cat "$run/.env.up")" "the environment"
cut_session
wait_for 20 "held and resumed" told up held resumed
stop user TERM 10
wait_for 15 "down was told" told up held resumed down
events up held resumed down
nothing_left client
rm -rf "$run/user" "/proc/${HOST[client]}/root/etc/ppp/peers/noauth" \
	"/proc/${HOST[client]}/root/etc/sshdial/user_key"

note "--- commands that fail"
forget
far "up $NOTE; exit 3" "down $NOTE; kill \$\$"
far_up call
failed() { on client sshdial status --json far | jq -e '.hook | test("up")'; }
wait_for 5 "status has it" failed
like 'hook: the command `up. ended with status 3' "$(log_of call)" "the log"
stop call TERM 10
wait_for 5 "the log has it" says call 'hook: the command `down. was killed by'
clean
events up down
note "--- a command that hangs"
forget
far "up $NOTE" "down sleep 600 & $NOTE; sleep 600"
far_up call2
wait_for 15 "up was told" told up
stop call2 TERM 20
no_sleep() { ! pgrep -x sleep; }
wait_for 15 "it is killed with all that it started" no_sleep
like '`down. did not end within 10 s' "$(cat "$OUT/client.syslog.log")" "syslog"
clean

note "--- the far end has the server's own address"
forget
far "up $NOTE" 'redial-first no'
far_command "$FAR_PPPD 10.1.0.2:192.168.45.2"
rc=0
on client timeout 40 sshdial call far >/tmp/.said 2>&1 || rc=$?
is 1 "$rc" "status: $(cat /tmp/.said)"
like 'address: .*10\.1\.0\.2' "$(tail -n 1 /tmp/.said)" "the last line"
events
clean
