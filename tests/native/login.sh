#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server
#     exec far id -un                    sshd 22: keys; 24: also passwords, by PAM
#
# test: every way of logging in, what is said where it is refused, and with
# test: how few rights the session does it
# limit: 120
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

key_make /root/keys/ca
install -D -m 644 /root/keys/ca.pub /srv/ca.pub
dial_pair 'TrustedUserCAKeys /srv/ca.pub'
readonly LOG=$OUT/sshd-server.log
put server /etc/pam.d/sshd <<'EOT'
auth required pam_unix.so
account required pam_permit.so
session required pam_permit.so
EOT
useradd --create-home bob
password_set bob geheim
sshd_start server 'Port 24' 'UsePAM yes' 'KbdInteractiveAuthentication yes' \
	'PasswordAuthentication no' 'PubkeyAuthentication no'
sshd_start server 'Port 25' 'PasswordAuthentication yes' \
	'KbdInteractiveAuthentication no' 'PubkeyAuthentication no'
sshd_start server 'Port 26' 'MaxAuthTries 2'
sshd_start server 'Port 29' 'PasswordAuthentication yes' \
	'AuthenticationMethods publickey,password'
sshd_start server 'Port 30' 'PasswordAuthentication yes' \
	'AuthenticationMethods password,publickey'
for port in 24 25 26 29 30; do
	known_hosts "[10.9.0.2]:$port"
done >/srv/known
on client sh -c 'cat /srv/known >>/etc/sshdial/known_hosts'

secret() { # NAME TEXT: a file that only root on client reads
	put client "/etc/sshdial/$1" 600 <<<"$2"
}
logs_in() { # LINE...: by these lines
	far_peer far log-level\ warn "$@"
	ends 0 '' on client sshdial exec far id -un
	is "${USER_THERE:-alice}" "$GOT" "the account at the far end"
}
says() { # STATUS REGEX LINE...: exec does not get in
	far_peer far log-level\ warn "${@:3}"
	ends "$1" "$2" on client sshdial exec far id -un
}
new_key() { # NAME TYPE [OPTION...]: on client, and good for alice
	key_make "/root/keys/$1" "${@:2}"
	put client "/etc/sshdial/$1" 600 <"/root/keys/$1"
	authorize alice "/root/keys/$1.pub"
}

note "--- keys of each type"
logs_in
for bits in 256 384 521; do
	new_key "ecdsa$bits" ecdsa -b "$bits"
	logs_in "identity /etc/sshdial/ecdsa$bits"
done
new_key rsa rsa
if [[ $(basename "$(ldconfig -p | sed -n 's/.* //;/libssh2.so.1$/p')") &&
	$(dpkg-query -W -f '${Version}' libssh2-1) == 1.10* ]]; then
	says 255 'identity: /etc/sshdial/rsa is an RSA key, which needs libssh2 1.11' \
		'identity /etc/sshdial/rsa'
else
	logs_in 'identity /etc/sshdial/rsa'
fi

note "--- encrypted keys"
for type in ed25519 ecdsa; do
	new_key "locked-$type" "$type"
	ssh-keygen -q -p -P '' -N 'open sesame' -f "/root/keys/locked-$type"
	put client "/etc/sshdial/locked-$type" 600 <"/root/keys/locked-$type"
	secret passphrase 'open sesame'
	logs_in "identity /etc/sshdial/locked-$type" \
		'passphrase-file /etc/sshdial/passphrase'
done
secret passphrase 'open barley'
says 255 'identity: cannot read key /etc/sshdial/locked-ed25519: a wrong passphr' \
	'identity /etc/sshdial/locked-ed25519' \
	'passphrase-file /etc/sshdial/passphrase'
says 255 'identity: /etc/sshdial/locked-ed25519 is encrypted and there is no termi' \
	'identity /etc/sshdial/locked-ed25519'

