#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server 10.9.1.1 -------- 10.9.1.2 web
#     sshdial call gate        sshd, stock                       a third host
#     the intranet: port 80    firewall rules
#
# test: a low port at the server that iptables leads to a forwarded one, and a
# test: port that our own dead session still has there: it is said, and taken
# test: again as soon as the server has let it go
# limit: 150
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

dial_pair 'ClientAliveInterval 4' 'ClientAliveCountMax 2'
host web
link server 10.9.1.1/24 web 10.9.1.2/24
put client /etc/sshdial/www/index.html <<<'the intranet'
daemon web on client busybox httpd -f -p 80 -h /etc/sshdial/www
wait_for 5 "the intranet's server" listens client 80

get() { # HOST ADDRESS PORT
	QUIET=1 on "$1" timeout 5 busybox wget -qO- "http://$2:$3/"
}
field() { # FILTER
	QUIET=1 on client sshdial status --json gate | jq -r ".$1"
}
state_is() { # STATE: of the port
	[[ $(field 'forwards[0].state') == "$1" ]]
}
online() {
	QUIET=1 on client sshdial status gate | grep -q online
}

far_peer gate 'ppp no' 'forward-remote 9030:localhost:80' \
	'keepalive-interval 500ms' 'tcp-user-timeout no' 'redial-min 200ms'
daemon gate on client sshdial call gate
wait_for 20 "gate is online" online
state_is up || fail "the port is $(field 'forwards[0].state')"
is 'the intranet' "$(get server 127.0.0.1 9030)" "the high port"

note "--- firewall rules"
fails_with 1 get web 10.9.1.1 80
fails_with 1 get web 10.9.1.1 9030
on server sh -ec '
	echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
	iptables-legacy -t nat -F
	iptables-legacy -t nat -A PREROUTING -p tcp --dport 80 \
		-j DNAT --to 127.0.0.1:9030
	iptables-legacy -t nat -A POSTROUTING -j MASQUERADE'
is 'the intranet' "$(get web 10.9.1.1 80)" "the low port"
is 'the intranet' "$(get client 10.9.0.2 80)" "the low port"
fails_with 1 get web 10.9.1.1 9030

note "--- the path of this one connection is cut; the server keeps its end"
port=$(ss -N client -Htn state established 'dport = :22' |
	sed 's/.*10\.9\.0\.1:\([0-9]*\) .*/\1/')
like '^[0-9]+$' "$port" "the session's port"
ghost=$(pgrep -f '^sshd: alice$')
session=$(field session_pid)
for name in client server; do
	on "$name" iptables-legacy -A INPUT -p tcp -m tcp \
		--"$([[ $name == client ]] && echo d || echo s)port" "$port" -j DROP
done
redialed() {
	online && [[ $(field session_pid) != "$session" ]]
}
wait_for 10 "another session" redialed
like 'keepalive: nothing came from the server' "$(log_of gate)" "its log"
wait_for 5 "the port is held" state_is held
kill -0 "$ghost" || fail "the server has let the old session go"
like "warning: forward-remote 9030:localhost:80: the server does not give port 9030" \
	"$(log_of gate)" "its log"
on client sshdial status gate
wait_for 60 "the server lets it go" is_gone "$ghost"
wait_for 15 "the port is up" state_is up
like 'forward-remote 9030:localhost:80: port 9030 at the server is ours again' \
	"$(log_of gate)" "its log"
is 'the intranet' "$(get web 10.9.1.1 80)" "the low port"
is 1 "$(said gate 'does not give port')" "times it was said"
is 1 "$(said gate 'next try in')" "redials"
stop gate
nothing_left client
