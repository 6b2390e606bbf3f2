#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 -- 40 ms ---- 10.9.0.2 eth0 server, sshd
#     sshdial call far, a line           perl: 2 KB each 20 ms to port 7003
#
# test: a steady stream to a port at the server, beside a line, is not held
# test: back, however long it goes on
# limit: 60
. "$REPO/tests/lib/lib.sh"

dial_pair
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far_peer far 'pppd /etc/sshdial/pppd' 'server 127.0.0.1' 'port 2200' \
	'host-key-alias 10.9.0.2' 'forward-remote 7003:localhost:3' \
	"remote-command printf '\\176\\377\\175\\043'; exec cat"
daemon delay on client python3 "$REPO/tests/lib/delay.py" 2200 10.9.0.2 22 20
wait_for 5 "the way is there" listens client 2200
# Each line has the time when it was sent; what counts is the latest of them.
# shellcheck disable=SC2016 # expanded over there
daemon sink on client perl "$REPO/tests/lib/answer.pl" 3 perl -MTime::HiRes=time -e '
	my ($n, $most) = (0, 0);
	while (<STDIN>) {
		my $late = time - (split)[0];
		$most = $late if $late > $most;
		$n++;
	}
	open my $f, ">", "/srv/got.new" or die;
	printf $f "%d %d\n", $n, 1000 * $most;
	close $f;
	rename "/srv/got.new", "/srv/got";'
daemon call on client sshdial call far
wait_for 10 "the port is there" listens server 7003

# shellcheck disable=SC2016 # expanded over there
daemon source on server sh -c 'perl -MTime::HiRes=time,sleep -e '\''
	$| = 1;
	for (1 .. 500) {
		printf "%-1999s\n", sprintf "%.3f", time;
		sleep 0.02;
	}'\'' | nc -N 127.0.0.1 7003'
ended_within source 40
wait_for 5 "all has come" [ -s /srv/got ]
read -r lines most </srv/got
note "$lines lines, the latest after $most ms"
is 500 "$lines" "lines"
((most < 4000)) || fail "a line took $most ms"
stop call
nothing_left client
