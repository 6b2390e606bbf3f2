# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Servers and clients of other protocols, as Debian has them, to be used over SSH.

# unpacked PACKAGE...: copies what tests/setup has unpacked to where it belongs
unpacked() {
	local package part
	for package; do
		[[ -d $REPO/build/tests/$package ]] ||
			fail "$package is missing: run make setup"
		for part in usr etc var; do
			[[ ! -d $REPO/build/tests/$package/$part ]] ||
				cp -a "$REPO/build/tests/$package/$part/." "/$part/"
		done
	done
}

# apart HOST FOLDER...: gives HOST a copy of its own of these folders
apart() {
	local host=$1 folder
	for folder in "${@:2}"; do
		mkdir -p "$folder" "/srv/apart/$host$folder"
		cp -a "$folder/." "/srv/apart/$host$folder/"
		chown --reference "$folder" "/srv/apart/$host$folder"
		QUIET=1 on "$host" mount --bind "/srv/apart/$host$folder" "$folder"
	done
}

# letter NUMBER: prints a letter of 3001 numbers, a line each
letter() { # NUMBER
	printf 'From: a@example.org\nTo: alice@far.example\nSubject: letter %s\n\n' "$1"
	seq "$1" $(($1 + 3000))
}

# as USER CMD...: runs CMD as USER on client
as() {
	ok on client setpriv --reuid "$1" --regid "$1" --init-groups \
		env HOME="$(getent passwd "$1" | cut -d: -f6)" USER="$1" "${@:2}"
}

# is_mbox FILE NUMBER...: FILE has the lines of these letters, in this order
is_mbox() {
	local n
	for n in "${@:2}"; do
		letter "$n" | sed 1,/^$/d
	done | cmp - <(grep -x '[0-9][0-9]*' "$1") || fail "$1 is something else"
}

# imapd_install: makes `/run/imapd FOLDER' on the server, an imapd that asks for no
# login, and alice's mail in ~/Mail
imapd_install() {
	unpacked dovecot-core dovecot-imapd
	useradd --system --no-create-home dovecot
	useradd --system --no-create-home dovenull
	printf '%s\n' 'ssl = no' 'log_path = /out/dovecot.log' \
		>/etc/dovecot/dovecot.conf
	: >"$OUT/dovecot.log"
	chmod 666 "$OUT/dovecot.log"
	# shellcheck disable=SC2016
	put server /run/imapd 755 <<<'#!/bin/sh
exec /usr/lib/dovecot/imap -o "mail_location=maildir:~/$1"'
	install -d -o alice /home/alice/Mail /home/alice/Mail/{new,cur,tmp}
}

