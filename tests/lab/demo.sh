#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#
# test: what `make demo` shows, which is a real tunnel from dial to hang-up;
# test: tests/demo follows descriptor FOLLOW while it happens
# limit: 90
. "$REPO/tests/lib/lib.sh"

exec {SHOW}>&"${FOLLOW:-1}"
readonly BYTES=8M BOLD=$'\e[1m' GREEN=$'\e[1;32m' PLAIN=$'\e[0m'

say() { # TEXT...: what comes next
	printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&"$SHOW"
}

good() { # TEXT...: what has been shown
	printf '  %s%s%s\n' "$GREEN" "$*" "$PLAIN" >&"$SHOW"
}

# show HOST CMD...: runs it there, and shows it with what it prints
show() {
	local host=$1 out line
	shift
	printf '  %s# %s\n' "$host" "$*" >&"$SHOW"
	out=$(on "$host" "$@") || fail "on $host: $* said: $out"
	while read -r line; do
		printf '    %.90s\n' "$line"
	done <<<"$out" >&"$SHOW"
}

# copy FROM TO ADDRESS: a file by TCP through the tunnel
copy() {
	local start ms sent got
	random_file /tmp/sent "$BYTES" "$RANDOM"
	# shellcheck disable=SC2016 # expanded over there
	daemon take on "$2" sh -c 'exec nc -d -l "$1" 5000 >/tmp/got' take "$3"
	wait_for 5 "$2 listens" listens "$2" 5000
	start=${EPOCHREALTIME/./}
	on "$1" nc -N "$3" 5000 </tmp/sent
	ended_within take 30
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	rate_of "$(stat -c %s /tmp/sent)" "$ms"
	sent=$(sha256sum </tmp/sent) got=$(sha256sum </tmp/got)
	is "$sent" "$got" "checksum"
	printf '  %s to %s: %s in %d.%d s, %s Mbit/s\n' "$1" "$2" "$BYTES" \
		$((ms / 1000)) $((ms % 1000 / 100)) "$RATE" >&"$SHOW"
	printf '    sha256 sent %.24s...\n    sha256 got  %.24s...\n' \
		"$sent" "$got" >&"$SHOW"
}

[[ -z ${FOLLOW:-} ]] || echo '~~~ demo begins' >&"$SHOW"
cat >&"$SHOW" <<'EOF'

  client                                             server
    sshdial call far  ===== SSH to port 22 =====>      sshd, stock
      pppd, stock                                        pppd, stock
      ppp0 192.168.45.2 ~~~~~~~~~~~~~~~~~~~~ 192.168.45.1 ppp0
    eth0 10.1.0.1 -------------------------------- 10.1.0.2 eth0
EOF
far_pair </dev/null
far_command "$FAR_SEED"
sshd_start server

say "The client dials"
printf '  client# sshdial call far\n' >&"$SHOW"
# it shows its steps on a terminal
daemon call on client env TERM=xterm \
	script -qefc 'sshdial call far' /dev/null
wait_for 5 "it has started" test -e "$OUT/call.log"
tail -n +1 -f "$OUT/call.log" >&"$SHOW" &
tail=$!
wait_for 20 "the client's ppp0 has its addresses" \
	ppp_address client ppp0 192.168.45.2 192.168.45.1
wait_for 5 "the server's ppp0 has them" \
	ppp_address server ppp0 192.168.45.1 192.168.45.2
wait_for 5 "it says so" grep -q ' ppp0 ' "$OUT/call.log"

say "Both ends have an interface of the kernel"
show client ip -br addr show dev ppp0
show server ip -br addr show dev ppp0

say "What runs: our two processes, and stock pppd and sshd"
show client ps -o pid,user:8,args -C sshdial,sshdial-session,pppd,sshd

say "Packets go both ways"
show client ping -q -n -c 3 -i 0.1 -W 5 192.168.45.1
show server ping -q -n -c 3 -i 0.1 -W 5 192.168.45.2

say "So does TCP"
copy client server 192.168.45.1
copy server client 192.168.45.2

say "Ctrl-C at the client hangs up"
kill -INT "$(pgrep -ox sshdial)"
ended_within call 10
is 0 "$STATUS" "exit status"
nothing_left client
nothing_left server
kill "$tail"
good "nothing left: no process, no interface, at neither end"
[[ -z ${FOLLOW:-} ]] || echo '~~~ demo ends' >&"$SHOW"
