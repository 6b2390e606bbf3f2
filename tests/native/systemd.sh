#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                  server
#     systemd as process 1 of a container,    sshd, a far command that says a
#     sshdial@far.service                     PPP frame
#
# test: the unit under a real systemd: started when the link is up, its one
# test: line, reload, stop, and a supervisor that is killed or has to be told
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
readonly FAR="remote-command printf '\\176\\377\\175\\043'; exec cat"
far_peer far "$FAR" 'pppd /etc/sshdial/pppd'
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

note "--- stop, and what is not started again"
ok ctl stop sshdial@far
is inactive "$(property ActiveState)" "its state"
is success "$(property Result)" "its result"
fails_with 1 ctl start sshdial@wrong
wait_for 5 "it has failed" is_now failed sshdial@wrong
is 3 "$(property ExecMainStatus sshdial@wrong)" "its status"
is 0 "$(property NRestarts sshdial@wrong)" "restarts"
kill -KILL "$FIRST"
