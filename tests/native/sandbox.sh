#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client  sshdial call far ------------- sshd 22  server
#             a session that somebody has taken over
#
# test: what a session that somebody has taken over cannot do: as root's and as
# test: a user's, before the first byte of the server's and after; and where it goes on
# test: connecting; names are found
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
put client /etc/hosts 644 <<<'10.9.0.2 gate.example.org'
put client /home/secret 644 <<<'for everybody on this machine'
readonly PRELOAD=LD_PRELOAD=$REPO/build/tests/preload/taken.so
readonly FAR="remote-command printf '\\176\\377\\175\\043'; exec cat"

# taken CMD...: sets GOT to what a session of CMD could do
taken() {
	touch /tmp/others
	chmod 666 /tmp/others
	head -c 4096 /dev/zero | tr '\0' ' ' >/srv/taken
	chmod 666 /srv/taken
	daemon call on client env "$PRELOAD" "$@"
	wait_for 15 "it has tried all" grep -q 'later end' /srv/taken
	grep -aE '^(Seccomp|NoNewPrivs|Seccomp_filters)' \
		"/proc/$(pgrep -x sshdial-session)/status"
	stop call
	GOT=$(grep -a ': ' /srv/taken)
	echo "$GOT"
	[[ -e /tmp/others && ! -e /tmp/taken ]] || fail "it could change files"
}

# could WHEN WHAT...: this, and nothing else
could() {
	is "$(printf '%s\n' "${@:2}" | sort)" \
		"$(sed -n "s/^$1 \(.*\): done$/\1/p" <<<"$GOT" | sort)" \
		"what it could do $1"
}

nothing() {
	could first
	could later end
	for when in first later; do
		like "^$when run: ENOSYS\$" "$GOT" "an error"
	done
}

note "--- root's"
far_peer far "$FAR" 'pppd /etc/sshdial/pppd' 'keepalive-interval 300ms'
taken sshdial call far
nothing

note "--- a user's"
as_alice=(setpriv --reuid alice --regid alice --init-groups)
install -m 600 -o alice /root/keys/id_ed25519 /home/alice/id
far_peer far 'identity /home/alice/id' 'keepalive-interval 300ms'
taken "${as_alice[@]}" env HOME=/home/alice sshdial exec far sleep 20
nothing

note "--- ports at the server: who comes there is connected to a host here"
far_peer far "$FAR" 'pppd /etc/sshdial/pppd' 'keepalive-interval 300ms' \
	'forward-remote 7001:localhost:7002'
daemon abstract on client python3 -c '
import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0taken")
s.listen()
time.sleep(99)'
wait_for 5 "a socket without a file" grep -q '@taken' \
	"/proc/${HOST[client]}/net/unix"
taken sshdial call far
connecting=(fork 'read /etc/hosts' 'socket inet' 'connect to 7002')
could first "${connecting[@]}"
could later "${connecting[@]}" end
for when in first later; do
	like "^$when read /home/secret: EACCES\$" "$GOT" "an error"
	like "^$when write /tmp/taken: ENOSYS\$" "$GOT" "an error"
done
taken sshdial exec far sleep 20
nothing

note "--- an agent is left once it has signed"
daemon agent on client ssh-agent -D -a /srv/agent
wait_for 5 "the agent listens" test -S /srv/agent
on client env SSH_AUTH_SOCK=/srv/agent ssh-add -q /root/keys/id_ed25519
far_peer far "$FAR" 'pppd /etc/sshdial/pppd' 'identity-agent /srv/agent' \
	'identity none'
daemon signed on client sshdial call far
wait_for 10 "it is up" grep -q ': up: ' "$OUT/signed.log"
grep -q 'login: alice by agent key' "$OUT/signed.log" || fail "not by the agent"
is 1 "$(on client grep -c ' /srv/agent$' /proc/net/unix)" \
	"its sockets: the one that listens"
stop signed

note "--- a name for the server, by a file that is somewhere else"
mkdir -p /mnt/elsewhere
mv /etc/hosts /mnt/elsewhere/
ln -s /mnt/elsewhere/hosts /etc/hosts
far_peer far 'server gate.example.org' 'host-key-alias 10.9.0.2' 'port 22'
ends 0 '' on client sshdial exec far true

note "--- somebody else's filter kills it"
readonly LANDLOCK_CREATE_RULESET=444 # on every machine
ends 255 "was killed for a system call .* SystemCallFilter of a unit" \
	on client python3 "$REPO/tests/lib/forbid.py" \
	"$LANDLOCK_CREATE_RULESET" sshdial exec far true

note "--- sshdial check knows"
like '^ok    sandbox +system calls and files$' \
	"$(on client sshdial check far || true)" "its line"
