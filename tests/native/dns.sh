#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   home eth0 10.8.0.2 ----------- 10.8.0.1 eth0 client
#     dnsmasq: every name is 10.98.0.1
#   office eth0 10.9.0.2 --------- 10.9.0.1 ppp9 client
#     dnsmasq: every name is 10.99.0.1
#
# test: names by the tunnel's server and by others, with the file alone, with
# test: both resolvconfs and with systemd-resolved, and all as before after it
# limit: 120
. "$REPO/tests/lib/lib.sh"

readonly DNS=$REPO/build/tests/tools/dns
readonly OFFICE=10.99.0.1 HOME_NET=10.98.0.1

host client home office
link client 10.8.0.1/24 home 10.8.0.2/24
link client:ppp9 10.9.0.1/24 office 10.9.0.2/24
name_server() { # HOST ADDRESS ANSWER
	daemon "dnsmasq-$1" on "$1" dnsmasq --keep-in-foreground --no-resolv \
		--no-hosts --conf-file=/dev/null --user=root --pid-file= \
		--log-queries --log-facility=- --bind-interfaces \
		--listen-address="$2" "--address=/#/$3"
	wait_for 5 "a name server at $1" grep -q started "$OUT/dnsmasq-$1.log"
}
name_server home 10.8.0.2 "$HOME_NET"
name_server office 10.9.0.2 "$OFFICE"

dns() {
	on client "$DNS" "$@"
}
lookup() { # NAME: its address
	QUIET=1 on client getent ahostsv4 "$1" | sed -n '1s/ .*//p'
}
asked() { # NAME...: each by home's or office's server, and what they said
	local pair
	for pair; do
		is "${pair#*=}" "$(lookup "${pair%=*}")" "${pair%=*}"
	done
}
resolv_conf() { # standard input
	put client /run/resolv.conf
}
state() { # of all that is ours to put back
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on client sh -c 'cd /run; ls -l --time-style=+ /etc/resolv.conf
		stat -L -c "%a %u %g" /etc/resolv.conf; cat -A /etc/resolv.conf
		grep -r . resolvconf/interface; ls /run | grep -vx sshdial
		ls /run/sshdial; :' 2>&1
}

note "--- nobody: the file"
is file "$(dns keeper)" "the keeper"
printf 'search home.example\nnameserver 10.8.0.2\noptions timeout:1' |
	resolv_conf
on client mkdir /run/sshdial # it stays
before=$(state)
asked "box.corp.example=$HOME_NET"
ok dns set file far ppp9 server 10.9.0.2 search corp.example
asked "box.corp.example=$OFFICE" "www.example=$OFFICE" "box=$OFFICE"
like 'query\[A\] box.corp.example from' "$(cat "$OUT/dnsmasq-office.log")" \
	"the name with the domain behind"
ok dns undo file far ppp9
is "$before" "$(state)" "after"
ok dns undo file far ppp9
is "$before" "$(state)" "after"

note "two peers at once, again and again, each in its own way"
churn() { # PEER
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on client sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$1" set file "$2" ppp9 server 10.9.0.2 search $2.example &&
		"$1" undo file "$2" ppp9 || exit 1; done' churn "$DNS" "$1"
}
churn a & one=$!
churn b & two=$!
churn c
wait "$one" "$two"
is "$before" "$(state)" "after"

note "a server that is gone is not waited for: the next one is asked"
on office ip link set eth0 down
ok dns set file far ppp9 server 10.9.0.2
asked "www.example=$HOME_NET"
ok dns undo file far ppp9
on office ip link set eth0 up

note "a client of DHCP writes it anew"
ok dns set file far ppp9 server 10.9.0.2 search corp.example
echo 'nameserver 10.8.0.2' | resolv_conf
other=$(state)
ok dns undo file far ppp9
is "$other" "$(state)" "after"

note "what a killed one has left"
echo half | put client /run/resolv.conf.sshdial
put client /run/sshdial/.resolv.conf.lock 600 </dev/null
ok dns undo file far ppp9
is "$other" "$(state)" "after"

note "a supervisor of a peer with the name of a lock keeps nobody waiting"
daemon resolv on client flock -F /run/sshdial/resolv.lock sleep 30
wait_for 5 "it has its lock" on client test -e /run/sshdial/resolv.lock
ok on client timeout 10 "$DNS" undo file far ppp9
stop resolv
on client rm /run/sshdial/resolv.lock
is "$other" "$(state)" "after"

