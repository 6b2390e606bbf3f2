#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server
#     known_hosts in many forms              sshd 22: all types of host key
#                                            2222: all, 23: ecdsa, 24: rsa
#
# test: only a known host key comes to a login, and only a new one is added
# limit: 90
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

dial_pair
sshd_start server 'Port 2222'
for type in ecdsa rsa; do
	port=$([[ $type == ecdsa ]] && echo 23 || echo 24)
	sshd_start server "Port $port" "HostKey $HOST_KEYS/ssh_host_${type}_key"
done
echo '10.9.0.2 gate.example.org other.example.org' >>/etc/hosts
key_make /srv/stranger
read -r _ STRANGER _ </srv/stranger.pub
ED25519=$(known_hosts x ed25519)
ED25519=${ED25519##* }
FINGERPRINT=$(ssh-keygen -lf "$HOST_KEYS/ssh_host_ed25519_key.pub" |
	cut -d' ' -f2)
PRINT=${FINGERPRINT//+/[+]} # in a regular expression
KNOWN=/proc/${HOST[client]}/root/etc/sshdial/known_hosts

knows() { # LINE...: known_hosts has these
	printf '%s\n' "$@" | put client /etc/sshdial/known_hosts
}
# No verdict but "known" may come to a login: sshd has not seen one.
refuses() { # STATUS REGEX [LINE...]: of the peer
	local log=$OUT/sshd-server${PORT:+-$PORT}.log before
	before=$(cat "$KNOWN")
	far_peer far "log-level warn" ${PORT:+"port $PORT"} "${@:3}"
	: >"$log"
	ends 255 "$2" on client sshdial exec far true
	ends "$1" "$2" on client sshdial pipe far
	like 'Connection from 10.9.0.1' "$(cat "$log")" "sshd's log"
	unlike 'alice|userauth|Accepted|Failed' "$(cat "$log")" "sshd's log"
	is "$before" "$(cat "$KNOWN")" "known_hosts"
}
accepts() { # [LINE...]: of the peer
	far_peer far "log-level warn" ${PORT:+"port $PORT"} "$@"
	ends 0 '' on client sshdial exec far true
}

note "--- known in all forms"
accepts
knows "10.9.0.2 ssh-ed25519 $ED25519"
ok on client ssh-keygen -q -H -f /etc/sshdial/known_hosts
like '^\|1\|' "$(cat "$KNOWN")" "hashed"
accepts
knows "*.example.org,!other.example.org ssh-ed25519 $ED25519"
accepts 'server gate.example.org'
accepts 'server GATE.example.org'
refuses 3 'hostkey-unknown: the host key of other.example.org is not known' \
	'server other.example.org'
knows "10.9.0.? ssh-ed25519 $ED25519"
accepts
knows "office ssh-ed25519 $ED25519"
accepts 'host-key-alias office'
PORT=2222 accepts 'host-key-alias office'
refuses 3 'hostkey-unknown: the host key of 10.9.0.2 is not known'
knows "[10.9.0.2]:2222 ssh-ed25519 $ED25519"
PORT=2222 accepts
refuses 3 "hostkey-unknown: .* ssh-ed25519 $PRINT; .* run: sshdial trust far"
knows "10.9.0.2 ssh-ed25519 $ED25519"
PORT=2222 accepts # as ssh does

note "--- changed"
knows "# a comment" "10.9.0.2 ssh-ed25519 $STRANGER"
refuses 3 "hostkey-changed: HOST KEY CHANGED: 10.9.0.2 shows ssh-ed25519 $PRINT,\
 and /etc/sshdial/known_hosts:2 has another"
refuses 3 'hostkey-changed: HOST KEY CHANGED' 'host-key-policy accept-new'
knows "[10.9.0.2]:2222 ssh-ed25519 $STRANGER" "10.9.0.2 ssh-ed25519 $ED25519"
PORT=2222 refuses 3 'hostkey-changed: HOST KEY CHANGED: .*known_hosts:1 has'
note "another type of key is no new key"
knows "[10.9.0.2]:23 ssh-ed25519 $ED25519"
PORT=23 refuses 3 "hostkey-changed: HOST KEY CHANGED: /etc/sshdial/known_hosts:1\
 has a ssh-ed25519 key for 10.9.0.2, and .* only: ecdsa-sha2-nistp256$"
PORT=23 refuses 3 'hostkey-changed: HOST KEY CHANGED' \
	'host-key-policy accept-new'
known_hosts '[10.9.0.2]:23' ecdsa | put client /etc/sshdial/known_hosts
PORT=23 accepts

note "--- revoked"
knows "@revoked 10.9.0.2 ssh-ed25519 $ED25519" "10.9.0.2 ssh-ed25519 $ED25519"
refuses 3 'hostkey-revoked: .* is revoked by /etc/sshdial/known_hosts:1$'
knows "@revoked * ssh-ed25519 $ED25519"
refuses 3 'hostkey-revoked: .* is revoked by /etc/sshdial/known_hosts:1$' \
	'host-key-policy accept-new'

note "--- a server with an RSA key only"
knows ''
if [[ $(dpkg-query -W -f '${Version}' libssh2-1) == 1.10* ]]; then
	PORT=24 refuses 1 "handshake: the server has host keys of type rsa-sha2-.*\
 only, .* \(RSA needs libssh2 1.11\)\$"
fi

note "--- accept-new"
knows ''
far_peer far 'host-key-policy accept-new'
ends 0 "added the host key of 10.9.0.2, $PRINT, to /etc/sshdial/known_hosts$" \
	on client sshdial exec far true
is "10.9.0.2 ssh-ed25519 $ED25519" "$(sed /./!d "$KNOWN")" "the line"
ends 0 '' on client sshdial exec far true
accepts
is 2 "$(wc -l <"$KNOWN")" "lines of known_hosts"
knows "[10.9.0.2]:1 ssh-ed25519 $STRANGER"
far_peer far 'host-key-policy accept-new' 'port 2222'
ends 0 'added the host key' on client sshdial exec far true
is "[10.9.0.2]:2222 ssh-ed25519 $ED25519" "$(tail -n 1 "$KNOWN")" "the line"
note "nowhere to write"
nowhere() { # FILE REGEX: the key cannot be stored there
	far_peer far 'host-key-policy accept-new' "known-hosts $1"
	: >"$OUT/sshd-server.log"
	ends 255 "$2" on client sshdial exec far true
	unlike 'alice' "$(cat "$OUT/sshd-server.log")" "sshd's log"
}
nowhere /nowhere/known_hosts "hostkey-unknown: the host key of 10.9.0.2, $PRINT, \
cannot be stored in any known-hosts file: /nowhere/known_hosts: No such file"
nowhere /dev/full 'config: known-hosts: /dev/full: not a regular file$'
nowhere /etc 'config: known-hosts: /etc: not a regular file$'
far_peer far 'host-key-policy accept-new' 'known-hosts /nowhere/known_hosts' \
	'log-level warn'
ends 3 'hostkey-unknown: .*cannot be stored' on client sshdial pipe far
on client sh -c 'mount -t tmpfs -o size=4k,mode=755 small /mnt &&
	head -c 4096 /dev/zero | tr "\0" "#" >/mnt/known_hosts'
far_peer far 'host-key-policy accept-new' 'known-hosts /mnt/known_hosts'
ends 255 'hostkey-unknown: .*cannot be stored.*No space left' \
	on client sshdial exec far true
is 4096 "$(on client stat -c %s /mnt/known_hosts)" "size of known_hosts"

note "--- trust"
knows '# mine'
far_peer far
trust() { # ANSWER STATUS
	# shellcheck disable=SC2016 # expect's
	typed 'spawn sh -c {trap : INT; sshdial trust far; echo status $?}
		expect "10.9.0.2 port 22: ssh-ed25519 '"$FINGERPRINT"'\r\n" {} timeout {exit 1}
		expect "Is this the key of that server (yes/no)? " {} timeout {exit 2}
		send "'"$1"'"
		expect "status '"$2"'\r\n" {} timeout {exit 3}'
}
: >"$OUT/sshd-server.log"
trust 'no\r' 3
trust 'y\r' 3
trust '\r' 3
trust '\004' 3
trust '\003' 130
is '# mine' "$(cat "$KNOWN")" "known_hosts"
ends 3 'there is no terminal to ask on; --yes' on client sshdial trust far
like "10.9.0.2 port 22: ssh-ed25519 $PRINT" "$GOT" "output"
trust 'yes\r' 0
is "10.9.0.2 ssh-ed25519 $ED25519" "$(tail -n 1 "$KNOWN")" "the line"
ends 0 '' on client sshdial trust far
like '^already known: /etc/sshdial/known_hosts:2$' "$GOT" "output"
unlike alice "$(cat "$OUT/sshd-server.log")" "sshd's log"
knows "10.9.0.2 ssh-ed25519 $STRANGER"
ends 3 'hostkey-changed: /etc/sshdial/known_hosts:1 has another key' \
	on client sshdial trust --yes far
knows "@revoked 10.9.0.2 ssh-ed25519 $ED25519"
ends 3 'hostkey-revoked: /etc/sshdial/known_hosts:1 revokes this key' \
	on client sshdial trust --yes far
knows ''
ends 0 'added the host key of 10.9.0.2' on client sshdial trust --yes far
accepts
far_peer far 'known-hosts /nowhere/known_hosts'
ends 3 'cannot be stored.*No such file' on client sshdial trust --yes far
nothing_left client
