#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1, later .3 ------------------- 10.1.0.2 eth0
#
# test: pppd, its interface and a TCP stream through it outlive killed
# test: sessions, a server that restarts and an address that changes; the
# test: gap after a killed session is at most 1.5 s
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

far_pair <<'LINES'
remote-command false
gate-time 1s
LINES
far_command "$FAR_SEED"
sshd_start server

far_up call
pppd=$(local_pppd)
index=$(identity_of client ppp0)
pings_start client 192.168.45.1
stream_start client server 192.168.45.1

# kept: nothing was made anew, and the stream goes on
kept() {
	stream_flows 20
	is "$pppd" "$(local_pppd)" "pppd's process id"
	is "$index" "$(identity_of client ppp0)" "ppp0's index"
}

# kills COUNT FUNCTION: so many times in a row; their median is in GAP
kills() {
	local i gaps=()
	for ((i = 0; i < $1; i++)); do
		"$2"
		heals 20
		gaps+=("$GAP")
	done
	GAP=$(median "${gaps[@]}")
	note "gaps of $2: ${gaps[*]} ms, median $GAP"
}

note "--- the far session is killed, ten times"
logins 10.1.0.2
kills 10 cut_session
gap=$GAP
kept
logins 10.1.0.2

note "--- our session process is killed"
kills 1 cut_own
kept

note "--- both, while a transfer is as fast as it can be"
random_file /tmp/.bulk 8M
daemon bulk-to on server sh -c 'exec nc -d -l 5200 >/tmp/.bulk.got'
wait_for 5 "the server takes it" listens server 5200
daemon bulk-from on client sh -c 'exec nc -N 192.168.45.1 5200 </tmp/.bulk'
bulk_beyond() { # BYTES
	(($(stat -c %s /tmp/.bulk.got) > $1))
}
for cut in own session; do
	ups=$(said call ': up: ')
	wait_for 20 "it flows" \
		bulk_beyond $(($(stat -c %s /tmp/.bulk.got) + 500000))
	"cut_$cut"
	wait_for 10 "the link is up again" says call ': up: ' $((ups + 1))
done
ended_within bulk-to 60
same_file /tmp/.bulk /tmp/.bulk.got
ended_within bulk-from 5
kept

# The server does not see that an address is gone: the older pppd there has
# to be ended, or both have the same pair.
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin
far_command "/usr/local/bin/sshdial-answer ${FAR_SEED#* }"

note "--- sshd is restarted, and its sessions end with it"
stop sshd-server
cut_session
wait_for 10 "it is noticed" says call 'connect: .*refused'
sshd_start server
heals 20
kept

note "--- the client gets another address"
gap_from
ip -n client addr del 10.1.0.1/24 dev eth0
ip -n client addr add 10.1.0.3/24 dev eth0
heals 20
wait_for 5 "the server sees the new address" \
	grep -q 'Accepted publickey .* from 10.1.0.3' "$OUT/sshd-server.log"
kept

stream_end
stop call INT 10
is 0 "$STATUS" "exit status"
nothing_left client

note "--- beside it: pppd with persist, and ssh(1) as its pty command"
far_command "$FAR_SEED"
known_hosts 10.1.0.2 | put client /etc/ssh/ssh_known_hosts
put client /etc/ppp/peers/seed <<'LINES'
pty "ssh -e none -o IPQoS=none pppuser@10.1.0.2 false"
user pppuser
nodetach
noauth
persist
holdoff 1
maxfail 0
LINES
far_up seed pppd call seed
gap_from
wait_for 10 "pings are answered" answered_at_all
kills 3 cut_session
note "gap after a killed session: sshdial $gap ms, the recipe $GAP ms"
stop pings INT
stop seed TERM 10

most=$(allowed 1500)
((gap <= most)) || fail "the median of the gaps is $gap ms, of $most"
