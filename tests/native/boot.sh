#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0, down at first ---------- 10.9.0.2 eth0 server
#     /etc/init.d/sshdial, as at boot;      sshd, a far command that says a
#     an init system's socket               PPP frame
#
# test: the init script at boot, before there is a network, and all that it
# test: can be told; what Type=notify of systemd hears
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
readonly FAR="remote-command printf '\\176\\377\\175\\043'; exec cat"
far_peer far "$FAR" 'pppd /etc/sshdial/pppd' 'redial-max 2s'
install -D -m 755 "$REPO/scripts/sshdial.init" /etc/init.d/sshdial
init() { # VERB: the script, as at boot; what it says in SAID
	local rc=0 start=${EPOCHREALTIME/./}
	SAID=$(on client env -i /etc/init.d/sshdial "$1" 2>&1) || rc=$?
	TOOK=$(((${EPOCHREALTIME/./} - start) / 1000))
	is "$2" "$rc" "status of $1: $SAID"
	like "$3" "$SAID" "what $1 says"
}
peers() { # NAMES
	printf 'PEERS="%s"\n' "$1" >/etc/default/sshdial
}
online() {
	on client sshdial status far
}
one() { # there is exactly one supervisor, and nobody waits for it
	[[ $(pgrep -cx sshdial) == 1 ]]
}

note "--- nothing to call"
rm -f /etc/default/sshdial
init start 0 '^sshdial: no PEERS in /etc/default/sshdial$'
init status 3 ''
init nonsense 2 '^usage: '
peers 'nobody'
init start 6 '^sshdial: nobody: /etc/sshdial/nobody.conf: No such file'
init status 3 'nobody: not being called'
init stop 0 ''
peers '/etc/sshd*'
init start 6 '^sshdial: /etc/sshd\*: '

note "--- boot, without a network"
peers 'far'
ip -n client link set eth0 down
init start 0 '^sshdial: calling far$'
((TOOK < 3000)) || fail "boot waits: $TOOK ms"
init status 0 '^far +(down|dialing) '
init start 0 'far is being called already'
ip -n client link set eth0 up
wait_for 15 "the link comes with the network" online
wait_for 5 "one process stays" one
init status 0 '^far +online '

note "--- and all the rest"
pid=$(pgrep -ox sshdial)
session() {
	pgrep -x sshdial-session -P "$pid"
}
old=$(session)
init force-reload 0 ''
wait_for 5 "another session" is_gone "$old"
wait_for 5 "is online" online
is "$pid" "$(pgrep -ox sshdial)" "the supervisor"
init restart 0 'hanging up far.*'
wait_for 10 "is online" online
is_gone "$pid" || fail "restart has kept the old one"
pid=$(pgrep -ox sshdial)
init try-restart 0 'calling far'
wait_for 10 "is online" online
is_gone "$pid" || fail "try-restart has kept the old one"
peers 'nobody far'
init status 0 '^far +online '
init start 6 'nobody: .*'
init stop 0 '^sshdial: hanging up far$'
nothing_left client
init status 3 'far: not being called'
init try-restart 0 ''
init reload 7 ''
init stop 0 ''
nothing_left client

note "--- what an init system hears"
cat >/srv/listen <<'EOT'
use Socket;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0);
bind($s, sockaddr_un($ARGV[0])) or die "bind: $!";
$| = 1;
while (defined recv($s, my $m, 4096, 0)) { $m =~ s/\n/;/g; print "$m\n" }
EOT
heard() { # REGEX [COUNT]
	(($(grep -cE "$1" "$OUT/heard.log") >= ${2:-1}))
}
hears() { # SOCKET
	: >"$OUT/heard.log"
	daemon heard on client perl /srv/listen "$1"
	wait_for 5 "the listener listens" on client \
		grep -q "${1//$'\0'/@}" /proc/net/unix
	daemon notify on client env NOTIFY_SOCKET="$1" WATCHDOG_USEC=400000 \
		sshdial call far
	wait_for 10 "READY=1" heard '^READY=1;STATUS=online by 10.9.0.2$'
	is 1 "$(grep -nE 'STATUS=dialing 10.9.0.2' "$OUT/heard.log" |
		head -n 1 | wc -l)" "STATUS while dialing"
	wait_for 5 "WATCHDOG=1" heard '^WATCHDOG=1$' 5
	((WAITED < 2000)) || fail "the watchdog is late"
	on client sshdial redial far
	wait_for 5 "STATUS of a redial" heard '^STATUS=held: a new session was'
	wait_for 5 "READY=1 again" heard '^READY=1' 2
	stop notify
	is 0 "$STATUS" "exit status"
	wait_for 2 "STOPPING=1" heard '^STOPPING=1$'
	stop heard
}
hears /run/notify
note "a socket that nobody reads, or that is none"
daemon notify on client env NOTIFY_SOCKET=/run/nothing WATCHDOG_USEC=nonsense \
	WATCHDOG_PID=1 sshdial call far
wait_for 10 "it is online" online
stop notify
is 0 "$STATUS" "exit status"
nothing_left client
