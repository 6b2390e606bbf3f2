#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server, sshd, stock
#     fetchmail, mutt                    dovecot's imap, preauthenticated
#     exim, a pipe transport             nc localhost smtp --> exim
#     uucico, a port of type pipe        uucico -l, a forced command
#
# test: mail and files through the pipes of fetchmail, mutt, exim and uucp
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

dial_pair
echo '10.9.0.1 client
10.9.0.2 johannes.our-isp.org' >>/etc/hosts
export HOME=/root
unpacked fetchmail

note "--- fetchmail, from an imapd that asks for no login"
imapd_install
mail_alice 1 2 3
user_add carol
install -m 600 -o carol /root/keys/id_ed25519 /home/carol/id
far_peer johannes.our-isp.org 'identity /home/carol/id'
cat >/home/carol/.fetchmailrc <<-'X'
	set invisible
	poll johannes.our-isp.org
	with options proto imap,
	preauth ssh,
	plugin "sshdial-exec -x -C alice@%h /run/imapd Mail 2>/dev/null",
	sslproto '',
	mda "cat >>/home/carol/mbox",
	fetchall
X
chown carol /home/carol/.fetchmailrc
chmod 600 /home/carol/.fetchmailrc
as carol fetchmail -s
is_mbox /home/carol/mbox 1 2 3
is '' "$(find /home/alice/Mail -name '*.far*')" "what fetchmail has left there"

note "--- mutt"
mail_alice 4 5 6
cat >/home/carol/.muttrc <<-'X'
	set tunnel="imapd || sshdial exec -qC alice@johannes.our-isp.org /run/imapd Mail"
	set folder="{johannes.our-isp.org}"
	set confirmappend=no confirmcreate=no delete=yes sort=subject
X
mutt_saves carol '{johannes.our-isp.org}INBOX' /home/carol/saved
is_mbox /home/carol/saved 4 5 6
is '' "$(find /home/alice/Mail -name '*.far*')" "what mutt has left there"

note "--- exim's pipe transport, to the smtp port of a host behind"
exim_install
put client /etc/exim4/exim4.conf <<-'X'
	primary_hostname = near.example
	begin routers
	t_online:
	  driver = manualroute
	  domains = ^t-online\\.(de|at|com)\$
	  route_list = *
	  transport = ssh
	begin transports
	ssh:
	  driver = pipe
	  use_bsmtp
	  use_crlf
	  message_prefix = "HELO near.example\r\n"
	  message_suffix = "QUIT\r\n"
	  command = /usr/local/sbin/sshdial-exec alice@johannes.our-isp.org nc -w 1 localhost smtp
	  user = carol
	  timeout = 300s
	  temp_errors = 1
	  return_fail_output = true
X
exim_start 127.0.0.1
for n in 7 8; do
	letter "$n" | ok on client exim4 -odf -i "a$n@t-online.de"
done
has() { # FILE NUMBER: the line is there
	grep -qx "$2" "$1"
}
wait_for 10 "the second letter is there" has /srv/mail/box 3008
is_mbox /srv/mail/box 7 8
like '^X-?Envelope-To|^Subject: letter 7$' "$(cat /srv/mail/box)" "header"
is '' "$(on client exim4 -bp)" "what waits here"

note "--- uucp, a line of type pipe"
uucp_install
key_make /root/keys/id_ed25519.uucp
authorize uucp /root/keys/id_ed25519.uucp.pub 'no-port-forwarding,'\
'no-X11-forwarding,no-agent-forwarding,command="/usr/sbin/uucico -l"'
cp -a /var/spool/uucp/.ssh /srv/apart/server/var/spool/uucp/
put client /var/spool/uucp/.ssh/id_ed25519.uucp 600 uucp \
	</root/keys/id_ed25519.uucp
put client /etc/uucp/port <<-'X'
	port ssh
	type pipe
	command /usr/local/sbin/sshdial-exec -qi ~/.ssh/id_ed25519.uucp uucp@YOURPROVIDER
	reliable true
	protocol etyig
X
far_peer YOURPROVIDER
uucp_works 'port ssh' 'protocol i' 'chat "" \d\d\r\c ogin: \d\L word: \P'
nothing_left client