note "the passphrase typed on a terminal"
# shellcheck disable=SC2016 # expect's
typed 'spawn sh -c {sshdial exec far id -un; echo status $?; stty -a}
	expect "Passphrase of /etc/sshdial/locked-ed25519: "
	send "open sesame\r"
	expect -re "\nalice\r\nstatus 0\r\n" {} timeout {exit 1}
	expect -re {[^-]echo } {} timeout {exit 2}'
unlike sesame "$(cat "$OUT/typed.log")" "what the terminal showed"
# shellcheck disable=SC2016
typed 'spawn sh -c {trap : INT; sshdial exec far id -un; echo status $?; stty -a}
	expect "Passphrase of /etc/sshdial/locked-ed25519: "
	send "\003"
	expect "status 130\r\n" {} timeout {exit 1}
	expect -re {[^-]echo } {} timeout {exit 2}'
# shellcheck disable=SC2016
typed 'spawn sh -c {sshdial pipe far; echo status $?}
	expect "Passphrase of /etc/sshdial/locked-ed25519: "
	send "\003"
	expect "status 0\r\n" {} timeout {exit 1}'
# shellcheck disable=SC2016
typed 'spawn sh -c {sshdial exec far id -un; echo status $?}
	expect "Passphrase of /etc/sshdial/locked-ed25519: "
	send "\004"
	expect "no passphrase for it" {} timeout {exit 1}
	expect "status 255\r\n" {} timeout {exit 2}'

note "--- a certificate"
key_make /root/keys/certified ecdsa
put client /etc/sshdial/certified 600 </root/keys/certified
says 255 'login-refused: .* user alice \(tried key /etc/sshdial/certified; it off' \
	'identity /etc/sshdial/certified'
ssh-keygen -q -s /root/keys/ca -I test -n alice /root/keys/certified.pub
put client /etc/sshdial/certified-cert.pub </root/keys/certified-cert.pub
logs_in 'identity /etc/sshdial/certified'
like 'Accepted publickey for alice .* ECDSA-CERT' "$(cat "$LOG")" "sshd's log"

note "--- the agent, of which only root reads the socket"
daemon agent on client ssh-agent -D -a /etc/sshdial/agent
wait_for 5 "the agent listens" test -S "/proc/${HOST[client]}/root/etc/sshdial/agent"
says 255 'login-refused: .*\(tried nothing it offers; it offers publickey' \
	'identity none' 'identity-agent /etc/sshdial/agent'
key_make /root/keys/stranger
for key in stranger ecdsa384; do
	on client env SSH_AUTH_SOCK=/etc/sshdial/agent \
		ssh-add -q "/root/keys/$key"
done
logs_in 'identity none' 'identity-agent /etc/sshdial/agent'
on client env SSH_AUTH_SOCK=/etc/sshdial/agent ssh-add -q -D
stop agent

note "--- passwords"
secret word geheim
for port in 24 25; do
	USER_THERE=bob logs_in 'user bob' "port $port" 'identity none' \
		'password-file /etc/sshdial/word'
done
like 'Accepted keyboard-interactive/pam for bob' \
	"$(cat "$OUT/sshd-server-24.log")" "sshd's log"
like 'Accepted password for bob' "$(cat "$OUT/sshd-server-25.log")" \
	"sshd's log"

note "--- a key and a password, one after the other"
authorize bob /root/keys/id_ed25519.pub
for port in 29 30; do
	USER_THERE=bob logs_in 'user bob' "port $port" \
		'password-file /etc/sshdial/word'
done
secret word falsch
says 255 'login-refused: the server refused user bob \(tried key .*, password; it offers pas' \
	'user bob' 'port 29' 'password-file /etc/sshdial/word'

note "--- wrong passwords"
says 255 'login-refused: the server refused user bob \(tried password; it offers pas' \
	'user bob' 'port 25' 'identity none' 'password-file /etc/sshdial/word'
says 255 'login-refused: .* user bob \(tried keyboard-interactive; it offers key' \
	'user bob' 'port 24' 'identity none' 'password-file /etc/sshdial/word'
