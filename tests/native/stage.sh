#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   machine |  stage: own files, processes, network
#           |    client eth0 10.9.0.1 ----- 10.9.0.2 eth0 server, sshd
#
# test: a stage is isolated, and a stock ssh logs in to a stock sshd in it
. "$REPO/tests/lib/lib.sh"

note "own processes and network, files that can be written"
is bash "$(cat /proc/1/comm)" "process 1 is the stage"
is lo "$(basename -a /sys/class/net/*)" "interfaces"
is stage "$(hostname)" "host name"
echo written >/etc/sshdial-stage-test
touch "$REPO/sshdial-stage-test" /usr/sbin/sshdial-stage-test
is written "$(cat /etc/sshdial-stage-test)" "file written to /etc"
is 2 "$(grep -c ' overlay ' /proc/mounts)" "number of overlays"
fails_with 1 test -e /.old
fails_with 1 test -e /root/.ssh

note "hosts have their own /run and /etc/ppp"
host client server
link client 10.9.0.1/24,fd09::1/64 server 10.9.0.2/24,fd09::2/64
echo one | put client /etc/ppp/stage-test
fails_with 1 on server test -e /etc/ppp/stage-test
is client "$(on client hostname)" "host name"
ping_ok client 10.9.0.2
ping_ok client fd09::2

note "a stock login, its forced command, a wrong key"
user_add alice
key_make /root/.ssh/id_ed25519
key_make /root/other
authorize alice /root/.ssh/id_ed25519.pub
known_hosts 10.9.0.2,fd09::2 >/root/.ssh/known_hosts
sshd_start server
is alice "$(on client ssh -o BatchMode=yes alice@10.9.0.2 id -un)" "login"
is server "$(on client ssh -o BatchMode=yes alice@fd09::2 hostname)" "host"
fails_with 255 on client ssh -o BatchMode=yes -o IdentitiesOnly=yes \
	-i /root/other alice@10.9.0.2 true
like 'Accepted publickey for alice from 10.9.0.1' \
	"$(cat "$OUT/sshd-server.log")" "sshd's log"

note "signals, transfers and the system log"
daemon sleeper on client sleep 600
wait_for 5 "it is there" pgrep -fx 'sleep 600'
stop sleeper INT
is 130 "$STATUS" "SIGINT ends a daemon"
tcp_copy client server 10.9.0.2 3M
tcp_copy server client fd09::1 3M
random_file /tmp/sent 100K
serve_tcp server 10.9.0.2 5001 /tmp/sent
fetch_tcp client 10.9.0.2 5001 /tmp/got
same_file /tmp/sent /tmp/got
is 102400 "$(stat -c %s /tmp/got)" "bytes fetched"
on server logger -t stage-test hello
wait_for 5 "the line is in server's log" \
	grep -q 'stage-test: hello' "$OUT/server.syslog.log"
