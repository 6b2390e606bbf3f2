#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client, no /dev/ppp                      server
#     sshdial call, pipe, exec, check          sshd 22; nc 70-79: no SSH
#     eth0 10.9.0.1 ------------------- 10.9.0.2 eth0
#
# test: whatever is wrong before a link is up ends with the right code and one
# test: line that says what it is, and leaves nothing behind
# limit: 120
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

dial_pair
user_add carol
ETC=/proc/${HOST[client]}/root/etc/sshdial
as_carol=(setpriv --reuid carol --regid carol --init-groups)
sshdial() { # WORD...
	on client sshdial "$@"
}

note "--- words of the command line"
for verb in call pipe exec status redial hangup check hook trust; do
	for option in --help -h; do
		ends 0 '' sshdial "$verb" "$option"
		like "^usage: sshdial $verb " "$GOT" "output"
	done
	ends 0 '' sshdial "$verb" --version
	like '^sshdial [^ ]+$' "$GOT" "output"
done
for words in 'sshdial --help' 'sshdial -h' 'sshdial-exec --help'; do
	# shellcheck disable=SC2086 # words are meant
	ends 0 '' on client $words
	like '^usage: sshdial ' "$GOT" "output"
done
for words in 'sshdial --version' 'sshdial-exec --version'; do
	# shellcheck disable=SC2086
	ends 0 '' on client $words
	like '^sshdial [^ ]+$' "$GOT" "output"
done
ends 1 'standard output: No space left' \
	on client sh -c 'sshdial --help >/dev/full'
ends 2 'unknown command "dial"; sshdial --help lists them$' sshdial dial far
usage() { # STATUS PROBLEM WORD...: two lines, the second with the usage
	fails_with "$1" sshdial "${@:3}" >/srv/out 2>/srv/said
	is '' "$(cat /srv/out)" "output"
	is 2 "$(wc -l </srv/said)" "lines"
	like "^sshdial: $2" "$(head -n 1 /srv/said)" "problem"
	like "^usage: sshdial $3 " "$(tail -n 1 /srv/said)" "usage"
}
for verb in call pipe trust redial hangup; do
	usage 2 'missing operand NAME$' "$verb"
	usage 2 'extra operand "away"$' "$verb" far away
	usage 2 'extra operand "--help"$' "$verb" far -- --help
	usage 2 'unknown option "--bad"$' "$verb" --bad far
	usage 2 'unknown option "--bad"$' "$verb" far --bad
	usage 2 'unknown option "-z"$' "$verb" far -z
done
for verb in status check; do
	usage 2 'unknown option "--bad"$' "$verb" --bad far
	usage 2 'unknown option "--bad"$' "$verb" far --bad
	usage 2 'unknown option "-z"$' "$verb" far -zd
done
usage 2 'missing operand NAME$' trust --yes
usage 2 'missing operand LOCAL$' hook ip-up ppp0 tty 0
usage 2 'extra operand "seven"$' hook ip-up ppp0 tty 0 1 2 six seven
usage 2 'unknown event "--bad"$' hook -- --bad ppp0 tty 0 1 2
usage 2 'this option takes no argument: "--json=1"$' status --json=1
usage 2 'not the name of a peer: "a/b"$' status a/b
usage 2 'not the name of a peer: "a/b"$' hangup a/b
fails_with 2 sshdial --bad far 2>/srv/said
is 'sshdial: unknown option "--bad" usage: sshdial COMMAND [OPTION...] NAME... ' \
	"$(tr '\n' ' ' </srv/said)" "an option in the place of a command"
usage 255 'missing operand NAME$' exec
usage 255 'missing operand NAME$' exec -x --
for word in -t --bad --shared=1 -oFoo=bar; do
	problem="not an option of .*: \"${word/-o/-o }\"\$"
	usage 255 "$problem" exec "$word" far true
	usage 255 "$problem" exec far "$word" true
done
usage 255 'missing argument of "-l"$' exec far -l
usage 255 '-s needs the name of a subsystem$' exec -s far
usage 255 'the command is too long' exec far "$(head -c 33000 /dev/zero | tr '\0' x)"

note "--- names of peers"
for name in ../x .x -x 'a b' a/b default '' "$(printf 'x%.0s' {1..33})"; do
	ends 2 "^sshdial: \"${name//./\\.}\" is not the name of a peer: 1 to 32" \
		sshdial pipe -- "$name"
