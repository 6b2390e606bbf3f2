#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client  sshdial call far ------------- a server that sends hundreds of
#             log-level debug               debug messages with the login
#
# test: no step of a session is lost behind its log lines: pppd is started, and
# test: lines that were lost are counted
# limit: 90
. "$REPO/tests/lib/lib.sh"

host client server
link client 10.9.0.1/24 server 10.9.0.2/24
sshdial_install
key_make /root/keys/id_ed25519
put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
known_hosts 10.9.0.2 | put client /etc/sshdial/known_hosts
put client /etc/sshdial/pppd 755 <<'EOT'
#!/bin/sh
case " $* " in *" dryrun "*) exit 0 ;; esac
echo started >>/tmp/started
exec sleep 60
EOT
far_peer far 'pppd /etc/sshdial/pppd' 'log-level debug' 'ppp-timeout 1s' \
	'redial-first no'

lost=0
for count in 150 200 300 400 500 600 700 800; do
	note "--- $count debug messages"
	rm -f /tmp/started
	daemon burst on server python3 "$REPO/tests/lib/burst.py" 22 \
		"$HOST_KEYS/ssh_host_ed25519_key" "$count"
	wait_for 10 "the server listens" listens server 22
	rc=0
	timeout 20 nsenter -t "${HOST[client]}" -m -n -u -- sshdial call far \
		>"$OUT/call-$count.log" 2>&1 || rc=$?
	stop burst
	is started "$(cat /tmp/started 2>/dev/null || true)" "pppd"
	for step in resolve connect 'host key' login exec; do
		is 1 "$(grep -c "\]: $step: " "$OUT/call-$count.log")" "$step"
	done
	like 'ppp-timeout: ' "$(cat "$OUT/call-$count.log")" "the end"
	! grep 'log lines of the session are lost' "$OUT/call-$count.log" ||
		lost=1
done
is 1 "$lost" "whether lines were lost, and were counted"
