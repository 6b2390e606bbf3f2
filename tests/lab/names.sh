#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#                                             10.7.0.1 10.7.0.2 lo: dnsmasq,
#                                               every name is 10.99.0.1
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0: dnsmasq,
#                                               every name is 10.98.0.1, but
#                                               for gate.example: 10.1.0.2
#
# test: dns, dns-search and peer-dns over a link, by the file and by
# test: systemd-resolved, also after SIGKILL of all; while the tunnel is
# test: down names are as before, and the server's own is found
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

readonly OFFICE=10.99.0.1 OUTSIDE=10.98.0.1

far_pair <<'LINES'
host-key-alias 10.1.0.2
route 10.7.0.0/24
redial-min 300ms
LINES
far_command "$FAR_SEED"
sshd_start server
hook_install client
base=$(sed 's/^server .*/server gate.example/' \
	"/proc/${HOST[client]}/root/etc/sshdial/far.conf")
far() { # LINE...: the peer far, with these
	printf '%s\n' "$base" "$@" | peer client far
}
name_server() { # NAME ADDRESSES WORD...
	daemon "$1" on server dnsmasq --keep-in-foreground --no-resolv \
		--no-hosts --conf-file=/dev/null --user=root --pid-file= \
		--log-facility=- --bind-interfaces \
		"--listen-address=$2" "${@:3}"
	wait_for 10 "the name server $1" grep -q started "$OUT/$1.log"
}
ip -n server addr add 10.7.0.1/32 dev lo
ip -n server addr add 10.7.0.2/32 dev lo
name_server outside 10.1.0.2 "--address=/#/$OUTSIDE" \
	--address=/gate.example/10.1.0.2
name_server office 10.7.0.1,10.7.0.2 "--address=/#/$OFFICE"

lookup() { # NAME: its address
	QUIET=1 on client getent ahostsv4 "$1" | sed -n '1s/ .*//p'
}
asked() { # NAME=ADDRESS...
	local pair
	for pair; do
		is "${pair#*=}" "$(lookup "${pair%=*}")" "${pair%=*}"
	done
}
state() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on client sh -c 'ls -l --time-style=+ /etc/resolv.conf
		stat -L -c "%a %u %g" /etc/resolv.conf; cat -A /etc/resolv.conf
		find /run -xdev ! -type d ! -path "/run/.*" \
			! -name pppd2.tdb ! -name "*.lock" | sort
		! pidof systemd-resolved >/dev/null ||
		resolvectl --no-pager status' 2>&1
}
as_before() { # for wait_for
	diff <(echo "$before") <(state)
}
dial() {
	ok on client sshdial call -d far
}
hang_up() {
	ok on client sshdial hangup far
	nothing_left client
	wait_for 5 "all is as before" as_before
}
# held: the session is lost, and there is no other one for a while.
held() {
	stop sshd-server
	cut_session
	wait_for 10 "the names are undone" names_undone
	asked "gate.example=10.1.0.2" "box.corp.example=$OUTSIDE"
	sshd_start server
	ok on client sshdial redial far
	wait_for 20 "they are set again" names_set
}
# A question that is lost on a link which is not ready takes seconds.
names_set() {
	[[ $(QUIET=1 on client sshdial status far) == far*online* &&
		$(ip -n client route show 10.7.0.0/24) == *ppp0* &&
		$(lookup box.corp.example) == "$OFFICE" ]]
}
names_undone() {
	[[ $(lookup box.corp.example) == "$OUTSIDE" ]]
}

note "--- the file: dns and dns-search"
# a question that a link on its way has lost is soon asked again
printf 'options timeout:1\nsearch home.example\nnameserver 10.1.0.2' |
	put client /run/resolv.conf
before=$(state)
far 'dns 10.7.0.1' 'dns 10.7.0.2' 'dns-search corp.example'
dial
asked "box.corp.example=$OFFICE" "box=$OFFICE" "www.example=$OFFICE"
held
hang_up

note "--- the file: peer-dns"
far_command "$FAR_SEED ms-dns 10.7.0.1 ms-dns 10.7.0.2"
far 'peer-dns yes'
resolv=$(on client cat /run/resolv.conf)
dial
asked "box.corp.example=$OFFICE" "www.example=$OFFICE"
like 'sshdial peer far' "$(on client cat /run/resolv.conf)" "who set it"
like '^nameserver 10.1.0.2' "$(on client cat /run/resolv.conf)" "what was there"
fails_with 1 on client test -e /run/resolv.conf.pppd-backup.ppp0
note "and all are killed, then a check repairs it"
on client killall -KILL sshdial sshdial-session pppd || true
wait_for 5 "no ppp interface is left" no_ppp client
like 10.7.0.1 "$(on client cat /run/resolv.conf)" "what it has left"
ok on client sshdial check --repair far
is "$resolv" "$(on client cat /run/resolv.conf)" "resolv.conf"
note "and in good order"
dial
asked "www.example=$OFFICE"
hang_up
like 10.7.0.1 "$(on client cat /etc/ppp/resolv.conf)" "what pppd writes"

note "--- systemd-resolved"
tar -C "$REPO/build/tests/systemd-resolved" -c . |
	tar -C / -x --keep-directory-symlink --no-overwrite-dir ||
	fail "systemd-resolved is missing: run tests/setup"
useradd --system --user-group systemd-resolve
printf '[Resolve]\nLLMNR=no\nMulticastDNS=no\nCache=no\n' \
	>/etc/systemd/resolved.conf
ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
on client mkdir -p /run/dbus /run/systemd
daemon dbus on client dbus-daemon --system --nofork --nopidfile
wait_for 10 "the bus is there" on client test -S /run/dbus/system_bus_socket
daemon resolved on client /lib/systemd/systemd-resolved
wait_for 20 "it can be asked" on client resolvectl dns eth0 10.1.0.2
asked "box.corp.example=$OUTSIDE"
before=$(state)
far_command "$FAR_SEED"
far 'dns 10.7.0.1' 'dns-search corp.example'
dial
asked "box.corp.example=$OFFICE" "www.example=$OUTSIDE" \
	"gate.example=10.1.0.2" "box=$OFFICE"
held
asked "www.example=$OUTSIDE"
hang_up
