#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     rsync, scp, sftp, cvs, uucico           rsyncd, sshd, cvs pserver, uucico
#     eth0 10.1.0.1 ------------------------------- 10.1.0.2 eth0
#
# test: rsync, scp, sftp, cvs and uucp by plain IP through the tunnel, to an
# test: address that there is nowhere else
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server
user_add alice
export HOME=/root
random_file /srv/tree 500K
far_up call

inetd() { # PORT USER CMD...: at the server, for each who connects
	daemon "$2-$1" on server perl "$REPO/tests/lib/answer.pl" "$1" \
		setpriv --reuid "$2" --regid "$2" --init-groups "${@:3}"
	wait_for 5 "port $1 answers" listens server "$1"
}

note "--- rsync"
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

note "--- scp and sftp, of OpenSSH"
authorize alice /root/.ssh/id_ed25519.pub
known_hosts 192.168.45.1 >/root/.ssh/known_hosts
ok on client scp -q /srv/tree alice@192.168.45.1:by-scp
same_file /srv/tree /home/alice/by-scp
ok on client scp -q alice@192.168.45.1:by-scp /srv/by-scp
same_file /srv/tree /srv/by-scp
printf '%s\n' 'put /srv/tree by-sftp' 'get by-sftp /srv/by-sftp' bye |
	ok on client sftp -q -b - alice@192.168.45.1
same_file /srv/tree /home/alice/by-sftp
same_file /srv/tree /srv/by-sftp

note "--- cvs, a pserver"
cvs_repository
echo "me:$(openssl passwd -1 geheim):cvs" >/home/cvs/CVSROOT/passwd
inetd 2401 root cvs -f --allow-root=/home/cvs pserver
export CVSROOT=:pserver:me:geheim@192.168.45.1:/home/cvs
ok on client cvs login
cvs_works

note "--- uucp, a line of type tcp"
uucp_install
inetd 540 uucp uucico -l
put client /etc/uucp/port <<-'X'
	port far
	type tcp
	service 540
X
uucp_works 'address 192.168.45.1' 'port far' 'protocol t' \
	'chat ogin: \L word: \P'

stop call
is 0 "$STATUS" "status"
nothing_left client
