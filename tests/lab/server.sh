#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   one   eth0 10.1.0.2 --- 10.1.0.1 --.
#   two   eth0 10.2.0.2 --- 10.2.0.1 --- server: sshd, sshdial-server
#   three eth0 10.3.0.2 --- 10.3.0.1 --'
#     each: sshdial call far           ppp: 192.168.45.1 - - .2, .3, .4
#
# test: three clients of sshdial-server, each with its key and addresses; one
# test: is removed, and the others never notice
# limit: 300
. "$REPO/tests/lib/lib.sh"

readonly CLIENTS=(one two three)
host server "${CLIENTS[@]}"
for i in 1 2 3; do
	link "${CLIENTS[i - 1]}" "10.$i.0.2/24" server "10.$i.0.1/24"
done
sshdial_install
server_install

note "--- the server: init and add"
ok on server sshdial-server init --pool6 fd83:45::/64
add() { # CLIENT ADDRESS [OPTION...]: as it says, and what it prints goes there
	local i=$2
	key_make "/root/keys/$1"
	put "$1" /etc/sshdial/id_ed25519 600 <"/root/keys/$1"
	ok on server sshdial-server add "$1" "/root/keys/$1.pub" "${@:3}"
	on server sshdial-server config "$1" --server "10.$i.0.1" |
		tee "$OUT/$1.conf" | put "$1" /etc/sshdial/far.conf
	sed -n 's/^# known_hosts: //p' "$OUT/$1.conf" |
		put "$1" /etc/sshdial/known_hosts
}
add one 1
add two 2 --pap --route 10.77.0.0/16 --route fd77::/32
add three 3
sed -n 's/^# \(two \* .*\)/\1/p' "$OUT/two.conf" | put two /etc/ppp/pap-secrets 600
printf '%s\n' 'redial-max 1s' 'gate-time 0s' >>"$OUT/two.conf"
put two /etc/sshdial/far.conf <"$OUT/two.conf"
# its keys are the machine's, in /etc/ssh
sshd_start server "HostKey /etc/ssh/ssh_host_ed25519_key" \
	"HostKey /etc/ssh/ssh_host_ecdsa_key"

note "--- three links"
for i in 1 2 3; do
	name=${CLIENTS[i - 1]}
	daemon "$name" on "$name" sshdial call far
	wait_for 60 "$name has its address" \
		ppp_address "$name" ppp0 "192.168.45.$((i + 1))" 192.168.45.1
	on "$name" ping -q -n -c 2 -i 0.2 -W 10 192.168.45.1 ||
		fail "$name gets no reply"
done
like 'PAP authentication succeeded' "$(log_of two)" "two's password"
nic=$(on server sshdial-server list | awk '$1 == "two" { print $3 }')
is ppp1 "$nic" "the interface that list shows"
has_route6() {
	ip -n server -6 route show dev "$nic" | grep -q '^fd77::/32 '
}
wait_for 10 "the IPv6 route of two" has_route6
is "10.77.0.0/16" "$(ip -n server route show dev "$nic" | cut -d' ' -f1 |
	grep 77)" "the route of two"
like 'fd83:45::1 peer fd83:45::3/128' "$(ip -n server -o -6 addr show dev "$nic")" \
	"the server's IPv6 address to two"
is 2 "$(ip -n server route | grep -c '^10\.77\|^192.168.45.3 ')" "routes to two"

note "--- two is removed"
state() { # NAME: its link, at both ends
	pgrep -x pppd -P "$(pid_of "$1")"
	ip -n "$1" -o link show dev ppp0 | cut -d: -f1,2
	ip -n server -o link show type ppp | sed '/ ppp1:/d' | cut -d: -f1,2
	pgrep -f "call sshdial-server.d/$1"
}
before=$(state one && state three)
for name in one three; do
	daemon "ping-$name" on "$name" ping -n -i 0.1 -W 10 192.168.45.1
done
pings() { # NAME N: so many replies
	(($(grep -c 'bytes from' "$OUT/ping-$1.log" || true) >= $2))
}
wait_for 20 "pings flow" pings three 5
ok on server sshdial-server remove two
is '' "$(pgrep -f 'call sshdial-server.d/two')" "its pppd"
gone() { [[ -z $(ip -n server link show dev "$nic" 2>/dev/null) ]]; }
wait_for 5 "its interface is gone" gone
refused() { grep -q 'login-refused' "$OUT/two.log"; }
wait_for 30 "its next login is refused" refused
is '' "$(pgrep -f 'call sshdial-server.d/two')" "its pppd"
n=$(grep -c 'bytes from' "$OUT/ping-one.log")
wait_for 20 "pings go on" pings one $((n + 5))
wait_for 20 "pings go on" pings three $((n + 5))
for name in one three; do
	stop "ping-$name" INT
	seq=$(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$OUT/ping-$name.log")
	is "$(seq "$(wc -l <<<"$seq")")" "$seq" "the pings of $name that came back"
done
is "$before" "$(state one && state three)" "the other links"
unlike 'two' "$(on server sshdial-server list)" "what list shows"
is 2 "$(on server sshdial-server check | grep -cE '^ok +(one|three) ')" \
	"clients that check finds well"

note "--- its address is free again"
key_make /root/keys/four
ok on server sshdial-server add four /root/keys/four.pub
like '^four +192\.168\.45\.3 ' "$(on server sshdial-server list)" "list"
for name in "${CLIENTS[@]}"; do
	stop "$name" INT 15
done