# mail_alice NUMBER...: puts these letters into that mail
mail_alice() {
	local n
	for n; do
		letter "$n" >"/home/alice/Mail/new/170000000$n.M1.far"
	done
	chown alice: /home/alice/Mail/new/*
}

# imapd_start ADDRESS: starts an imapd on port 143 of the server with the same mail,
# for alice and the password geheim
imapd_start() {
	cat >>/etc/dovecot/dovecot.conf <<-X
		listen = $1
		protocols = imap
		disable_plaintext_auth = no
		mail_location = maildir:~/Mail
		passdb {
		  driver = static
		  args = password=geheim
		}
		userdb {
		  driver = passwd
		}
	X
	daemon imapd on server dovecot -F
	wait_for 20 "imapd listens" listens server 143
}

# mutt_saves USER FOLDER FILE: saves all letters of the folder to FILE
mutt_saves() {
	typed "spawn setpriv --reuid $1 --regid $1 --init-groups env \
			HOME=$(getent passwd "$1" | cut -d: -f6) TERM=xterm mutt -f {$2}
		set timeout 30
		expect letter {send T} timeout {exit 3}
		expect matching {send ~A\\r} timeout {exit 4}
		send {;s}
		expect mailbox {send \\025$3\\rq} timeout {exit 5}
		expect eof {} timeout {exit 6}
		exit [lindex [wait] 3]"
}

# exim_install: installs exim on both hosts; the test writes each one's
# /etc/exim4/exim4.conf
exim_install() {
	local host
	unpacked exim4-daemon-light
	useradd --system --no-create-home Debian-exim
	install -d -o Debian-exim /var/spool/exim4 /var/log/exim4
	for host in client server; do
		apart $host /etc/exim4 /var/spool/exim4 /var/log/exim4
	done
}

# exim_start ADDRESS: starts exim on port 25 of the server. All mail goes to
# /srv/mail/box, also from senders that do not wait for answers.
exim_start() {
	install -d -o alice /srv/mail
	put server /etc/exim4/exim4.conf <<-X
		primary_hostname = far.example
		local_interfaces = $1
		smtp_enforce_sync = false
		acl_smtp_rcpt = all
		begin acl
		all:
		  accept
		begin routers
		all:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  file = /srv/mail/box
		  user = alice
	X
	daemon exim on server exim4 -bdf -q10m
	wait_for 10 "exim listens there" listens server 25
}

# cvs_repository: makes one on the server, in /home/cvs, of the account cvs
cvs_repository() {
	user_add cvs
	su cvs -c 'cvs -d /home/cvs init'
}

# cvs_works: imports, checks out and commits on client, as CVSROOT says
cvs_works() {
	mkdir /srv/module /srv/cvs
	seq 10000 >/srv/module/file
	cvs_in /srv/module import -m first module me start
	cvs_in /srv/cvs co module
	same_file /srv/module/file /srv/cvs/module/file
	seq 20000 >/srv/cvs/module/file
	cvs_in /srv/cvs/module commit -m more
	su cvs -c 'cvs -Q -d /home/cvs co -p module/file' >/srv/committed
	same_file /srv/committed /srv/cvs/module/file
}

cvs_in() { # FOLDER WORD...
	# shellcheck disable=SC2016
	ok on client sh -c 'cd "$1" && shift && exec cvs -Q "$@"' cvs "$@"
}

# uucp_install: installs uucp on both hosts. client is the system `near', which calls
# YOURPROVIDER by the port `far', which the test defines.
uucp_install() {
	local host
	unpacked uucp
	usermod -s /bin/sh uucp
	for host in client server; do
		apart $host /etc/uucp /var/spool/uucp /var/spool/uucppublic \
			/var/log/uucp
		on $host chmod 1777 /run/lock # as on a real system
	done
	put server /etc/uucp/config <<<'nodename YOURPROVIDER'
	put server /etc/uucp/passwd 640 uucp <<<'near geheim'
	put server /etc/uucp/sys <<-'X'
		system near
		called-login near
		time never
	X
	put client /etc/uucp/config <<<'nodename near'
	put client /etc/uucp/call 640 uucp <<<'YOURPROVIDER near geheim'
}

# uucp_works SYS-LINE...: moves a file each way in one call, with these lines and
# /etc/uucp/port
uucp_works() {
	printf '%s\n' 'system YOURPROVIDER' 'myname near' 'call-login *' \
		'call-password *' 'time any' 'chat-timeout 30' "$@" |
		put client /etc/uucp/sys
	random_file /srv/up 2M 5
	random_file /srv/down 1M 6
	as uucp uucp -r -C /srv/up 'YOURPROVIDER!~/up'
	ok on server setpriv --reuid uucp --regid uucp --init-groups \
		uucp -r -C /srv/down 'near!~/down'
	as uucp uucico -f -s YOURPROVIDER
	QUIET=1 on client cat /var/log/uucp/Log
	same_file /srv/up /srv/apart/server/var/spool/uucppublic/up
	same_file /srv/down /srv/apart/client/var/spool/uucppublic/down
}

# xserver NUMBER OPTION...: starts an X server on client, with a screen of 64Nx48N
# and a cookie in /root/xauth for :N and for the hosts of XHOSTS. Sets COOKIE.
xserver() {
	local name
	COOKIE=$(printf '%032x' $((RANDOM * RANDOM + $1)))
	for name in "" ${XHOSTS:-}; do
		QUIET=1 on client xauth -q -f /root/xauth add "$name:$1" . \
			"$COOKIE"
	done
	install -d -m 1777 /tmp/.X11-unix
	daemon "x$1" on client Xvfb ":$1" -screen 0 "64${1}x48${1}x24" \
		-auth /root/xauth -noreset "${@:2}"
	wait_for 20 "X server $1 is up" xwith ":$1" xdpyinfo
}

# xwith DISPLAY CMD...: runs CMD on client with that display
xwith() {
	QUIET=1 on client env DISPLAY="$1" XAUTHORITY=/root/xauth "${@:2}"
}

# from xdpyinfo
size_of_screen() {
	sed -n 's/^ *dimensions: *\([0-9x]*\).*/\1/p'
}

# window DISPLAY TITLE: succeeds if there is such a window; for wait_for
window() {
	xwith "$1" xwininfo -root -tree | grep -q "\"$2\""
}

no_window() {
	! window "$@"
}
