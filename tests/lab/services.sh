#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     exim, fetchmail, mutt, Xvfb             exim, dovecot, X programs
#     eth0 10.1.0.1 ------------------------------- 10.1.0.2 eth0
#
# test: SMTP, IMAP and X11 by plain IP through the tunnel, to addresses that
# test: there are nowhere else
# limit: 180
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server
user_add alice
export HOME=/root
far_up call

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

note "--- IMAP, by fetchmail and by mutt"
unpacked fetchmail
imapd_install
mail_alice 2 3
imapd_start 192.168.45.1
ok on client sh -c 'umask 077; cat >/root/fetchmailrc' <<-'X'
	set invisible
	poll 192.168.45.1 proto imap user alice password geheim,
	sslproto '',
	mda "cat >>/srv/mbox",
	fetchall
X
ok on client fetchmail -s -f /root/fetchmailrc
is_mbox /srv/mbox 2 3
mail_alice 4 5
cat >/root/.muttrc <<-'X'
	set folder=/root imap_pass=geheim ssl_force_tls=no ssl_starttls=no
	set confirmappend=no confirmcreate=no delete=yes sort=subject
X
mutt_saves root imap://alice@192.168.45.1/INBOX /srv/saved
is_mbox /srv/saved 4 5
is '' "$(find /home/alice/Mail -name '*.far*')" "what both have left there"

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