done
ends 2 'sshdial: /etc/sshdial/nobody.conf: No such file or directory$' \
	sshdial call nobody
ends 255 'sshdial: /etc/sshdial/nobody.conf: No such file' sshdial exec nobody x

note "--- configuration that is not to be trusted"
bad() { # REGEX: this is what is wrong with far.conf, whoever reads it
	ends 2 "$1" sshdial call far
	ends 2 "$1" sshdial pipe far
	ends 255 "$1" sshdial exec far true
	ends 2 "$1" sshdial trust far
}
far_peer far
chmod 646 "$ETC/far.conf"
bad 'far.conf: writable by group or others .*; run chmod go-w /etc/sshdial/far'
chmod 664 "$ETC/far.conf"
bad 'far.conf: writable by group or others'
chmod 644 "$ETC/far.conf"
chown carol "$ETC/far.conf"
bad 'far.conf: belongs to user [0-9]+, not to root or user 0; run chown 0 /etc/ss'
rm "$ETC/far.conf"
mkdir "$ETC/far.conf"
bad 'far.conf: not a regular file$'
rmdir "$ETC/far.conf"
mkfifo "$ETC/far.conf"
bad 'far.conf: not a regular file$'
rm "$ETC/far.conf"
far_peer far
chmod 600 "$ETC/far.conf"
ends 2 'far.conf: Permission denied$' on client "${as_carol[@]}" sshdial pipe far
line() { # REGEX LINE: is the third line of the peer, and wrong
	far_peer far "$2"
	bad "^sshdial: /etc/sshdial/far.conf:3: $1"
}
line 'sever: unknown key; did you mean server\?$' 'sever x'
line 'frobnicate: unknown key$' 'frobnicate yes'
line 'port: "0" is not a number from 1 to 65535$' 'port 0'
line 'port: "22 # ssh" is not a number' 'port 22 # ssh'
line 'port: no value; it takes a number' 'port'
line 'connect-timeout: "10x" is not a ' 'connect-timeout 10x'
line 'host-key-policy: "no" is not strict or accept-new$' 'host-key-policy no'
line 'control character 0x07$' $'linkname a\ab'
far_peer far 'port 22' 'port 23'
bad 'far.conf:4: port: given twice, first in line 3$'
peer client far </dev/null
bad '^sshdial: /etc/sshdial/far.conf: server: missing; every peer needs one$'

note "--- key files"
key() { # STATUS REGEX FILE: as the identity
	far_peer far 'log-level warn' "identity $3"
	ends "$1" "identity: /etc/sshdial/$2" sshdial pipe far
	ends 255 "identity: /etc/sshdial/$2" sshdial exec far true
}
put client /etc/sshdial/open 644 </root/keys/id_ed25519
key 2 'open: accessible by group or others .*; run chmod go= /etc/sshdial/open' \
	/etc/sshdial/open
key 2 'gone: No such file or directory; make one: ssh-keygen' /etc/sshdial/gone
put client /etc/sshdial/public 600 </root/keys/id_ed25519.pub
key 2 'public is a public key; name the private one' /etc/sshdial/public
echo hello | put client /etc/sshdial/text 600
key 2 'text is not a private key$' /etc/sshdial/text
head -n 3 /root/keys/id_ed25519 | put client /etc/sshdial/cut 600
key 2 'cut is damaged$' /etc/sshdial/cut

