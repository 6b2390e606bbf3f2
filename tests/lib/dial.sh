# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# sshdial itself, and the seed document's server.

# sshdial_install: as make install puts it; everybody in the stage has it
sshdial_install() {
	install -m 755 "$SSHDIAL" /usr/local/sbin/sshdial
	ln -sf sshdial /usr/local/sbin/sshdial-exec
	useradd --system --no-create-home --shell /usr/sbin/nologin sshdial
}

# peer HOST NAME: standard input becomes the configuration of a peer there
peer() {
	put "$1" "/etc/sshdial/$2.conf" 644
}

# seed_server HOST KEY.pub [WORDS]: the seed document's server, word for
# word: its account, its secret, its key line. The document's line is cut off
# after `notty de'; WORDS stand there instead.
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

# nothing_left HOST: no process of ours or pppd, no interface, no socket
nothing_left() {
	wait_for 8 "no process of ours is left" no_process
	wait_for 5 "no ppp interface is left on $1" no_ppp "$1"
}

no_process() {
	! pgrep -ax 'sshdial|sshdial-session|pppd'
}

no_ppp() { # HOST
	[[ -z $(ip -n "$1" -br link show type ppp) ]]
}
