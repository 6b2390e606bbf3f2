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
