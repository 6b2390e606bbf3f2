#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: without pppd or kernel PPP it says what to do; whatever is killed or
# test: cut, at every step, it ends with its reason and nothing is left
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

far_pair <<'EOF'
remote-command false
redial-first no
watch-route no
EOF
far_command "$FAR_SEED"
sshd_start server
before=$(footprint client)

# over NAME STATUS REGEX [SECONDS]: the daemon ends by itself, its last line
# matches, and the client is as it was before
over() {
	ended_within "$1" "${4:-5}"
	is "$2" "$STATUS" "exit status of $1, after: $(log_of "$1")"
	like "^sshdial\[far\]: $3" "$(tail -n 1 "$OUT/$1.log")" "the last line"
	clean
}

# clean: nothing is left at the client, and no pppd at the server, within 5 s
clean() {
	wait_for 5 "no process of ours is left" no_process
	wait_for 5 "no process waits for its parent" no_zombie
	wait_for 5 "no ppp interface is left on client" no_ppp client
	wait_for 5 "no ppp interface is left on server" no_ppp server
	is "$before" "$(footprint client)" "what is there at the client"
}

far_pppd() {
	head -n 1 "/proc/${HOST[server]}/root/run/ppp0.pid"
}

note "--- the machine has no pppd, no kernel PPP"
mv /usr/sbin/pppd /usr/sbin/pppd.away
daemon no-pppd on client sshdial call far
over no-pppd 5 'no-pppd: /usr/sbin/pppd is not there: install the package ppp'
mv /usr/sbin/pppd.away /usr/sbin/pppd
rm /dev/ppp
daemon no-kernel on client sshdial call far
over no-kernel 5 'no-kernel-ppp: the kernel has no PPP .*modprobe ppp_async'
mknod -m 600 /dev/ppp c 108 0

note "--- the far session, the far pppd, the local pppd end"
far_up far-sshd
kill -KILL "$(pgrep -f '^sshd: pppuser@notty')"
over far-sshd 1 'link-lost: the connection to the server is lost: '
far_up far-pppd
kill -KILL "$(far_pppd)"
over far-pppd 7 'far-ended: the far pppd was killed by SIGKILL'
far_up far-term
kill "$(far_pppd)"
over far-term 7 'far-ended: the far pppd ended with status 5'
far_up pppd-term
kill "$(local_pppd)"
over pppd-term 1 'pppd-ended: pppd ended with status 5: ended by a signal' 8

note "--- each of our processes is killed"
far_up kill-session
kill -KILL "$(the sshdial-session)"
over kill-session 1 'internal: the session process was killed by signal 9'
far_up kill-supervisor
kill -KILL "$(the sshdial)"
ended_within kill-supervisor 2
is 137 "$STATUS" "exit status"
rm "/proc/${HOST[client]}/root/run/sshdial/far."{lock,sock} # it could not
clean
far_up kill-pppd
kill -KILL "$(local_pppd)"
ended_within kill-pppd 5
is 1 "$STATUS" "exit status"
like ': pppd-ended: pppd was killed by signal 9' \
	"$(tail -n 1 "$OUT/kill-pppd.log")"
rm -f "/proc/${HOST[client]}/root/run/"ppp*.pid # its own, it could not
clean

# stopped SIGNAL SECONDS: SIGNAL comes now; that is an end as asked
stopped() {
	signalled "$@"
	clean
}

signalled() {
	kill -s "$1" "$(pid_of call)"
	ended_within call "$2"
	is 0 "$STATUS" "exit status, after: $(log_of call)"
	like 'ended as asked' "$(tail -n 1 "$OUT/call.log")" "the last line"
	rm "$OUT/call.log"
}

# at STEP SECONDS LINE...: SIGTERM and SIGINT while STEP goes on, which the
# LINEs make the peer `at' do for ever
at() {
	local step=$1 limit=$2 signal
	shift 2
	printf '%s\n' "$@" 'ppp-user pppuser' \
		'identity /root/.ssh/id_ed25519' | peer client at
	before=$(footprint client)
	for signal in TERM INT; do
		note "--- SIG$signal while it waits for: $step"
		daemon call on client sshdial call at
		wait_for 10 "it waits" waits_at "$step"
		stopped "$signal" "$limit"
	done
}

declare -A DONE=([resolve]='' [connect]='resolve' [key]='connect'
	[login]='host key' [PPP]='exec')
waits_at() { # STEP: the step before it is done, and the session sleeps
	pgrep -x sshdial-session >/dev/null || return 1
	[[ -z ${DONE[$1]} ]] ||
		grep -q "^sshdial\[at\]: ${DONE[$1]}: " "$OUT/call.log"
}

