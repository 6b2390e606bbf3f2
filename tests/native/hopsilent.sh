#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2   sshd on all four
#
# test: a host of the way that falls silent, its processes or its path, is
# test: named, and a call dials again; a pipe through hops, with a forwarded
# test: port, which ends in order
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

chain client a b c server
readonly ON=(client a b c server) FAR="printf '\\176\\377\\175\\043'; exec cat"
sshdial_install
user_add alice
key_make /root/keys/id_ed25519
put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
authorize alice /root/keys/id_ed25519.pub
for n in 1 2 3 4; do
	sshd_start "${ON[n]}"
	known_hosts "10.$n.0.2"
done >/srv/known
put client /etc/sshdial/known_hosts </srv/known

way() { # NAME [LINE...]: a peer behind three hops
	far_peer "$1" 'hop 10.1.0.2' 'hop 10.2.0.2' 'hop 10.3.0.2' \
		'server 10.4.0.2' 'redial-min 200ms' 'redial-max 500ms' \
		'gate-time 0s' 'tcp-user-timeout no' "${@:2}"
}
sessions() { # HOST: the processes of its sshd's sessions
	local pid
	for pid in $(pgrep -P "$(pid_of "sshd-$1")"); do
		echo "$pid"
		pgrep -P "$pid" || true
	done
}
freeze() { # HOST
	FROZEN=$(sessions "$1")
	# shellcheck disable=SC2086 # a process each
	kill -STOP $FROZEN
}
thaw() {
	# shellcheck disable=SC2086
	kill -KILL $FROZEN
}
# To an address that nobody has: both ends keep carrier, route and sockets.
cut() { # FROM ADDRESS NIC
	ip -n "$1" neigh replace "$2" lladdr 02:00:00:00:00:99 dev "$3" \
		nud permanent
	CUT=("$@")
}
mend() {
	ip -n "${CUT[0]}" neigh del "${CUT[1]}" dev "${CUT[2]}"
}
online() { # NAME
	QUIET=1 on client sshdial status "$1" | grep -q online
}
get() {
	QUIET=1 on client timeout 5 busybox wget -qO- http://127.0.0.1:8080/
}
served() {
	[[ $(get) == 'over there' ]]
}

put server /etc/sshdial/www/index.html <<<'over there'
daemon web on server busybox httpd -f -p 80 -h /etc/sshdial/www
wait_for 5 "a web server" listens server 80

note "--- who is silent, while the others answer"
way far 'ppp no' 'forward-local 8080:localhost:80' 'keepalive-interval 500ms' \
	'keepalive-count 4'
daemon far on client sshdial call far
silent() { # WHO REST CMD...: after CMD this is said, and another session works
	local before why
	wait_for 15 "the port works" served
	before=$(said far 'next try in')
	"${@:3}"
	wait_for 6 "it is noticed" says far 'next try in' $((before + 1))
	((WAITED > 1200)) || fail "noticed after $WAITED ms"
	why=$(grep 'next try in' "$OUT/far.log" | sed -n "$((before + 1))p")
	like "keepalive: nothing came from $1 for 2s$2; next" \
		"$why" "the reason"
}
silent 'hop 10.1.0.2' '' freeze a
thaw
silent 'hop 10.2.0.2' ', while hop 10.1.0.2 answers' freeze b
thaw
silent 'hop 10.3.0.2' ', while hop 10.2.0.2 answers' freeze c
thaw
silent 'the server' ', while hop 10.3.0.2 answers' freeze server
thaw
silent 'hop 10.2.0.2' ', while hop 10.1.0.2 answers' \
	cut a 10.2.0.2 eth1
mend
silent 'hop 10.3.0.2' ', while hop 10.2.0.2 answers' \
	cut c 10.3.0.1 eth0
mend
wait_for 15 "the port works" served
stop far
nothing_left client

note "--- while bytes flow through it"
way bulk 'redial-first no' 'log-level warn' 'keepalive-interval 500ms' \
	'keepalive-count 4'
flows() { # SHELL-COMMAND: what runs exec
	: >/srv/got
	chown alice /srv/got
	daemon bulk on client sh -c "exec $1 2>/srv/said"
	wait_for 10 "bytes flow" grows
	sleep 1 # until all windows are full
	freeze c
	ended_within bulk 5
	thaw
	is 255 "$STATUS" "exit status"
	like 'keepalive: nothing came from hop 10.3.0.2 for 2s, while hop 10.2.0.2 answers$' \
		"$(</srv/said)" "the reason"
}
grows() {
	(($(stat -c %s /srv/got) > 1000000))
}
flows "sshdial exec bulk 'dd of=/srv/got bs=64k' </dev/zero"
flows "sshdial exec bulk 'cat /dev/zero' >/srv/got"

note "--- pipe: a line through three hops"
random_file /srv/big 5M
way wire "remote-command $FAR" 'keepalive-interval 500ms' \
	'forward-local 7009:10.4.0.2:7'
daemon echo on server perl "$REPO/tests/lib/forward.pl" echo 10.4.0.2 7
mkfifo /tmp/.line /tmp/.back
daemon back sh -c 'exec cat </tmp/.back >/srv/back'
exec {LINE}<>/tmp/.line
daemon wire on client sh -c 'exec sshdial pipe wire <>/tmp/.line >/tmp/.back'
wait_for 10 "the line is up" online wire
cat /srv/big >&"$LINE"
came() { # BYTES
	(($(stat -c %s /srv/back) == $1))
}
size=$(stat -c %s /srv/big)
is "$(sha256sum </srv/big)" \
	"$(on client nc -N 127.0.0.1 7009 </srv/big | sha256sum)" \
	"5 MB by a port beside the line"
wait_for 30 "all of it came back" came $((size + 4))
tail -c +5 /srv/back | cmp - /srv/big

note "--- its hop dies; what it says next at a flag gets through"
freeze b
wait_for 5 "it is noticed" says wire 'next try in'
thaw
like 'keepalive: nothing came from hop 10.2.0.2 for 1500ms, while hop 10.1.0.2 answers' \
	"$(log_of wire)" "the reason"
wait_for 10 "the line is up again" online wire
echo '~still here' >&"$LINE"
wait_for 5 "it came back" grep -aq 'still here' /srv/back
ok on client sshdial hangup wire
ended_within wire 3
is 0 "$STATUS" "exit status"
nothing_left client
wait_for 5 "no session is left anywhere" no_session alice