far_peer far 'user bob' 'port 25' 'identity none' \
	'password-file /etc/sshdial/word'
chmod 644 "/proc/${HOST[client]}/root/etc/sshdial/word"
ends 255 'password-file: /etc/sshdial/word: accessible by group or others' \
	on client sshdial exec far true

note "--- refused, and the second identity"
put client /etc/sshdial/stranger 600 </root/keys/stranger
logs_in 'identity /etc/sshdial/stranger' 'identity /etc/sshdial/id_ed25519'
far_peer far 'identity /etc/sshdial/stranger'
on client sshdial check --dial far >/srv/out || true # no /dev/ppp here
like '^FAIL +dial +the server refused user alice' "$(cat /srv/out)" "check"
far_peer far 'identity /etc/sshdial/stranger' 'log-level warn'
ends 4 'login-refused: the server refused user alice \(tried key /etc/sshdial/strang' \
	on client sshdial pipe far
says 255 'login-refused: .*\(tried key .*stranger.* and says: Too many authentic' \
	'port 26' 'identity /etc/sshdial/stranger' \
	'identity /etc/sshdial/certified' 'identity /etc/sshdial/ecdsa256'

note "--- the rights of the session, and what its parent keeps"
far_peer far
rights() { # PID UID
	local status
	status=$(cat "/proc/$1/status")
	is "$2 $2 $2 $2" "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' \
		<<<"$status")" "its user ids"
	like '^NoNewPrivs:	1$' "$status" "its status"
	is 5 "$(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):	0{16}$' \
		<<<"$status")" "empty sets of capabilities"
	is "Groups:" "$(sed -n 's/^\(Groups:\)[ \t]*$/\1/p' <<<"$status")" \
		"its groups"
	like '^Max core file size +0 +0 ' "$(cat "/proc/$1/limits")" "its limits"
}
tcp_sockets() { # PID: descriptors that are sockets of the table of TCP
	local fd n=0
	for fd in "/proc/$1"/fd/*; do
		[[ $(readlink "$fd") =~ ^socket:.([0-9]+) ]] || continue
		! grep -q " ${BASH_REMATCH[1]} " "/proc/$1/net/tcp" || ((++n))
	done
	echo "$n"
}
daemon exec on client sshdial exec far sleep 20
wait_for 5 "the far command runs" pgrep -fx 'sleep 20'
session=$(pgrep -x sshdial-session)
rights "$session" "$(id -u sshdial)"
is 1 "$(tcp_sockets "$session")" "the session's connections"
is 0 "$(tcp_sockets "$(pid_of exec)")" "the parent's connections"
stop exec
nothing_left client

note "--- SIGTERM during the login"
# a server that stops between the key exchange and the login
cat >/srv/slow <<'EOT'
#!/bin/sh
touch /srv/asked
exec sleep 30
EOT
chmod 755 /srv/slow
sshd_start server 'Port 27' 'AuthorizedKeysCommand /srv/slow' \
	'AuthorizedKeysCommandUser root' 'AuthorizedKeysFile none'
known_hosts "[10.9.0.2]:27" | put client /etc/sshdial/known_hosts
far_peer far 'port 27'
for verb in 'exec far true' 'pipe far'; do
	rm -f /srv/asked
	# shellcheck disable=SC2086 # words are meant
	daemon term on client sshdial $verb
	wait_for 5 "the login is asked for" test -e /srv/asked
	stop term TERM 1
	is "$([[ $verb == exec* ]] && echo 143 || echo 0)" "$STATUS" \
		"status of $verb"
	pkill -fx 'sleep 30'
	nothing_left client
done
far_peer far 'port 27' 'login-timeout 500ms'
says 255 'login-timeout: the login took longer than 500ms' 'port 27' \
	'login-timeout 500ms'
((TOOK < 2000)) || fail "it took $TOOK ms"
pkill -fx 'sleep 30' || true
