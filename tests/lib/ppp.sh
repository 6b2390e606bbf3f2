# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# pppd and its links.

# ppp_secret HOST LINE: adds LINE to pap-secrets and chap-secrets on HOST
ppp_secret() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" sh -c 'umask 077
		echo "$1" >>/etc/ppp/pap-secrets
		echo "$1" >>/etc/ppp/chap-secrets' secret "$2"
}

# ppp_address HOST NIC LOCAL [REMOTE]: succeeds if NIC is up and has these
# addresses, IPv4 or IPv6; for wait_for
ppp_address() {
	local text
	text=$(ip -n "$1" -o addr show dev "$2" up) || return 1
	[[ "$text " == *" $3${4:+ peer $4}"[/\ ]* ]]
}

# ppp_gone HOST NIC: succeeds if there is no such interface; for wait_for
ppp_gone() {
	! ip -n "$1" link show dev "$2"
}

# ping_ok HOST ADDRESS: HOST gets three replies to three pings
ping_ok() {
	on "$1" ping -q -n -c 3 -i 0.05 -W 5 "$2" ||
		fail "$1 gets no reply from $2"
}

# first_reply HOST ADDRESS: waits until a ping is answered. Two stock pppds agree
# to compress: if one asks before the other listens, it asks again after 3 s, and
# packets that were compressed in between are lost.
first_reply() {
	wait_for 15 "a first reply" on "$1" ping -q -n -c 1 -W 1 "$2"
}

# far_pair: makes the hosts client and server, an account and a key at the server,
# and root's peer `far' at the client; standard input has further keys of it.
# far_command says what the server runs.
far_pair() {
	host client server
	link client 10.1.0.1/24 server 10.1.0.2/24
	far_setup 10.1.0.2
}

# far_setup ADDRESS: far_pair without making the hosts; ADDRESS is the server's
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

# far_command COMMAND: sets the forced command of the client's key; - for none
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

# Commands for far_command: the far pppd, without and with the seed's addresses
readonly FAR_PPPD="/usr/sbin/pppd remotename pppuser refuse-chap \
refuse-mschap refuse-mschap-v2 refuse-eap require-pap notty"
# shellcheck disable=SC2034 # for the tests
readonly FAR_SEED="$FAR_PPPD 192.168.45.1:192.168.45.2"

# far_up NAME [CMD...]: dials as daemon NAME, by `sshdial call far' or CMD.
# Returns when both ends have the addresses of the seed.
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

# log_of NAME: prints the output of a daemon
log_of() {
	cat "$OUT/$1.log"
}

# no_zombie: succeeds if no process has ended without being reaped; for wait_for
no_zombie() {
	! grep -l '^State:.*Z' /proc/[0-9]*/status
}

# footprint HOST: prints what programs have left behind on HOST, a line each: files
# of /run, /etc and /tmp, ptys, interfaces. Names of the tests' own files begin
# with a dot. pppd's database and lock files are not listed: they stay.
footprint() {
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" sh -c '
		find /run /etc /tmp -xdev ! -type d ! -path "/*/.*" \
			! -name pppd2.tdb ! -path "/run/sshdial/*.lock"
		find /etc/ppp /etc/ssh /etc/sshdial ! -type d
		ls /dev/pts
		ls /sys/class/net' | sort -u
}
