#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------ 10.9.0.2 eth0 server, sshd on 22 and 2222
#     df tar rsync scp sftp git cvs         their other halves as alice;
#     borg unison, each with                as cvs, `cvs server` as the
#     sshdial-exec as its ssh               forced command
#
# test: programs that call an ssh work with sshdial-exec in its place; the
# test: options of ssh are honoured, without effect or refused by name
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

dial_pair
known_hosts '[10.9.0.2]:2222' |
	QUIET=1 on client sh -c 'cat >>/etc/sshdial/known_hosts'
sshd_start server 'Port 2222'
export HOME=/root
mkdir -p /srv/tree/sub /srv/got
random_file "/srv/tree/a file" 3M
random_file /srv/tree/sub/big 10M 2
seq 100000 >/srv/tree/sub/numbers
chmod 750 /srv/tree/sub/numbers
same_tree() { # A B
	ok diff -r "$1" "$2"
}

note "--- df and tar, in pipes"
full() {
	awk '/\/$/ {print $5}'
}
like '^[0-9]+%$' "$(on client sshdial exec far df | full)" "how full / is"
(cd /srv && tar cf - tree/ | on client sshdial exec far \
	'mkdir moved && cd moved && tar xpvf -' >/tmp/.names)
is "$(cd /srv && tar cf - tree/ | tar t)" "$(</tmp/.names)" "what was named"
same_tree /srv/tree /home/alice/moved/tree
is 750 "$(stat -c %a /home/alice/moved/tree/sub/numbers)" "mode"

note "--- rsync"
ok on client rsync --delete -a -e sshdial-exec /srv/tree/ far:web/
same_tree /srv/tree /home/alice/web
is 750 "$(stat -c %a /home/alice/web/sub/numbers)" "mode"
echo x >/home/alice/web/gone
echo changed >>/srv/tree/sub/numbers
ok on client rsync --delete -a -e sshdial-exec /srv/tree/ alice@far:web/
same_tree /srv/tree /home/alice/web
ok on client rsync -a -e 'sshdial-exec -p 2222' alice@far:web/ /srv/got/
same_tree /srv/tree /srv/got

note "--- scp and sftp: subsystems"
copies() { # WORD...: of scp, there and back
	rm -rf /home/alice/copy /srv/back
	ok on client scp -q -r -S sshdial-exec "$@" /srv/tree far:copy
	same_tree /srv/tree /home/alice/copy
	ok on client scp -q -r -S sshdial-exec "$@" alice@far:copy /srv/back
	same_tree /srv/tree /srv/back
}
copies
copies -P 2222 -C -4
copies -O -p
is 750 "$(stat -c %a /srv/back/sub/numbers)" "mode"
rm -rf /home/alice/copy
printf '%s\n' 'put -r /srv/tree copy' 'rename copy/sub/big copy/huge' \
	'get copy/huge /srv/huge' bye |
	ok on client sftp -q -S sshdial-exec -b - far
same_file /srv/huge /srv/tree/sub/big
is 1 "$(find /home/alice/copy -name huge | wc -l)" "what was renamed"
ends 255 'far-failed: the server refused the subsystem' \
	on client sshdial exec -s far nonesuch

note "--- git, by its two ways of calling an ssh"
export GIT_SSH=sshdial-exec
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=a \
	GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=a@example.org
su alice -c 'git init -q --bare -b main /home/alice/repo.git'
cp -r /srv/tree /srv/work
ok git -C /srv/work init -q -b main
ok git -C /srv/work add .
ok git -C /srv/work commit -q -m first
ok on client git -C /srv/work push -q far:repo.git main
ok on client git clone -q -4 ssh://alice@far:2222/home/alice/repo.git /srv/clone
ok diff -r -x .git /srv/tree /srv/clone
rm -rf /srv/clone
ok on client env GIT_SSH_VARIANT=simple git clone -q far:repo.git /srv/clone
ok diff -r -x .git /srv/tree /srv/clone

note "--- cvs, whose key line is for cvs server only"
cvs_repository
key_make /root/keys/cvs
authorize cvs /root/keys/cvs.pub \
	'no-port-forwarding,no-X11-forwarding,command="/usr/bin/cvs server"'
put client /etc/sshdial/cvs_key 600 </root/keys/cvs
far_peer host 'user cvs' 'identity /etc/sshdial/cvs_key'
export CVS_RSH=sshdial-exec CVSROOT=:ext:cvs@host:/home/cvs
cvs_works

note "--- borg"
export BORG_RSH=sshdial-exec BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
ok on client borg init -e none ssh://alice@far:2222/./borg
ok on client sh -c 'cd /srv/tree && borg create far:borg::one .'
mkdir /srv/borg
ok on client sh -c 'cd /srv/borg && borg extract far:borg::one'
same_tree /srv/tree /srv/borg

note "--- unison"
rm -rf /home/alice/copy
ok on client unison -batch -silent -sshcmd sshdial-exec /srv/tree \
	ssh://alice@far:2222//home/alice/copy
same_tree /srv/tree /home/alice/copy
echo far >/home/alice/copy/from-there
echo near >/srv/tree/from-here
ok on client unison -batch -silent -sshcmd sshdial-exec /srv/tree \
	ssh://far//home/alice/copy
is far "$(cat /srv/tree/from-there)" "from there"
is near "$(cat /home/alice/copy/from-here)" "from here"

note "--- words as ssh takes them"
exec_says() { # TEXT WORD...
	is "$1" "$(on client sshdial-exec "${@:2}")" "sshdial-exec ${*:2}"
}
user_add bob
authorize bob /root/keys/cvs.pub
exec_says alice far id -un
exec_says alice -- far id -un
exec_says alice -C -o Compression=yes far id -un
exec_says '-l bob' -l alice -- far echo -l bob
exec_says bob -qTi /etc/sshdial/cvs_key bob@far id -un
is bob "$(on client sh -c 'cd /etc/sshdial &&
	sshdial-exec far -i cvs_key -lbob id -un')" "a key in this folder"
exec_says '10.9.0.1 2222' far -oPort=2222 -o 'user = alice' \
	"echo \$SSH_CONNECTION | cut -d' ' -f1,4"
exec_says '' -n far cat </srv/tree/sub/numbers
is "error  unrecognized request \`id'" \
	"$(echo id | on client sshdial-exec host)" "no command: the forced one"
is alice "$(echo id -un | on client sshdial-exec far)" "no command: a shell"
like '^user bob$' "$(on client sshdial-exec -G bob@far)" "-G"
ends 255 'port: "x" is not a number from 1' on client sshdial-exec -p x far id
ends 255 'ciphers: libssh2 .* knows none of "x"$' \
	on client sshdial-exec -c x far id
refused() { # WORD...: the first is named, and nothing is run
	fails_with 255 on client sshdial-exec "$@" far touch /srv/run \
		2>/srv/said </dev/null
	like "^sshdial: not an option of sshdial exec, see \
sshdial\(8\): \"${1/-o/-o }" "$(head -n 1 /srv/said)" "what was said"
	[[ ! -e /srv/run ]] || fail "it was run"
}
for word in -t -A -N -f -W -L -R -D -J -F -w -oForwardAgent=yes \
	-oForwardAgent -oProxyCommand=x -oStrictHostKeyChecking=no \
	-oRequestTTY=force; do
	refused "$word"
done
nothing_left client