note "no file"
on client rm /run/resolv.conf
before=$(state)
ok dns set file far ppp9 server 10.9.0.2
asked "www.example=$OFFICE"
ok dns undo file far ppp9
is "$before" "$(state)" "after"

note "a file that is a mount of its own, as in a container"
echo 'nameserver 10.8.0.2' | resolv_conf
echo 'nameserver 10.8.0.2' | put client /root/resolv
on client mount --bind /root/resolv /run/resolv.conf
before=$(state)
ok dns set file far ppp9 server 10.9.0.2 search corp.example
asked "www.example=$OFFICE"
ok dns undo file far ppp9
is "$before" "$(state)" "after"

note "the same, its file system read-only"
on client mount -o remount,bind,ro /run/resolv.conf
fails_with 1 dns set file far ppp9 server 10.9.0.2 2>/tmp/said
is "internal: /run/resolv.conf: Read-only file system; the name servers are \
not set" "$(cat /tmp/said)" "what it says"
is "$before" "$(state)" "after"
on client umount /run/resolv.conf

note "a full disk"
on client mount -t tmpfs -o size=8k full /mnt
ln -sf /mnt/resolv.conf /etc/resolv.conf
printf 'nameserver 10.8.0.2\n#%04000d\n' 0 | put client /mnt/resolv.conf
fill() { ! QUIET=1 on client sh -c 'yes | cat >>/mnt/other' 2>/dev/null; }
fill
before=$(state)
fails_with 1 dns set file far ppp9 server 10.9.0.2 search \
	corp.example 2>/tmp/said
like 'resolv.conf: No space left on device; the name' "$(cat /tmp/said)" said
is "$before" "$(state)" "after"
on client rm /mnt/other
printf 'nameserver 10.8.0.2\n' | put client /mnt/resolv.conf
before=$(state)
ok dns set file far ppp9 server 10.9.0.2
fill
ok dns undo file far ppp9
is "$before" "$(state)" "undone on a full disk"
on client mount -t tmpfs -o size=4k full /srv
printf 'nameserver 10.8.0.2\n#%04066d\n' 0 | put client /srv/resolv.conf
on client mount --bind /srv/resolv.conf /mnt/resolv.conf
before=$(state)
fails_with 1 dns set file far ppp9 server 10.9.0.2
is "$before" "$(state)" "after, where it has to be written in place"
on client umount /mnt/resolv.conf /mnt /srv

note "what pppd's script makes of usepeerdns goes first"
ln -sf /run/resolv.conf /etc/resolv.conf
printf 'nameserver 10.8.0.2\nsearch home.example\n' | resolv_conf
before=$(state)
echo 'nameserver 10.9.0.2' | put client /etc/ppp/resolv.conf
script() { # up|down
	on client env PPP_IFACE=ppp9 USEPEERDNS=1 DNS1=10.9.0.2 \
		"/etc/ppp/ip-$1.d/0000usepeerdns" ppp9 x 0 10.9.0.1 10.9.0.2 \
		sshdial:far
}
ok dns set file other ppp8 server 10.9.0.7
ok script up
unlike 10.9.0.7 "$(on client cat /run/resolv.conf)" "our other peer's server"
ok dns set file far ppp9 server 10.9.0.2 pppd
like 10.9.0.7 "$(on client cat /run/resolv.conf)" "our other peer's server"
ok dns undo file other ppp8
asked "www.example=$OFFICE"
ok script down
asked "www.example=$OFFICE"
ok dns undo file far ppp9
is "$before" "$(state)" "after"

note "nothing that is no name or address"
for bad in 'server 10.9.0.256' 'server ::1%eth0' 'search .' 'search -x' \
	'search a/b' 'search ..' 'server --help'; do
	# shellcheck disable=SC2086 # two words
	fails_with 1 dns set file far ppp9 $bad
done
fails_with 1 dns set file ../x ppp9 server 10.9.0.2
# shellcheck disable=SC2016 # as it is
fails_with 1 dns set resolvconf far '$(x)' server 10.9.0.2
is "$before" "$(state)" "after"

# A record of a network card stands before ppp's in Debian's own order.
with_resolvconf() {
	is resolvconf "$(dns keeper)" "the keeper"
	echo nameserver 10.8.0.2 | on client resolvconf -a eth0.dhclient
	asked "box.corp.example=$HOME_NET"
	before=$(state)
	ok dns set resolvconf far ppp9 server 10.9.0.2 search corp.example
	asked "box.corp.example=$OFFICE" "www.example=$OFFICE" "box=$OFFICE"
	ok dns undo resolvconf far ppp9
	asked "box.corp.example=$HOME_NET"
	is "$before" "$(state)" "after"
	ok dns undo resolvconf far ppp9
	is "$before" "$(state)" "after once more"
}
package() { # NAME: its files are in the stage
	# /lib and /sbin are links
	tar -C "$REPO/build/tests/$1" -c . |
		tar -C / -x --keep-directory-symlink --no-overwrite-dir ||
		fail "$1 is missing: run tests/setup"
}