note "--- what stands at the port is no SSH server"
port_of() { # PORT [STATUS REGEX LINE...]: pipe and exec say it
	far_peer far 'log-level warn' "port $1" 'connect-timeout 500ms' \
		'login-timeout 500ms' "${@:4}"
	ends "$2" "$3" sshdial pipe far
	note "$SAID"
	((TOOK < 2000)) || fail "it took $TOOK ms"
	ends 255 "$3" sshdial exec far true
}
stand_in 71 'exec sleep 30'
stand_in 72 'printf "SSH-2.0-x\r\n"; exec sleep 30'
stand_in 73 'exec head -c 100000 /dev/urandom'
stand_in 74 'exec yes hello'
stand_in 75 'exit'
stand_in 76 'echo "HTTP/1.1 400 Bad Request"; exec sleep 0.2'
stand_in 77 'printf "SSH-2.0-x\r\n"; exec cat /dev/zero'
stand_in 78 'printf "SSH-1.5-old\r\n"; exec sleep 30'
port_of 70 1 'connect: cannot connect to 10.9.0.2 port 70: Connection refused$'
port_of 71 1 'login-timeout: the server said nothing within 500ms$'
port_of 72 1 'login-timeout: the key exchange took longer than 500ms$'
port_of 73 1 '(handshake|login-timeout): no SSH server answers there(;| within)'
port_of 74 1 'login-timeout: no SSH server answers there within 500ms; it says: hello$'
port_of 75 1 'handshake: no SSH server answers there: (the server closed|Connection)'
port_of 76 1 'handshake: no SSH server answers there; it says: HTTP/1.1 400'
port_of 77 1 '(handshake|login-timeout): .*key'
port_of 78 1 'login-timeout: the key exchange took longer than 500ms$'

note "--- the far command"
# pipe on what pppd gives it: a pty, or a socket for both directions
far_says() { # REGEX COMMAND [LINE...]: ends with 7 on both
	far_peer far 'log-level warn' "remote-command $2" "${@:3}"
	ends 7 "$1" sshdial pipe far
	# shellcheck disable=SC2016
	ends 7 "$1" on client perl -MSocket -e '
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		if (!fork) {
			open STDIN, "<&", $b; open STDOUT, ">&", $b;
			exec qw(sshdial pipe far);
		}
		close $b; wait; exit $? >> 8;'
	is '' "$GOT" "output"
	on client script -qec 'exec sshdial pipe far 2>/srv/said' /dev/null \
		>/srv/out </dev/null && fail "it ended with 0"
	like "$1" "$(cat /srv/said)" "what was said on a terminal"
}
far_says 'far-not-found: the far command was not found .*127\): no_command$' \
	no_command
far_says 'far-failed: the far command ended with status 3 before the first PPP' \
	'exit 3'
far_says 'far-failed: .* was killed by SIGTERM before the first PPP frame' \
	'kill $$'
key_make /root/keys/forced
put client /etc/sshdial/forced 600 </root/keys/forced
authorize alice /root/keys/forced.pub 'command="exit 4"'
far_says 'far-failed: the far command ended with status 4 before the first PPP' \
	sshdial-answer 'identity /etc/sshdial/forced'
far_peer far 'remote-command echo hello; echo oops >&2; exit 3'
fails_with 7 sshdial pipe far 2>/srv/said
like 'far output: hello$' "$(cat /srv/said)" "what the far command printed"
like 'far error: oops$' "$(cat /srv/said)" "what the far command printed"
far_peer far 'log-level warn' 'remote-command sleep 30' 'ppp-timeout 500ms'
ends 1 'ppp-timeout: PPP did not come up within 500ms' sshdial pipe far
pkill -fx 'sleep 30'

note "--- call without what it needs"
far_peer far
ends 5 'no-kernel-ppp: .*: modprobe ppp_async; a container needs /dev/ppp and' \
	sshdial call far
far_peer far 'pppd /nowhere/pppd'
ends 5 'no-pppd: /nowhere/pppd is not there: install the package ppp' \
	sshdial call far
far_peer far
ends 5 'pppd-privilege: /usr/sbin/pppd may not be run by this user: .*dip\)$' \
	on client "${as_carol[@]}" sshdial call far
far_peer far 'pppd-option nonsense'
ends 5 "pppd-options: pppd refuses its options: .*'nonsense'" sshdial call far
fails_with 5 sshdial check far >/srv/out
like '^FAIL +pppd +pppd refuses its options' "$(cat /srv/out)" "check"

note "--- standard streams closed at the start"
far_peer far 'log-level warn' 'remote-command exit 3'
for closed in '<&-' '>&-' '<&- >&-'; do
	ends 7 'far-failed: ' on client sh -c "exec sshdial pipe far $closed"
	ends 5 'no-kernel-ppp' on client sh -c "exec sshdial call far $closed"
done
fails_with 7 on client sh -c 'exec sshdial pipe far <&- >&- 2>&-'
fails_with 2 on client sh -c 'exec sshdial call nobody <&- >&- 2>&-'
nothing_left client
