#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1 ------------------- 10.1.0.2 eth0 server
#     ifup ppp-ssh: pon ssh-boot,               sshd, and the seed document's
#     whose pty line is sshdial pipe            key line
#
# test: the link as an interface of Debian's ifupdown: ifup does not wait,
# test: the link comes and outlives its session, ifdown leaves nothing
# limit: 120
. "$REPO/tests/lib/lib.sh"

far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server
sed -e 's/^server .*/server 10.1.0.2/' -e '/^remote-command/d' \
	"$REPO/peers/ssh.conf" >/tmp/ssh.conf
printf '%s\n' 'identity /root/.ssh/id_ed25519' 'gate-time 1s' >>/tmp/ssh.conf
peer client ssh </tmp/ssh.conf
put client /etc/ppp/peers/ssh-boot <"$REPO/peers/ssh-boot"
mkdir -p /etc/network/if-pre-up.d /etc/network/if-up.d \
	/etc/network/if-down.d /etc/network/if-post-down.d
cp -a "$REPO/build/tests/ifupdown/sbin/." /usr/local/sbin/ ||
	fail "ifupdown is missing: run tests/setup"
cp "$REPO/peers/interfaces" /etc/network/interfaces
on client mkdir -p /run/network

start=${EPOCHREALTIME/./}
ok on client ifup -a
took=$(((${EPOCHREALTIME/./} - start) / 1000))
note "ifup took $took ms"
((took < 5000)) || fail "ifup waits: $took ms"
wait_for 20 "the link is up" ppp_address client ppp0 192.168.45.2 192.168.45.1
ping_ok client 192.168.45.1
like '^ssh +online ' "$(on client sshdial status ssh)" "status"
pppd=$(pgrep -ox pppd)
session=$(pgrep -x sshdial-session)
ok on client sshdial redial ssh
wait_for 5 "another session" is_gone "$session"
online() { on client sshdial status ssh; }
wait_for 20 "it is online" online
kill -0 "$pppd" || fail "pppd has ended"
again() { on client ping -q -c 1 -W 1 192.168.45.1; }
wait_for 20 "traffic flows again" again
ok on client ifdown ppp-ssh
nothing_left client
nothing_left server