note "--- Debian's resolvconf"
package resolvconf
on client mkdir -p /run/resolvconf/interface
on client rm /run/resolv.conf
ln -sf /run/resolvconf/resolv.conf /etc/resolv.conf
on client resolvconf --enable-updates
with_resolvconf
note "and with pppd's own record"
on client env PPP_IFACE=ppp9 USEPEERDNS=1 DNS1=10.9.0.2 \
	"$REPO/build/tests/resolvconf/etc/ppp/ip-up.d/000resolvconf" ppp9
ok dns set resolvconf far ppp9 server 10.9.0.2 pppd
asked "www.example=$OFFICE"
ok dns undo resolvconf far ppp9
is "$before" "$(state)" "after"

note "one that hangs, and one that fails"
mv /sbin/resolvconf /sbin/resolvconf.real
printf '#!/bin/sh\nsleep 60\n' >/sbin/resolvconf
chmod 755 /sbin/resolvconf
start=${EPOCHREALTIME/./}
fails_with 1 dns undo resolvconf far ppp9 2>/tmp/said
took=$(((${EPOCHREALTIME/./} - start) / 1000))
((took < 8000)) || fail "took $took ms"
like 'resolvconf did not end within 5 s and was killed' "$(cat /tmp/said)" said
fails_with 1 pgrep -x sleep
note "a suspend of the machine is no time that it had"
printf '#!/bin/sh\necho 60000 >/tmp/slept; sleep 1\n' >/sbin/resolvconf
ok on client env LD_PRELOAD="$REPO/build/tests/preload/slept.so" \
	SLEPT=/tmp/slept "$DNS" undo resolvconf far ppp9
printf '#!/bin/sh\necho no >&2; exit 7\n' >/sbin/resolvconf
fails_with 1 dns set resolvconf far ppp9 server 10.9.0.2 2>/tmp/said
is 'internal: /sbin/resolvconf ended with status 7: no' "$(cat /tmp/said)" said
mv /sbin/resolvconf.real /sbin/resolvconf

note "--- openresolv"
on client rm -r /run/resolvconf
package openresolv
rm /etc/resolv.conf
echo '# Generated by resolvconf' >/etc/resolv.conf
with_resolvconf

note "--- systemd-resolved"
package systemd-resolved
useradd --system --user-group systemd-resolve
printf '[Resolve]\nLLMNR=no\nMulticastDNS=no\nCache=no\n' \
	>/etc/systemd/resolved.conf
rm /etc/resolv.conf
ln -s /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
is file "$(dns keeper)" "the keeper, while it does not run"
on client mkdir -p /run/dbus /run/systemd
daemon dbus on client dbus-daemon --system --nofork --nopidfile
wait_for 5 "the bus is there" on client test -S /run/dbus/system_bus_socket
daemon resolved on client /lib/systemd/systemd-resolved
resolved_is() { [[ $(QUIET=1 dns keeper) == resolved ]]; }
wait_for 10 "it keeps the names" resolved_is
# the bus knows it a little later than its socket is there
wait_for 10 "it can be asked" on client resolvectl dns eth0 10.8.0.2
view() {
	QUIET=1 on client resolvectl --no-pager status
}
asked "box.corp.example=$HOME_NET" "www.example=$HOME_NET"
before=$(view)
ok dns set resolved far ppp9 server 10.9.0.2 search corp.example
asked "box.corp.example=$OFFICE" "www.example=$HOME_NET" "box=$OFFICE"
ok dns set resolved far ppp9 server 10.9.0.2 search corp.example all
asked "box.corp.example=$OFFICE" "www.example=$OFFICE"
ok dns set resolved far ppp9 server 10.9.0.2
asked "www.example=$OFFICE"
ok dns undo resolved far ppp9
is "$before" "$(view)" "after"
asked "box.corp.example=$HOME_NET"
fails_with 1 dns set resolved far ppp7 server 10.9.0.2 2>/tmp/said
like 'resolvectl ended with status 1: .*ppp7' "$(cat /tmp/said)" "no such link"
ok dns undo resolved far ppp7
is "$before" "$(view)" "after"
note "it has ended"
stop resolved
ok dns undo resolved far ppp9
