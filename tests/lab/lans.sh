#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   near ---------- client ======= SSH ======= server --------- far
#   192.168.7.10    .1    10.0.0.1     10.0.0.2     .1   192.168.1.10
#   fd07::10        ::1                             ::1      fd01::10
#                   ppp0 192.168.45.2 - - 192.168.45.1
#                        fd83:45::2 - - - fd83:45::1
#
# test: two networks by the commands of the README alone: hosts of both reach
# test: each other, by IPv4 and IPv6, both ways; then nothing is left
# limit: 240
. "$REPO/tests/lib/lib.sh"

# commands WORDS: those of the README behind the paragraph with these words
commands() {
	awk -v words="$1" '/^\*\*/ { on = index($0, words) == 1 }
		on && /^    / { print substr($0, 5) }' "$REPO/README.md" |
		sed 's/gate\.example\.org/10.0.0.2/'
}

host near client server far
link near 192.168.7.10/24,fd07::10/64 client 192.168.7.1/24,fd07::1/64
link client 10.0.0.1/24 server 10.0.0.2/24
link server 192.168.1.1/24,fd01::1/64 far 192.168.1.10/24,fd01::10/64
for family in -4 -6; do
	gateway=(192.168.7.1 192.168.1.1)
	[[ $family == -4 ]] || gateway=(fd07::1 fd01::1)
	ip -n near $family route add default via "${gateway[0]}"
	ip -n far $family route add default via "${gateway[1]}"
done
sshdial_install
server_install
hook_install client
sshd_start server 'HostKey /etc/ssh/ssh_host_ed25519_key'
state() { # HOST: what has to be as it was
	ip -n "$1" route show table all
	ip -n "$1" -6 route show table all
	ip -n "$1" rule
	ip -n "$1" -6 rule
}

note "--- the README's commands"
commands '**The client** makes' >/srv/key
commands '**Two networks,**' >/srv/server
commands '**The client** gets' >/srv/client
is '1 6 4' "$(wc -l </srv/key) $(wc -l </srv/server) $(wc -l </srv/client)" \
	"lines of commands"
ok on client sh -ex /srv/key
mkdir /srv/work
on client cat /etc/sshdial/id_ed25519.pub >/srv/work/id_ed25519.pub
ok on server sh -exc 'cd /srv/work && . /srv/server'
put client /etc/sshdial/office.conf <"/srv/work/office.conf"
sed '/sshdial call/d' /srv/client >/srv/before
grep '^sysctl' /srv/server >>/srv/before
ok on client sh -ex /srv/before
before=$(state client && state server) # a router has anycast addresses
daemon office on client sshdial call office
wait_for 60 "the link" ppp_address client ppp0 192.168.45.2 192.168.45.1
online() { on client sshdial status office; }
wait_for 60 "it is online" online

note "--- both ways, both families"
reaches() { # HOST ADDRESS
	on "$1" ping -q -n -c 1 -W 1 "$2"
}
for pair in near:192.168.1.10 near:fd01::10 far:192.168.7.10 far:fd07::10; do
	wait_for 40 "${pair%%:*} reaches ${pair#*:}" reaches "${pair%%:*}" "${pair#*:}"
done
tcp_copy near far 192.168.1.10 100000
tcp_copy far near 192.168.7.10 100000
tcp_copy near far fd01::10 100000
tcp_copy far near fd07::10 100000
reaches client fd83:45::1 || fail "the client does not reach the server's end"
reaches server fd83:45::2 || fail "the server does not reach the client's end"
# it went through the tunnel: there is no other way
like 'dev ppp0' "$(ip -n client route get 192.168.1.10)" "the client's way"
like 'dev ppp0' "$(ip -n server -6 route get fd07::10)" "the server's way"

note "--- a new session has it all again"
old=$(pgrep -x sshdial-session)
ok on client sshdial redial office
wait_for 30 "another session" is_gone "$old"
for pair in near:192.168.1.10 near:fd01::10 far:192.168.7.10 far:fd07::10; do
	wait_for 60 "${pair%%:*} reaches ${pair#*:}" reaches "${pair%%:*}" "${pair#*:}"
done

note "--- and nothing is left"
stop office INT 15
gone() { diff <(echo "$before") <(state client && state server); }
wait_for 20 "routes and rules are as they were" gone
