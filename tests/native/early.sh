#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 -- 40 ms ---- 10.9.0.2 eth0 server, sshd
#     sshdial call far,
#     a pppd that is up at once
#
# test: a pppd whose link is up before the supervisor knows that the far
# test: command runs has its link online, not a ppp-timeout
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

dial_pair
put client /etc/sshdial/pppd 755 <<'EOF'
#!/bin/sh
case " $* " in *' dryrun '*) exit 0 ;; esac
exec 4<&0 # a signal ends `wait' at once, but not a `cat' that runs in front
trap 'kill $!; exit 5' TERM INT HUP
printf '%s\n' 'Using interface ppp0' 'Connect: ppp0 <--> /dev/pts/0' \
	'local  IP address 192.168.45.2' 'remote IP address 192.168.45.1' >&3
cat <&4 >/dev/null &
wait $!
exit 16
EOF
far_peer far 'pppd /etc/sshdial/pppd' 'server 127.0.0.1' 'port 2200' \
	'host-key-alias 10.9.0.2' 'ppp-timeout 2s' 'remote-command exec cat'
daemon delay on client python3 "$REPO/tests/lib/delay.py" 2200 10.9.0.2 22 20
wait_for 5 "the way is there" listens client 2200
daemon call on client sshdial call far
wait_for 10 "the link is up" says call ' up: '
like 'IPCP.*exec.* up: ' "$(tr '\n' ' ' <"$OUT/call.log")" "the order"
sleep 2.5 # longer than ppp-timeout
is 1 "$(said call ': resolve: ')" "sessions"
like online "$(on client sshdial status far)" "the status"
stop call
nothing_left client
