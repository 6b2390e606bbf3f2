#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     rsync, exim, fetchmail, Xvfb            rsyncd, exim, imapd, X programs
#     eth0 10.1.0.1 ------------------------------- 10.1.0.2 eth0
#
# test: rsync, SMTP, IMAP and X11 by plain IP through the tunnel, to addresses
# test: that there are nowhere else
# limit: 180
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server
user_add alice
export HOME=/root
far_up call

note "--- rsync"
random_file /srv/tree 500K
put server /etc/rsyncd.conf <<-'X'
	use chroot = no
	uid = root
	[srv]
	path = /srv
X
daemon rsyncd on server rsync --daemon --no-detach --address 192.168.45.1
wait_for 5 "rsyncd listens" listens server 873
ok on client rsync rsync://192.168.45.1/srv/tree /srv/got
same_file /srv/tree /srv/got

note "--- SMTP"
exim_install
exim_start 192.168.45.1
put client /etc/exim4/exim4.conf <<-'X'
	primary_hostname = near.example
	begin routers
	far:
	  driver = manualroute
	  route_list = * 192.168.45.1
	  transport = smtp
	begin transports
	smtp:
	  driver = smtp
	  hosts_avoid_tls = *
X
letter 1 | ok on client exim4 -odf -i alice@far.example
is '' "$(on client exim4 -bp)" "what waits here"
wait_for 10 "the letter is there" grep -qx 3001 /srv/mail/box
is_mbox /srv/mail/box 1

note "--- IMAP"
unpacked fetchmail
imapd_install
mail_alice 2 3
daemon imapd on server perl "$REPO/tests/lib/answer.pl" 143 \
	setpriv --reuid alice --regid alice --init-groups \
	env HOME=/home/alice USER=alice /run/imapd Mail
wait_for 5 "imapd listens" listens server 143
ok on client sh -c 'umask 077; cat >/root/fetchmailrc' <<-'X'
	set invisible
	poll 192.168.45.1
	with options proto imap,
	preauth ssh,
	sslproto '',
	mda "cat >>/srv/mbox",
	fetchall
X
ok on client fetchmail -s -f /root/fetchmailrc
is_mbox /srv/mbox 2 3

note "--- X11"
XHOSTS=192.168.45.2 xserver 7 -listen tcp
cp /root/xauth /srv/xauth
daemon clock on server env XAUTHORITY=/srv/xauth DISPLAY=192.168.45.2:7 \
	xclock -title 'far clock'
is 647x487 "$(on server env XAUTHORITY=/srv/xauth DISPLAY=192.168.45.2:7 \
	xdpyinfo | size_of_screen)" "size"
wait_for 10 "the far clock is here" window :7 'far clock'

stop call
is 0 "$STATUS" "status"
nothing_left client
