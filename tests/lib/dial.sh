# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# sshdial itself, and the server that the seed document describes.

# sshdial_install: installs the program as make install does, on all hosts
sshdial_install() {
	install -m 755 "$SSHDIAL" /usr/local/sbin/sshdial
	ln -sf sshdial /usr/local/sbin/sshdial-exec
	# a machine where sshdial is installed has the account
	id -u sshdial >/dev/null 2>&1 ||
		useradd --system --no-create-home --shell /usr/sbin/nologin sshdial
}

# server_install: the same for sshdial-server and sshdial-answer
server_install() {
	local to=/usr/local/share/sshdial/server
	install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin/
	install -D -m 644 -t "$to" "$REPO"/scripts/server/*.sh
	sed "s|^readonly LIB=.*|readonly LIB=$to|" "$REPO/scripts/sshdial-server" \
		>/usr/local/sbin/sshdial-server
	chmod 755 /usr/local/sbin/sshdial-server
}

# hook_install HOST: pppd's scripts on HOST run `sshdial hook'
hook_install() {
	local event
	for event in ip-up ip-down ipv6-up ipv6-down; do
		sed 's|/usr/sbin/|/usr/local/sbin/|' "$REPO/scripts/ppp-hook" |
			put "$1" "/etc/ppp/$event.d/sshdial" 755
	done
}

# peer HOST NAME: standard input is the configuration of a peer on HOST
peer() {
	put "$1" "/etc/sshdial/$2.conf" 644
}

# seed_server HOST KEY.pub [WORDS]: sets up the server of the seed document, word
# for word: account, secret, key line. In the document that line ends within
# `notty de'; WORDS stand there instead.
seed_server() {
	is '-rwsr-xr-- root dip' "$(stat -c '%A %U %G' /usr/sbin/pppd)" \
		"pppd's mode"
	user_add pppuser dip
	ppp_secret "$1" 'pppuser * geheim *'
	authorize pppuser "$2" "no-port-forwarding,no-X11-forwarding,\
no-agent-forwarding,command=\"/usr/sbin/pppd remotename pppuser refuse-chap \
refuse-mschap refuse-mschap-v2 refuse-eap require-pap \
192.168.45.1:192.168.45.2 notty${3:+ $3}\""
}

# nothing_left HOST: no process of ours or of pppd is left, no interface, no socket
nothing_left() {
	wait_for 8 "no process of ours is left" no_process
	wait_for 5 "no process waits for its parent" no_zombie
	wait_for 5 "no ppp interface is left on $1" no_ppp "$1"
}

no_process() {
	! pgrep -ax 'sshdial|sshdial-session|pppd'
}

no_ppp() { # HOST
	[[ -z $(ip -n "$1" -br link show type ppp) ]]
}

# dial_pair [LINE...]: makes client 10.9.0.1 and server 10.9.0.2. The server has an
# sshd with these LINEs, and the account alice; the client has sshdial and the
# peer `far', which logs in as alice with /etc/sshdial/id_ed25519.
dial_pair() {
	host client server
	link client 10.9.0.1/24,fd09::1/64 server 10.9.0.2/24,fd09::2/64
	dial_setup 10.9.0.2
	far_peer far
	sshd_start server "$@"
}

# dial_setup ADDRESS: dial_pair without the hosts, the peer and sshd. ADDRESS is the
# server's, joined by commas with those of hops.
dial_setup() {
	sshdial_install
	user_add alice
	key_make /root/keys/id_ed25519
	put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
	authorize alice /root/keys/id_ed25519.pub
	known_hosts "$1" | put client /etc/sshdial/known_hosts
}

# far_peer NAME [LINE...]: makes a peer on client: alice at 10.9.0.2, unless LINEs
# say otherwise. If ONCE is set, it does not redial.
far_peer() {
	{
		[[ "$*" == *"server "* ]] || echo server 10.9.0.2
		[[ "$*" == *"user "* ]] || echo user alice
		printf '%s\n' "${@:2}"
		[[ -z ${ONCE:-} ]] || echo redial-first no
	} | peer client "$1"
}

# ends STATUS REGEX CMD...: CMD ends with exactly this status, prints one line on
# standard error, which matches (none if REGEX is empty), and leaves nothing
# behind. Sets GOT to its output, SAID to that line, TOOK to milliseconds.
ends() {
	local want=$1 regex=$2 rc=0 start
	local before after
	shift 2
	before=$(leavings)
	start=${EPOCHREALTIME/./}
	"$@" >/tmp/.got 2>/tmp/.said || rc=$?
	TOOK=$(((${EPOCHREALTIME/./} - start) / 1000))
	# shellcheck disable=SC2034 # for the caller
	GOT=$(tr -d '\0' </tmp/.got)
	SAID=$(</tmp/.said)
	((rc == want)) ||
		fail "expected status $want, got $rc ($TOOK ms): $* said: $SAID"
	said_one "$regex"
	[[ $(leavings) == "$before" ]] || settle "$before"
	after=$(leavings)
	is "$before" "$after" "what is left behind by $*"
}

# said_one REGEX: SAID is one line that matches, or empty if REGEX is empty
said_one() {
	if [[ -z $1 ]]; then
		is '' "$SAID" "what was said"
	else
		[[ -n $SAID && $SAID != *$'\n'* ]] ||
			fail "expected one line like $1, said: $SAID"
		like "$1" "$SAID" "what was said"
	fi
}

# Prints what can be left behind: processes of ours, ptys, files other than the
# test library's. Lock files, and their folder, stay until the next boot.
leavings() {
	pgrep -a 'sshdial|pppd' || true
	ls /dev/pts /tmp
	local name
	for name in "${!HOST[@]}"; do
		find "/proc/${HOST[$name]}/root/run" "/proc/${HOST[$name]}/root/etc/ppp" \
			-not -path '*/.own/*' -not -name '*.lock' \
			-not -path '*/run/sshdial'
	done
}

# A session whose parent was killed needs a moment to notice.
settle() { # BEFORE
	wait_for 5 "nothing is left behind" leaves "$1"
}

leaves() { # BEFORE
	diff <(echo "$1") <(leavings)
}

# typed SCRIPT: runs SCRIPT of expect(1) on a terminal of client, and writes what the
# terminal shows to OUT/typed.log
typed() {
	: >"$OUT/typed.log"
	ok on client expect -c "log_user 0; log_file -a $OUT/typed.log
		set timeout 10; $1"
}

# stand_in PORT SHELL-COMMAND: runs SHELL-COMMAND for each connection to that port
# of server, in place of sshd. The daemon is in-PORT.
stand_in() {
	put server "/etc/sshdial/in-$1" 755 <<<"#!/bin/sh
$2"
	daemon "in-$1" on server perl "$REPO/tests/lib/answer.pl" "$1" \
		"/etc/sshdial/in-$1"
	wait_for 5 "port $1 answers" listens server "$1"
}
