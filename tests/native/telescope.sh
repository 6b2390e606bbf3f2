#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- screen
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2
#     ports 2201, 2202, 5901: sshd on a, b, c              port 5900
#
# test: five hosts, as the document draws them: a service that knows nothing of
# test: SSH, as vnc is, by tunnels one inside the other with -p through each,
# test: and by one peer with hops
# limit: 90
. "$REPO/tests/lib/lib.sh"

host client a b c screen
n=0
for pair in client:a a:b b:c c:screen; do
	link "${pair%:*}" "10.$((++n)).0.1/24" "${pair#*:}" "10.$n.0.2/24"
done
sshdial_install
user_add alice
key_make /root/keys/id_ed25519
put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
authorize alice /root/keys/id_ed25519.pub
n=0
for name in a b c; do
	sshd_start "$name"
	known_hosts "10.$((++n)).0.2,$name"
done | put client /etc/sshdial/known_hosts
random_file /srv/picture 5M
put screen /etc/sshdial/vnc 755 <<'X'
#!/bin/sh
printf 'RFB 003.008\n'
exec cat
X
daemon screen on screen perl "$REPO/tests/lib/answer.pl" 5900 /etc/sshdial/vnc
wait_for 5 "the screen is served" listens screen 5900

online() { # NAME
	QUIET=1 on client sshdial status "$1" | grep -q online
}
call() { # NAME LINE...
	far_peer "$1" 'ppp no' "${@:2}"
	daemon "$1" on client sshdial call "$1"
	wait_for 10 "$1 is online" online "$1"
}
viewer() { # what a viewer gets
	on client nc -N 127.0.0.1 5901 </srv/picture >/srv/got
	is 'RFB 003.008' "$(head -n 1 /srv/got)" "the version"
	tail -n +2 /srv/got | cmp - /srv/picture
}
fails_with 1 on client nc -z -w 1 10.4.0.2 5900

note "--- two tunnels, and a third through them: -p each time"
call first 'server 10.1.0.2' 'forward-local 2201:10.2.0.2:22'
call second 'server localhost' 'port 2201' 'host-key-alias b' \
	'forward-local 2202:10.3.0.2:22'
is b "$(on client sshdial exec second hostname)" "behind the first"
call third 'server localhost' 'port 2202' 'host-key-alias c' \
	'forward-local 5901:10.4.0.2:5900'
viewer
is c "$(on client sshdial exec -p 2202 -o HostKeyAlias=c second hostname)" \
	"-p through the second tunnel"
for name in third second first; do
	stop "$name"
done

note "--- one peer with hops"
call vnc 'server 10.3.0.2' 'hop 10.1.0.2' 'hop 10.2.0.2' \
	'forward-local 5901:10.4.0.2:5900'
viewer
is 1 "$(pgrep -cx sshdial-session)" "sessions"
stop vnc
nothing_left client
