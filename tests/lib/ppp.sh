# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# pppd and the links that it makes.

# ppp_secret HOST LINE: into pap-secrets and chap-secrets there
ppp_secret() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" sh -c 'umask 077
		echo "$1" >>/etc/ppp/pap-secrets
		echo "$1" >>/etc/ppp/chap-secrets' secret "$2"
}

# ppp_address HOST NIC LOCAL [REMOTE]: NIC is up and has this pair; for
# wait_for. IPv4 or IPv6.
ppp_address() {
	local text
	text=$(ip -n "$1" -o addr show dev "$2" up) || return 1
	[[ "$text " == *" $3${4:+ peer $4}"[/\ ]* ]]
}

# ppp_gone HOST NIC: there is no such interface; for wait_for
ppp_gone() {
	! ip -n "$1" link show dev "$2"
}

# ping_ok HOST ADDRESS: three replies to three pings
ping_ok() {
	on "$1" ping -q -n -c 3 -i 0.05 -W 5 "$2" ||
		fail "$1 gets no reply from $2"
}

# first_reply HOST ADDRESS: a ping is answered. Two stock pppds agree to compress:
# where one asks before the other listens, it asks again after 3 s, and what
# was compressed in between is lost.
first_reply() {
	wait_for 15 "a first reply" on "$1" ping -q -n -c 1 -W 1 "$2"
}

# far_pair: hosts client and server, wired, sshd at the server, and the peer
# `far' at the client, who is root; further keys come by standard input. What
# the server runs is for far_command to say.
far_pair() {
	host client server
	link client 10.1.0.1/24 server 10.1.0.2/24
	far_setup 10.1.0.2
}

# far_setup ADDRESS: what far_pair is but for the hosts; the server's address
far_setup() {
	sshdial_install
	key_make /root/.ssh/id_ed25519
	user_add pppuser dip
	ppp_secret server 'pppuser * geheim *'
	ppp_secret client 'pppuser * geheim'
	known_hosts "$1" | put client /etc/sshdial/known_hosts
	{
		printf '%s\n' "server $1" 'ppp-user pppuser' \
			'identity /root/.ssh/id_ed25519'
		cat
	} | peer client far
}

# far_command COMMAND: the forced command of the client's key, or none for -
far_command() {
	local command=${1//\"/\\\"}
	rm -f ~pppuser/.ssh/authorized_keys
	if [[ $1 == - ]]; then
		authorize pppuser /root/.ssh/id_ed25519.pub
	else
		authorize pppuser /root/.ssh/id_ed25519.pub \
			"command=\"$command\""
	fi
}

# The far pppd for far_command, without and with the document's addresses
readonly FAR_PPPD="/usr/sbin/pppd remotename pppuser refuse-chap \
refuse-mschap refuse-mschap-v2 refuse-eap require-pap notty"
# shellcheck disable=SC2034 # for the tests
readonly FAR_SEED="$FAR_PPPD 192.168.45.1:192.168.45.2"

# far_up NAME [CMD...]: dials (by `sshdial call far', or CMD) as daemon NAME;
# returns when both ends have the document's addresses
far_up() {
	local name=$1
	shift
	(($#)) || set -- sshdial call far
	daemon "$name" on client "$@"
	wait_for 20 "the client's ppp0 has the document's addresses" \
		ppp_address client ppp0 192.168.45.2 192.168.45.1
	wait_for 5 "the server's ppp0 has them" \
		ppp_address server ppp0 192.168.45.1 192.168.45.2
}

# log_of NAME: what a daemon has printed
log_of() {
	cat "$OUT/$1.log"
}

# no_zombie: nothing waits for its parent; for wait_for
no_zombie() {
	! grep -l '^State:.*Z' /proc/[0-9]*/status
}

# footprint HOST: what programs leave behind there, a line each: files of
# /run, /etc and /tmp (the tests' own have a dot in front; pppd keeps its
# database, and locks stay), ptys, interfaces
footprint() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" sh -c '
		find /run /etc /tmp -xdev ! -type d ! -path "/*/.*" \
			! -name pppd2.tdb ! -path "/run/sshdial/*.lock"
		find /etc/ppp /etc/ssh /etc/sshdial ! -type d
		ls /dev/pts
		ls /sys/class/net' | sort -u
}
