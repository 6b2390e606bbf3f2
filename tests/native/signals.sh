#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client, a name server               server
#     that never answers                  sshd 22; 71: silent; 72: says SSH;
#     eth0 10.9.0.1 ------------- 10.9.0.2 eth0      73: a login that hangs
#                                 10.9.0.3: nobody, but in the ARP table
#
# test: a signal in each phase ends call and pipe with 0 in a second, and
# test: exec, trust and check by the signal
# limit: 90
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

dial_pair
stand_in 71 'exec sleep 30'
stand_in 72 'printf "SSH-2.0-x\r\n"; exec sleep 30'
cat >/srv/slow <<'EOT'
#!/bin/sh
touch /srv/asked
exec sleep 29
EOT
chmod 755 /srv/slow
sshd_start server 'Port 73' 'AuthorizedKeysCommand /srv/slow' \
	'AuthorizedKeysCommandUser root' 'AuthorizedKeysFile none'
known_hosts '[10.9.0.2]:73' >/srv/known
on client sh -c 'cat /srv/known >>/etc/sshdial/known_hosts'
ip -n client neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev eth0
echo nameserver 10.9.0.3 | put client /run/resolv.conf
# pppd's dry run says yes; the program then behaves as pppd does on a line
put client /etc/sshdial/pppd 755 <<'EOT'
#!/bin/sh
case " $* " in *" dryrun "*) exit 0 ;; esac
trap 'exit 5' TERM INT HUP
echo 'Using interface ppp0' >&3
while :; do sleep 28 & wait; done
EOT

in_phase() { # PHASE: it has come there; for wait_for
	case $1 in
	resolve) sockets udp 0035 ;;
	connect) sockets tcp 0016 02 ;;
	handshake | banner) sockets tcp "$PORT" 01 ;;
	login) test -e /srv/asked ;;
	command) pgrep -fx 'sleep 27' ;;
	esac
}
sockets() { # TABLE PORT [STATE]: the client has one to this remote port
	grep -qE "^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:$2 ${3:-}" \
		"/proc/${HOST[client]}/net/$1"
}
peer_for() { # PHASE
	PORT=0016
	rm -f /srv/asked
	case $1 in
	resolve) set -- 'server nowhere.example' ;;
	connect) set -- 'server 10.9.0.3' ;;
	handshake) set -- 'port 71' && PORT=0047 ;;
	banner) set -- 'port 72' && PORT=0048 ;;
	login) set -- 'port 73' ;;
	command) set -- 'remote-command sleep 27' ;;
	esac
	far_peer far 'log-level warn' 'pppd /etc/sshdial/pppd' "$@"
}
status_of() { # VERB SIGNAL: what it has to be
	case $1:$2 in
	call:* | pipe:*) echo 0 ;;
	*:INT) echo 130 ;;
	*:TERM) echo 143 ;;
	*:HUP) echo 129 ;;
	esac
}
signalled() { # PHASE SIGNAL VERB WORD...
	local phase=$1 signal=$2 before
	shift 2
	note "--- $1 in $phase, SIG$signal"
	peer_for "$phase"
	before=$(leavings)
	: >"$OUT/$1.log"
	daemon "$1" on client sshdial "$@"
	QUIET=1 wait_for 5 "it is in the phase $phase" in_phase "$phase"
	stop "$1" "$signal" 1
	is "$(status_of "$1" "$signal")" "$STATUS" "status"
	is '' "$(cat "$OUT/$1.log")" "what was said"
	wait_for 2 "nothing is left behind" leaves "$before"
	pkill -x sleep || true # of the server
}
for phase in resolve connect handshake banner login command; do
	for signal in TERM INT HUP; do
		signalled "$phase" "$signal" pipe far
	done
	signalled "$phase" TERM call far
	signalled "$phase" INT exec far 'sleep 27'
	[[ $phase == command ]] || signalled "$phase" TERM check --dial far
done
for phase in resolve connect handshake banner; do
	signalled "$phase" INT trust far
	signalled "$phase" INT call far
done
note "a second signal does no harm"
peer_for command
daemon pipe on client sshdial pipe far
wait_for 5 "the far command runs" in_phase command
kill "$(pid_of pipe)"
kill "$(pid_of pipe)" || true
ended_within pipe 1
is 0 "$STATUS" "status"
nothing_left client
