#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                  server
#     systemd as process 1 of a container,    sshd, a far command that says a
#     sshdial@far.service                     PPP frame
#     sshdial@web.service, port 143 =========> port 1143, no PPP
#
# test: the unit under a real systemd: started when the link is up, its one
# test: line, reload, stop, and a supervisor that is killed or has to be told;
# test: all that root's call may do, it may do under the unit, pppd and its
# test: scripts included: ports below 1024, pings, routes, modules
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
readonly FAR="remote-command printf '\\176\\377\\175\\043'; exec cat"
far_peer far "$FAR" 'pppd /etc/sshdial/pppd'
# pppd and its scripts are below the unit; this one is asked what it may do
put client /etc/sshdial/asked 755 <<SH
#!/bin/sh
case "\$*" in *dryrun*) ;; *) $REPO/tests/lib/rights.sh >/etc/sshdial/rights ;; esac
exec /etc/sshdial/pppd "\$@"
SH
far_peer asked "$FAR" 'pppd /etc/sshdial/asked'
far_peer web 'ppp no' 'forward-local *:143:localhost:1143'
far_peer wrong "$FAR" 'pppd /etc/sshdial/pppd' 'known-hosts /etc/sshdial/none'
sed 's|/usr/sbin/sshdial|/usr/local/sbin/sshdial|; s|^RestartSec=.*|RestartSec=1|
	/^DeviceAllow=.dev.ppp/d' "$REPO/scripts/sshdial@.service" \
	>/etc/systemd/system/sshdial@.service
printf '[Unit]\nDefaultDependencies=no\n' >/etc/systemd/system/t.target
mount -t cgroup2 cgroup /sys/fs/cgroup 2>/dev/null || true

# shellcheck disable=SC2016 # expanded over there
daemon systemd on client unshare --pid --fork --mount --cgroup --mount-proc \
	--kill-child sh -c 'mount -t tmpfs run /run && mkdir /run/lock
	mount -t cgroup2 cgroup /sys/fs/cgroup 2>/dev/null
	export container=docker
	exec /lib/systemd/systemd --system --unit=t.target \
		--log-target=console --show-status=no'
first() { # process 1 of the container
	pgrep -x systemd -n
}
wait_for 10 "systemd runs" first
FIRST=$(first)
ctl() {
	QUIET=1 nsenter -t "$FIRST" -a systemctl --no-pager "$@"
}
wait_for 15 "it can be asked" ctl is-active t.target
property() { # NAME [UNIT]
	ctl show -P "$1" "${2:-sshdial@far}"
}
is_now() { # STATE [UNIT]
	[[ $(property ActiveState "${2:-sshdial@far}") == "$1" ]]
}

note "--- start"
start=${EPOCHREALTIME/./}
ok ctl start sshdial@far
note "systemctl start took $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
is active "$(property ActiveState)" "its state"
is 'online by 10.9.0.2' "$(property StatusText)" "its one line"
pid=$(property MainPID)

note "--- reload"
rekeyed() { [[ $(property StatusText) == online* ]] && pgrep -cx sshdial-session; }
old=$(pgrep -x sshdial-session)
ok ctl reload sshdial@far
wait_for 5 "another session" is_gone "$old"
wait_for 5 "it is online" rekeyed
is "$pid" "$(property MainPID)" "its process"

note "--- a supervisor that is killed"
ok ctl kill -s KILL --kill-whom=main sshdial@far
again() { [[ $(property NRestarts) == 1 ]] && is_now active; }
wait_for 15 "it was started again" again
wait_for 5 "it is online" rekeyed

note "--- one that hangs"
ok ctl stop sshdial@far
sed -i 's/^WatchdogSec=.*/WatchdogSec=2/' /etc/systemd/system/sshdial@.service
ok ctl daemon-reload
ok ctl start sshdial@far
hung=$(property MainPID)
ok ctl kill -s STOP --kill-whom=main sshdial@far
others() { [[ $(property MainPID) != "$hung" ]] && is_now active; }
wait_for 20 "the watchdog has it started again" others

note "--- what it may do"
ok ctl start sshdial@web
like ':143 ' "$(on client ss -Hltn)" "what is listened on"
ok ctl stop sshdial@web
ok ctl start sshdial@asked
ok ctl stop sshdial@asked
free=$(on client "$REPO/tests/lib/rights.sh")
like '^port-143 yes$' "$free" "without the unit"
# these are what the unit is there to take away
taken='write-usr|write-home|mount|namespace|clock'
is "$(grep -vE "^($taken) " <<<"$free")" \
	"$(on client cat /etc/sshdial/rights | grep -vE "^($taken) ")" \
	"what pppd's scripts may do"
is '' "$(on client grep -E "^($taken) yes" /etc/sshdial/rights)" \
	"what they may not do"

note "--- stop, and what is not started again"
ok ctl stop sshdial@far
is inactive "$(property ActiveState)" "its state"
is success "$(property Result)" "its result"
fails_with 1 ctl start sshdial@wrong
wait_for 5 "it has failed" is_now failed sshdial@wrong
is 3 "$(property ExecMainStatus sshdial@wrong)" "its status"
is 0 "$(property NRestarts sshdial@wrong)" "restarts"
kill -KILL "$FIRST"