put client /run/resolv.conf <<<'nameserver 10.1.0.99'
at resolve 2 'server nowhere.example.org'
put client /run/resolv.conf </dev/null
ip -n client neigh replace 10.1.0.99 lladdr 02:00:00:00:00:99 dev eth0
at connect 2 'server 10.1.0.99'
daemon silent on server nc -k -l 10.1.0.2 2222
wait_for 5 "a silent server listens" listens server 2222
at key 2 'server 10.1.0.2' 'port 2222'
put server /etc/ssh/slow 755 <<<$'#!/bin/sh\nexec sleep 1000'
sshd_start server 'Port 2200' 'AuthorizedKeysCommand /etc/ssh/slow' \
	'AuthorizedKeysCommandUser root' 'AuthorizedKeysFile none'
known_hosts '[10.1.0.2]:2200' | put client /etc/ssh/ssh_known_hosts
at login 2 'server 10.1.0.2' 'port 2200'
stop sshd-server-2200
stop silent
far_command 'exec sleep 1000'
at PPP 8 'server 10.1.0.2' 'remote-command false'
far_command "$FAR_SEED"
before=$(footprint client)
for signal in TERM INT; do
	note "--- SIG$signal while it is up"
	far_up call
	stopped "$signal" 5
done

# path_dead: up, and then nothing comes any more, nor does a hang-up
path_dead() {
	far_up call
	ip -n client link set eth0 down
}

# path_back: the client had cleared up; the far pppd did not know and is ended
path_back() {
	fails_with 1 pgrep -ax 'sshdial|sshdial-session'
	ok no_ppp client
	ip -n client link set eth0 up
	pkill -x pppd || true
	clean
}

note "--- the path is dead: one signal waits for the far pppd, with a limit"
path_dead
signalled INT 9
path_back
note "--- the path is dead: a second signal cuts the line at once"
path_dead
kill -INT "$(pid_of call)"
wait_for 5 "it hangs up" grep -q 'Terminating on signal' "$OUT/call.log"
signalled INT 2
path_back

note "--- the disk for the log is full"
on client sh -c 'mkdir -p /mnt/full
	mount -t tmpfs -o size=16k full /mnt/full
	head -c 64K /dev/zero >/mnt/full/fill' 2>/dev/null || true
far_up call sh -c 'exec sshdial call far 2>/mnt/full/log'
ping_ok client 192.168.45.1
kill -TERM "$(the sshdial)"
ended_within call 5
is 0 "$STATUS" "exit status"
is 0 "$(on client stat -c %s /mnt/full/log)" "size of the log on the full disk"
clean

note "--- the keys of the link"
far_command "$FAR_PPPD noipdefault ipcp-accept-local ipcp-accept-remote +ipv6"
keys() { # LINE...: the peer `keys', up
	printf '%s\n' 'server 10.1.0.2' 'ppp-user pppuser' \
		'identity /root/.ssh/id_ed25519' 'remote-command false' "$@" |
		peer client keys
	before=$(footprint client)
	rm -f "$OUT/keys.log"
	daemon keys on client sshdial call keys
}
link_local() { # HOST NIC
	[[ $(ip -n "$1" -6 -o addr show dev "$2") == *' inet6 fe80::'* ]]
}
mtu() { # HOST NIC
	ip -n "$1" -o link show dev "$2" | sed 's/.* mtu \([0-9]*\) .*/\1/'
}
keys 'local-address 10.7.0.2' 'remote-address 10.7.0.1' 'mtu 1300' 'mru 1400' \
	'interface office0' 'linkname to-office'
wait_for 20 "office0 has the addresses asked for" \
	ppp_address client office0 10.7.0.2 10.7.0.1
wait_for 5 "the server has them" ppp_address server ppp0 10.7.0.1 10.7.0.2
wait_for 5 "the client has a link-local address" link_local client office0
wait_for 5 "the server has one" link_local server ppp0
is 1300 "$(mtu client office0)" "mtu at the client"
is 1400 "$(mtu server ppp0)" "mtu at the server, from our mru"
is office0 "$(on client sed -n 2p /run/ppp-to-office.pid)" \
	"the interface in the file named by linkname"
ping_ok client 10.7.0.1
stop keys
clean
keys 'local-address 10.7.0.2' 'remote-address 10.7.0.1' 'ipv6 no'
wait_for 20 "ppp0 has the addresses asked for" \
	ppp_address client ppp0 10.7.0.2 10.7.0.1
ping_ok client 10.7.0.1
is '' "$(ip -n client -6 -o addr show dev ppp0)" "IPv6 at the client"
is '' "$(ip -n server -6 -o addr show dev ppp0)" "IPv6 at the server"
is keys "$(on client sh -c 'ls /run | sed -n "s/^ppp-\(.*\)\.pid/\1/p"')" \
	"the linkname without a key"
stop keys
clean
